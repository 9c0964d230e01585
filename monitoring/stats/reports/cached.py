"""Reports as pages and REST send them: already written, and kept for a moment."""

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

MOMENT, KEPT = 5, 10.0
"""Seconds for which a report speaks of now, and after which nobody asks for it any more."""
Kind = TypeVar("Kind", bound=Report)


def report(name: str, make: Callable[[int, float], Kind], days: int) -> Encoded[Kind]:
    """A report over everybody; `name` stands for it in the cache. `days` UTC days, today included."""
    return _kept((name, days), lambda now: make(days, now))


def own_report(person: int, days: int) -> Encoded[Mine]:
    """The report on one person's own sessions."""
    return _kept(("mine", person, days), lambda now: mine(person, days, now))


def _kept(what: tuple[str | int, ...], make: Callable[[float], Kind]) -> Encoded[Kind]:
    """The key says all that a report depends on."""
    reached, now = checkpoints([Stats.name])[Stats.name], time()
    key = "report", *what, reached.position, reached.turn, int(now / MOMENT)
    return Encoded(the_cache().get_or_set(key, lambda: encode(make(now)), KEPT))
