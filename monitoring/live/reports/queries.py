"""Reports as pages and REST send them: already written, and kept for a moment."""

from collections.abc import Callable
from time import time
from typing import TypeVar

from monitoring.between.feed import the_cache
from monitoring.events.shape import Encoded, encode
from monitoring.journal.stages.store import checkpoints
from monitoring.operations.reports.queries import operations_report
from monitoring.operations.reports.report import Operations
from monitoring.stats.analysis.queries import Responses, responses
from monitoring.stats.analysis.reports.owners import Mine
from monitoring.stats.analysis.reports.queries import mine, usage
from monitoring.stats.analysis.reports.usage import Report, Usage
from monitoring.stats.feed import Stats

MOMENT, KEPT = 5, 10.0
"""Seconds for which a report speaks of now, and after which nobody asks for it any more."""
Kind = TypeVar("Kind", bound=Report)


def usage_report(days: int) -> Encoded[Usage]:
    """Of `days` UTC days, today included, as the others."""
    return _kept(("usage", days), lambda now: usage(days, now))


def responses_report(days: int) -> Encoded[Responses]:
    return _kept(("responses", days), lambda now: responses(days, now))


def operations_of(days: int) -> Encoded[Operations]:
    return _kept(("operations", days), lambda now: operations_report(days, now))


def own_report(person: int, days: int) -> Encoded[Mine]:
    """The report on one person's own sessions."""
    return _kept(("mine", person, days), lambda now: mine(person, days, now))


def _kept(what: tuple[str | int, ...], make: Callable[[float], Kind]) -> Encoded[Kind]:
    """The key says all that a report depends on."""
    reached, now = checkpoints([Stats.name])[Stats.name], time()
    key = "report", *what, reached.position, reached.turn, int(now / MOMENT)
    return Encoded(the_cache().kept(key, lambda: encode(make(now)), KEPT))


REPORTS: dict[str, Callable[[int], Encoded[Report]]] = {"usage": usage_report, "responses": responses_report}
"""Those that are frames of their own, by topic."""
