"""The periodic consistency check, run by one of several processes, with pauses that limit its load."""

import os
from collections.abc import Callable
from datetime import datetime
from time import monotonic, sleep, time

from django.conf import settings

from monitoring.db.process_token import process_token
from monitoring.journal.leases import drop_lease, take_lease
from monitoring.journal.store import size
from monitoring.operations.check import Check, open_application
from monitoring.operations.difference import ConsistencyReport
from monitoring.operations.reader import last_report, save_report

LEASE_SECONDS, RENEW_SECONDS = 120.0, 30.0
"""Duration of the lease, and interval of its renewal."""
MIN_PAUSE_SECONDS, MAX_PAUSE_SECONDS = 0.005, 1.0
"""Pause between two pages: as long as the page took, within these bounds."""
RETRY_HOURS = 1.0
"""Time until the next attempt if the application's database could not be read."""
LEASE_NAME = "consistency"


def is_due(now: float) -> bool:
    """True if the last check is too old (`now` in s since 1970), and the journal has grown since."""
    hours, kept = settings.CONSISTENCY_CHECK_HOURS, last_report()
    if not hours:
        return False
    if kept is None:
        return size() > 0
    last = kept.report
    interval, ended = min(hours, RETRY_HOURS) if last.error else hours, datetime.fromisoformat(last.ended)
    return now - ended.timestamp() >= interval * 3_600 and size() > last.position


def check_if_due(stopping: Callable[[], bool] = lambda: False) -> bool:
    """Run the check and save the report, if it is due and no other process runs it. Returns True if it was completed.

    This may take hours, so it needs its own thread. `stopping()` is called between pages.
    """
    if not is_due(time()):
        return False
    token = process_token(os.getpid())
    term = take_lease(LEASE_NAME, token, LEASE_SECONDS)
    if not term:
        return False
    try:
        if not is_due(time()):  # the previous holder of the lease has completed it meanwhile
            return False
        report = _run_check(Pacer(term, token, stopping))
        if report:
            save_report(report)
        return report is not None
    finally:
        drop_lease(LEASE_NAME, token)


class Pacer:
    """Between two pages: pauses, renews the lease, and decides if the check continues."""

    def __init__(self, term: int, holder: str, stopping: Callable[[], bool], lease: str = LEASE_NAME) -> None:
        self._term, self._holder, self._stopping, self._lease = term, holder, stopping, lease
        self._page = self._renewed = monotonic()

    def go_on(self, sessions: int) -> bool:
        sleep(min(MAX_PAUSE_SECONDS, max(MIN_PAUSE_SECONDS, monotonic() - self._page)))
        self._page = monotonic()
        if self._page - self._renewed > RENEW_SECONDS:
            self._renewed = self._page
            if take_lease(self._lease, self._holder, LEASE_SECONDS) != self._term:
                return False
        return not self._stopping()


def _run_check(pacer: Pacer) -> ConsistencyReport | None:
    """Returns the report; None if the check was ended early."""
    with open_application() as (application, error):
        check = Check(application, error, lambda difference: None, pacer.go_on)  # the report contains the differences
        report = check.run()
    return None if check.ended_early else report
