"""The worker that evaluates the rules: of several processes one at a time."""

import os
from collections.abc import Callable
from time import monotonic, sleep, time

from django.conf import settings

from monitoring.alerts.evaluator import Evaluator, Stopped
from monitoring.alerts.store import Tell
from monitoring.db.process_token import process_token
from monitoring.db.transactions import reconnect_on_error
from monitoring.journal.leases import take_lease
from monitoring.messaging.wiring import the_notifier
from monitoring.pipeline.runner import Worker
from monitoring.pipeline.step import MOVED

LEASE_NAME, LEASE_SECONDS, RENEW_SECONDS = "alerts", 15.0, 5.0
LOOK_SECONDS, MIN_PAUSE = 1.0, 0.2
"""Seconds between two looks at the rules without an event, and between two that events trigger."""


class Turn:
    """One evaluation of all rules, if this process has the lease, and if there is something new or it is time."""

    def __init__(self, tell: Tell, is_shared: bool, stopping: Callable[[], bool]) -> None:
        self._tell, self._is_shared, self._stopping = tell, is_shared, stopping
        self._evaluator = Evaluator(tell, stopping)
        self._term, self._renewed = 0, 0.0
        self._evaluated = self._looked = 0.0
        self._seen: tuple[object, ...] | None = None

    def __call__(self) -> None:
        sleep(max(0.0, MIN_PAUSE - (monotonic() - self._looked)))
        self._looked = monotonic()
        if not self._may():
            return
        seen, is_due = self._evaluator.news(), monotonic() - self._evaluated >= settings.MONITORING_UPDATE_FREQUENCY
        if not is_due and not self._is_triggered(seen):
            return
        self._evaluated = monotonic()
        try:
            has_changed = self._evaluator.evaluate(time())
        except Stopped:
            return
        if has_changed:
            the_notifier().publish(MOVED)
        self._seen = seen

    def _is_triggered(self, seen: tuple[object, ...]) -> bool:
        """True after a change of the rules, and with ENABLE_REAL_TIME_MONITORING after an event."""
        if self._seen is None or settings.ENABLE_REAL_TIME_MONITORING:
            return seen != self._seen
        return seen[0] != self._seen[0]

    def _may(self) -> bool:
        """True while this process holds the lease. A process that gets it knows nothing of what another one did."""
        if not self._is_shared or (monotonic() - self._renewed < RENEW_SECONDS and self._term):
            return True
        term = take_lease(LEASE_NAME, process_token(os.getpid()), LEASE_SECONDS)
        if term != self._term:
            self._evaluator = Evaluator(self._tell, self._stopping)
            self._seen = None
        self._term, self._renewed = term, monotonic()
        return bool(term)


def alerts_worker(tell: Tell, is_shared: bool, stopping: Callable[[], bool]) -> Worker:
    """Returns the worker. It is woken when a stage has moved, and ends early when `stopping()` is True."""
    turn: Callable[[], None] = reconnect_on_error(Turn(tell, is_shared, stopping))
    worker = Worker("alerts", turn, LOOK_SECONDS)
    the_notifier().subscribe(MOVED, worker.woken.set)
    return worker
