"""Reports as pages and REST send them: already written, and kept for a moment."""

from collections.abc import Callable
from time import time
from typing import Any

import msgspec

from monitoring.between.feed import the_cache
from monitoring.journal.stages.store import checkpoints
from monitoring.operations.reports.queries import operations_report
from monitoring.stats.analysis.queries import responses
from monitoring.stats.analysis.reports.queries import mine, usage
from monitoring.stats.feed import Stats

MOMENT, KEPT = 5, 10.0
"""Seconds for which a report speaks of now, and after which nobody asks for it any more."""
REPORTS: dict[str, Callable[[int, float], dict[str, Any]]] = {
    "usage": usage,
    "responses": responses,
    "operations": operations_report,
}


def report(name: str, days: int) -> bytes:
    """A report over everybody as JSON; `days` UTC days, today included."""
    return _kept((name, days), lambda now: REPORTS[name](days, now))


def own_report(person: int, days: int) -> bytes:
    """The report on one person's own sessions as JSON."""
    return _kept(("mine", person, days), lambda now: mine(person, days, now))


def _kept(what: tuple[str | int, ...], make: Callable[[float], dict[str, Any]]) -> bytes:
    """The key says all that a report depends on."""
    reached, now = checkpoints([Stats.name])[Stats.name], time()
    key = "report", *what, reached.position, reached.turn, int(now / MOMENT)
    return the_cache().kept(key, lambda: msgspec.json.encode(make(now)), KEPT)
