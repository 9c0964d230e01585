"""The check of everything from time to time, by one of several processes, and slowly enough that nobody notices."""

import os
from collections.abc import Callable
from datetime import datetime
from time import monotonic, sleep, time

from django.conf import settings

from monitoring.db.process_token import process_token
from monitoring.journal.leases import drop_lease, take_lease
from monitoring.journal.store import size
from monitoring.operations.check import Check, the_application
from monitoring.operations.difference import ConsistencyReport, Difference
from monitoring.operations.reader import keep, last_report

LEASE, RENEW = 120.0, 30.0
"""Seconds for which one process may check, and after which it asks again."""
SHORTEST, LONGEST = 0.005, 1.0
"""Seconds of rest between two pages; within these as long as the page took."""
AGAIN = 1.0
"""Hours after which it is tried again, when the application's database could not be asked."""
NAME = "consistency"


def is_due(now: float) -> bool:
    """Whether the last check is too old (`now` in s since 1970), and something came since."""
    hours, kept = settings.CONSISTENCY_CHECK_HOURS, last_report()
    if not hours:
        return False
    if kept is None:
        return size() > 0
    last = kept.report
    wanted, ended = min(hours, AGAIN) if last.error else hours, datetime.fromisoformat(last.ended)
    return now - ended.timestamp() >= wanted * 3_600 and size() > last.position


def check_if_due(stopping: Callable[[], bool] = lambda: False) -> bool:
    """Check everything and keep the report, if that is due and nobody else does. True when it was done.

    It takes as long as it takes: give it a thread of its own. `stopping()` is asked between pages.
    """
    if not is_due(time()):
        return False
    me = process_token(os.getpid())
    term = take_lease(NAME, me, LEASE)
    if not term:
        return False
    try:
        if not is_due(time()):  # who had the lease before has done it meanwhile
            return False
        report = _checked(Steps(term, me, stopping))
        if report:
            keep(report)
        return report is not None
    finally:
        drop_lease(NAME, me)


class Steps:
    """Between two pages: rests, keeps the lease, and says when to end."""

    def __init__(self, term: int, process_token: str, stopping: Callable[[], bool]) -> None:
        self._term, self._holder, self._stopping = term, process_token, stopping
        self._page = self._renewed = monotonic()

    def go_on(self, sessions: int) -> bool:
        sleep(min(LONGEST, max(SHORTEST, monotonic() - self._page)))
        self._page = monotonic()
        if self._page - self._renewed > RENEW:
            self._renewed = self._page
            if take_lease(NAME, self._holder, LEASE) != self._term:
                return False
        return not self._stopping()


def _checked(steps: Steps) -> ConsistencyReport | None:
    """The report; None when it was ended before."""
    with the_application() as (application, error):
        check = Check(application, error, _unheard, steps.go_on)
        report = check.run()
    return None if check.ended_early else report


def _unheard(difference: Difference) -> None:
    """The report holds it."""
