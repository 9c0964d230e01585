"""Reports in the encoding that pages and REST send, cached for a few seconds."""

from collections.abc import Callable
from time import time
from typing import TypeVar

from monitoring.events.shape import Encoded, encode
from monitoring.journal.checkpoints import checkpoints
from monitoring.messaging.wiring import the_cache
from monitoring.stats.reader import last_change
from monitoring.stats.reports.owners import Mine
from monitoring.stats.reports.usage import Report
from monitoring.stats.reports.usage_report import mine
from monitoring.stats.stage import Stats
from monitoring.stats.window import Period

REPORT_SECONDS, CACHE_SECONDS = 5, 10.0
"""Seconds for which a report counts as current; seconds after which its key is never requested again."""
ENDED_SECONDS = 60
"""Seconds for which a report on a time that has ended counts as current, while nothing in it changed."""
Kind = TypeVar("Kind", bound=Report)


def report(name: str, make: Callable[[Period, float], Kind], period: Period) -> Encoded[Kind]:
    """Returns a report on all sessions; `name` is its name in the cache."""
    if period.goes_on:
        return _cached((name, period.start, period.step, len(period.starts)), lambda now: make(period, now))
    changed, now = last_change(period.start, period.until), time()
    key = "ended", name, period.start, period.until, period.step, changed, int(now / ENDED_SECONDS)
    return Encoded(the_cache().get_or_set(key, lambda: encode(make(period, now)), ENDED_SECONDS))


def own_report(person: int, period: Period) -> Encoded[Mine]:
    """Returns the report on one person's own sessions, on a period of UTC days."""
    key = "mine", person, period.start, None if period.goes_on else period.until
    return _cached(key, lambda now: mine(person, period, now))


def _cached(name_and_time: tuple[str | int | None, ...], make: Callable[[float], Kind]) -> Encoded[Kind]:
    """The key contains everything that the report depends on."""
    reached, now = checkpoints([Stats.name])[Stats.name], time()
    key = "report", *name_and_time, reached.position, reached.version, int(now / REPORT_SECONDS)
    return Encoded(the_cache().get_or_set(key, lambda: encode(make(now)), CACHE_SECONDS))
