"""Reports in the encoding that pages and REST send, cached for a few seconds."""

from collections.abc import Callable
from time import time
from typing import TypeVar

from monitoring.events.shape import Encoded, encode
from monitoring.journal.checkpoints import checkpoints
from monitoring.messaging.wiring import the_cache
from monitoring.stats.reports.owners import Mine
from monitoring.stats.reports.usage import Report
from monitoring.stats.reports.usage_report import mine
from monitoring.stats.stage import Stats

REPORT_SECONDS, CACHE_SECONDS = 5, 10.0
"""Seconds for which a report counts as current; seconds after which its key is never requested again."""
Kind = TypeVar("Kind", bound=Report)


def report(name: str, make: Callable[[int, float], Kind], days: int) -> Encoded[Kind]:
    """Returns a report on all sessions; `name` is its name in the cache. `days` UTC days, today included."""
    return _cached((name, days), lambda now: make(days, now))


def own_report(person: int, days: int) -> Encoded[Mine]:
    """Returns the report on one person's own sessions."""
    return _cached(("mine", person, days), lambda now: mine(person, days, now))


def _cached(name_and_days: tuple[str | int, ...], make: Callable[[float], Kind]) -> Encoded[Kind]:
    """The key contains everything that the report depends on."""
    reached, now = checkpoints([Stats.name])[Stats.name], time()
    key = "report", *name_and_days, reached.position, reached.turn, int(now / REPORT_SECONDS)
    return Encoded(the_cache().get_or_set(key, lambda: encode(make(now)), CACHE_SECONDS))
