"""A consistency check that somebody asks for on a page: of all sessions, or of one.

It runs in a thread of its own. Of each kind one runs at a time over all processes.
"""

import logging
import os
import secrets
from collections.abc import Callable
from threading import Thread
from time import monotonic
from typing import Literal

from django.db import connections
from msgspec import Struct, structs

from monitoring.db.process_token import process_token
from monitoring.ingest.source_state import recall, remember
from monitoring.journal.leases import drop_lease, holds, take_lease
from monitoring.operations.check import Check, Continue, open_application
from monitoring.operations.check_job import LEASE_NAME, LEASE_SECONDS, Pacer
from monitoring.operations.difference import ConsistencyReport
from monitoring.operations.reader import save_report, session_count

ONE_LEASE = "consistency of one session"
PROGRESS_SECONDS = 0.5
"""Interval in which the progress is stored."""
MAX_SHOWN_DIFFERENCES = 20
log = logging.getLogger(__name__)


class CheckState(Struct, frozen=True):
    """The check that was asked for last. `session` is empty for a check of all sessions; `report` is the result.
    `holder` is that of its lease."""

    session: str
    state: Literal["running", "done", "failed", "interrupted"]
    checked: int = 0
    total: int = 0
    report: ConsistencyReport | None = None
    holder: str = ""


def check_state(of_one: bool) -> CheckState | None:
    """Returns the state of the last check that was asked for; None before the first. A check whose process has ended is
    interrupted."""
    lease = _lease(of_one)
    found = recall(_place(lease), CheckState)
    if found and found.state == "running" and not holds(lease, found.holder):
        found = structs.replace(found, state="interrupted")
    return found and structs.replace(found, holder="")


def start_check(session: str = "") -> bool:
    """Starts a check of all sessions, or of one, in a thread. Returns False if one of this kind runs already."""
    lease, holder = _lease(bool(session)), f"{secrets.token_hex(4)} {process_token(os.getpid())}"
    term = take_lease(lease, holder, LEASE_SECONDS)
    if not term:
        return False
    started = CheckState(session, "running", total=1 if session else session_count(), holder=holder)
    remember(_place(lease), started)
    go_on = Pacer(term, holder, lambda: False, lease).go_on
    Thread(target=_run, args=[started, lease, holder, go_on], name="check", daemon=True).start()
    return True


def _run(started: CheckState, lease: str, holder: str, go_on: Continue) -> None:
    place = _place(lease)
    try:
        report = _checked(started, lambda sessions: _keep_progress(place, started, sessions), go_on)
        remember(place, structs.replace(started, state="done" if report else "failed", report=report))
    except Exception:
        log.exception("the check that was asked for failed")
        remember(place, structs.replace(started, state="failed"))
    finally:
        drop_lease(lease, holder)
        connections.close_all()


def _checked(started: CheckState, progress: Callable[[int], object], go_on: Continue) -> ConsistencyReport | None:
    """Returns the report; None if the session does not exist, or the check lost its lease. A report on all sessions is
    stored."""
    kept = monotonic()

    def proceed(sessions: int) -> bool:
        nonlocal kept
        if monotonic() - kept > PROGRESS_SECONDS:
            kept = monotonic()
            progress(sessions)
        return go_on(sessions)

    with open_application() as (application, error):
        check = Check(application, error, lambda difference: None, proceed)
        report = check.one(started.session) if started.session else check.run()
    if report is None or check.ended_early:
        return None
    if not started.session:
        save_report(report)
    return structs.replace(report, differences=report.differences[:MAX_SHOWN_DIFFERENCES])


def _keep_progress(place: str, started: CheckState, sessions: int) -> None:
    remember(place, structs.replace(started, checked=sessions))


def _lease(of_one: bool) -> str:
    return ONE_LEASE if of_one else LEASE_NAME


def _place(lease: str) -> str:
    """The name under which the state of a check is stored."""
    return f"{lease} asked"
