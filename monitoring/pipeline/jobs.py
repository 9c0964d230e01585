"""The periodic jobs: session timeouts, the consistency check, deletion of old log-ins, detection of stalled stages."""

import logging
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from time import time

from django.conf import settings

from monitoring.alerts.delivery.heartbeat import INTERVAL as PING_INTERVAL
from monitoring.alerts.delivery.heartbeat import ping
from monitoring.alerts.outbox import delete_old_messages
from monitoring.db.transactions import reconnect_on_error
from monitoring.health.store import delete_old
from monitoring.journal.progress import STALLED_SECONDS, lags
from monitoring.journal.stages import stage_names
from monitoring.messaging.wiring import the_notifier
from monitoring.operations.check_job import check_if_due
from monitoring.operations.reader import CHECK, remember_job
from monitoring.people.log_ins import clear_log_ins
from monitoring.pipeline.runner import Worker
from monitoring.pipeline.timeouts import end_silent

log = logging.getLogger(__name__)
MAX_BACKOFF = 600.0
"""Seconds: the longest pause after failures, unless the usual pause is longer."""
FIRST_PING = 3.0
"""Seconds after the start: until a stage has read again, it is not known to move."""
TIMEOUTS = "session time-outs"
JOURNAL = "journal"
"""Notification: the journal has grown."""


def jobs(stopping: Callable[[], bool]) -> Iterator[Worker]:
    """Yields a worker for each job. A job that may take long ends early when `stopping()` is True."""
    works: dict[str, Callable[[], object]] = {
        TIMEOUTS: lambda: end_sessions(stopping),
        CHECK: lambda: check_if_due(stopping),
        "log-ins": clear_log_ins,
        "stalled stages": lambda: log_stalled(stage_names()),
        "old health figures": delete_old,
        "old alert messages": lambda: delete_old_messages(time()),
    }
    if not settings.CHAT_ENABLE_SESSION_STATISTICS:
        del works[TIMEOUTS], works[CHECK]
    for name, work in works.items():
        interval = settings.MONITORING_UPDATE_FREQUENCY
        if name == TIMEOUTS:
            interval = min(interval, settings.STATISTICS_UPDATE_INTERVAL)
        report = reconnect_on_error(partial(remember_job, name, holds=2 * max(MAX_BACKOFF, interval)))
        yield Worker(
            f"job {name}", reconnect_on_error(work), interval, MAX_BACKOFF, True, delay=interval, report=report
        )


def heartbeat_jobs() -> Iterator[Worker]:
    """Yields the worker of the heartbeat to ALERT_HEARTBEAT_URL, if that is set."""
    if settings.ALERT_HEARTBEAT_URL:
        name = "heartbeat to ALERT_HEARTBEAT_URL"
        report = reconnect_on_error(partial(remember_job, name, holds=10 * PING_INTERVAL))
        work = reconnect_on_error(ping_if_well)
        yield Worker(f"job {name}", work, PING_INTERVAL, PING_INTERVAL, True, delay=FIRST_PING, report=report)


def ping_if_well() -> bool:
    """Pings ALERT_HEARTBEAT_URL unless a stage stands still. Returns whether it did. Raises Undeliverable."""
    is_well = all(stage.stalled_seconds <= STALLED_SECONDS for stage in lags(stage_names()).values())
    if is_well:
        ping(settings.ALERT_HEARTBEAT_URL)
    return is_well


def end_sessions(stopping: Callable[[], bool]) -> None:
    if ended := end_silent(time(), stopping):
        the_notifier().publish(JOURNAL)
        log.info("%d sessions ended by timeout", ended)


_stalled: set[str] = set()


def log_stalled(stages: Iterable[str]) -> None:
    """Log once that a stage does not move although entries wait, and once that it moves again."""
    for name, stage in lags(stages).items():
        if stage.stalled_seconds > STALLED_SECONDS and name not in _stalled:
            _stalled.add(name)
            log.warning(
                "stage %s is at entry %d, %d entries behind, it has not moved for %.0f s",
                name, stage.position, stage.behind, stage.stalled_seconds,
            )  # fmt: skip
        elif stage.stalled_seconds <= STALLED_SECONDS and name in _stalled:
            _stalled.discard(name)
            log.warning("stage %s moves again, it is at entry %d", name, stage.position)
