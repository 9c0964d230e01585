"""Composes the heartbeat of a process: what it measures, its clocks, and where it is stored."""

import os
from collections.abc import Callable
from functools import partial
from time import clock_gettime, monotonic, time

from django.conf import settings

from monitoring.alerts.outbox import outbox
from monitoring.db.transactions import async_commit, reconnect_on_error
from monitoring.health.disk import disk_used
from monitoring.health.gaps import BOTH, PIPELINE, WEB
from monitoring.health.heartbeat import INTERVAL, Clocks, Heartbeat
from monitoring.health.last_settings import record_changed_settings
from monitoring.health.reading import (
    DISK,
    DROPPED,
    EVENTS,
    FAILING,
    LOST,
    QUEUE,
    REFUSED,
    REJECTED,
    SILENCE,
    TURNED_AWAY,
    Reading,
)  # fmt: skip
from monitoring.health.silence import SilenceMeter
from monitoring.health.store import DAY, figures, save
from monitoring.ingest.http.wiring import the_ingest_app
from monitoring.ingest.source_state import FOLLOWER, is_alive, is_expected, read_follower_status
from monitoring.journal.checkpoints import checkpoints
from monitoring.journal.progress import lags
from monitoring.journal.stages import stage_names
from monitoring.live.process import usage_of
from monitoring.live.wiring import the_hub
from monitoring.operations.reader import remember_job
from monitoring.pipeline.runner import Worker
from monitoring.stats.stage import Stats
from sbdash.fields import new_key

MAX_BACKOFF = 10.0
BOOT_CLOCK = 7
"""Linux's CLOCK_BOOTTIME, which counts the time in which the machine sleeps; other systems have `monotonic` alone."""


def steady_clock() -> float:
    """Returns the seconds of a clock that never jumps and, on Linux, runs on while the machine sleeps."""
    try:
        return clock_gettime(BOOT_CLOCK)
    except (OSError, ValueError):
        return monotonic()


class Meter:
    """Measures this process for its heartbeat."""

    def __init__(self, role: str) -> None:
        self._role, self._lost, self._lost_since = role, 0.0, steady_clock()
        self._followed_before: int | None = None
        self._silences = SilenceMeter(figures, settings.STATISTICS_RETENTION_DAYS * DAY)

    def __call__(self) -> Reading:
        memory, cpu = usage_of(os.getpid())
        app, hub = the_ingest_app(), the_hub()
        counters = {
            REJECTED: app.counts["rejected events"],
            DROPPED: hub.dropped,
            TURNED_AWAY: hub.rejected,
            **{f"{REFUSED}{status}": number for status, number in app.refused.items()},
            **{f"{EVENTS}{name}": number for name, number in app.accepted.items()},
        }
        if self._role not in (PIPELINE, BOTH):
            return Reading(memory, cpu, counters)
        newest = checkpoints([Stats.name])[Stats.name].at
        stages = list(lags(stage_names()).values())
        lag = max((stage.lag_seconds for stage in stages), default=0.0)
        age = max(0.0, time() - newest / 1e6) if newest else None
        levels = {
            QUEUE: max((stage.behind for stage in stages), default=0),
            FAILING: outbox().failing,
            **{f"{SILENCE}{name}": seconds for name, seconds in self._silences(time()).items()},
        }
        disk = disk_used()
        levels |= {} if disk is None else {DISK: round(disk, 4)}
        return Reading(memory, cpu, counters | self._followed(), lag, age, levels)

    def _followed(self) -> dict[str, int]:
        """Returns what the follower of MongoDB has read, and the seconds for which it was missed, since the start."""
        now, found = steady_clock(), read_follower_status()
        passed, self._lost_since = now - self._lost_since, now
        if found is None:
            self._lost += passed if settings.CHAT_MONGODB_URL else 0.0
            return {LOST: int(self._lost)}
        status, at = found
        self._lost += passed if is_expected(at) and (status.error or not is_alive(at)) else 0.0
        seen = status.read + status.changes
        self._followed_before = seen if self._followed_before is None else min(seen, self._followed_before)
        return {LOST: int(self._lost), f"{EVENTS}{FOLLOWER}": seen - self._followed_before}


def heartbeat(role: str) -> tuple[Worker, Callable[[], None]]:
    """Returns the worker of this process's heartbeat, and a function for the last one, at the end of the process."""
    heart = Heartbeat(role, Meter(role), save, new_key, Clocks(time, steady_clock))

    settings_known = role == WEB

    def beat() -> None:
        nonlocal settings_known
        if not settings_known:
            record_changed_settings()
            settings_known = True
        async_commit()
        heart.beat()

    report = reconnect_on_error(partial(remember_job, "heartbeat", holds=120.0))
    worker = Worker("job heartbeat", reconnect_on_error(beat), INTERVAL, MAX_BACKOFF, True, report=report)
    return worker, lambda: heart.beat(ended=True)
