"""Tries a rule on the past: when it would have fired, and which threshold gives a wanted number of alerts."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from math import floor, log10
from time import time
from typing import Annotated, NamedTuple

from msgspec import Meta
from msgspec.structs import replace

from monitoring.alerts.figure import FIGURES
from monitoring.alerts.history import answers, history, judged
from monitoring.alerts.rule import Comparison, Rule
from monitoring.alerts.sessions import MAX_SESSIONS, VALUES, breaches, sessions_between
from monitoring.alerts.state import COMPARISONS, OK, Firing, fold, moments
from monitoring.events.envelope import instant
from monitoring.events.shape import Moment, Shape
from monitoring.stats.bucket import HOUR
from monitoring.stats.metrics import RESPONSE_TIME
from monitoring.stats.reader import buckets

WEEK = 7 * 86_400
MAX_FIRINGS, MAX_PROPOSAL_STEPS = 1_000, 24
"""The most firings of an answer, and the most thresholds that a proposal tries."""


class FiringRow(Shape, frozen=True, rename={"start": "from", "end": "to"}):
    """A time in which the rule would have fired. `to` is null while it fires; `scope` is empty for all."""

    scope: str
    start: Annotated[Moment, Meta(description="RFC 3339.")]
    end: Moment | None
    peak: float | None


class Backtest(Shape, frozen=True):
    """The firings of a rule in the past (the newest MAX_FIRINGS), their number a week, the number of samples, the time
    from which on they are exact (null: nowhere, `words` says why), the step of samples, and warnings in words."""

    firings: list[FiringRow]
    total: int
    per_week: float
    samples: int
    exact_from: Moment | None
    step_seconds: int
    words: list[str]


class Trial(NamedTuple):
    """The result of a rule on a time: firings by scope name in order of time, the number of samples, and the time from
    which on they are exact (s)."""

    firings: list[tuple[str, Firing]]
    samples: int
    exact_from: float | None


class Past(NamedTuple):
    """The kept figures of a time. `play` tries a rule that differs from the one they were read for in its thresholds,
    times and policies only; `values` are those that the figure had."""

    play: Callable[[Rule], Trial]
    values: Callable[[], Iterable[float | None]]


def past(rule: Rule, start: int, end: int) -> Past:
    """Reads what is kept of a rule's figure in [start, end), s."""
    if rule.figure == "response_time":
        return _past_answers(rule, start, end)
    return _past_sessions(rule, start, end) if rule.scope == "session" else _past_steps(rule, start, end)


def _past_answers(rule: Rule, start: int, end: int) -> Past:
    """Single answers are read anew for each threshold, by the index of slow answers."""
    count = _answers_between(start, end)

    def play(tried: Rule) -> Trial:
        found = {name: moments(tried, values) for name, values in answers(tried, start, end).items()}
        return Trial(_in_order(found), count, float(start))

    everything = replace(rule, threshold=0.0, comparison=">=")
    return Past(play, lambda: (value for listed in answers(everything, start, end).values() for _, value in listed))


def _past_sessions(rule: Rule, start: int, end: int) -> Past:
    sessions = sessions_between(rule, start, end)
    grows = FIGURES[rule.figure].grows and rule.comparison.startswith(">") and len(sessions) < MAX_SESSIONS
    exact_from = float(start) if grows else None

    def play(tried: Rule) -> Trial:
        found = sorted(breaches(tried, sessions), key=_order)
        return Trial(found, len(sessions), exact_from)

    return Past(play, lambda: map(VALUES[rule.figure], sessions))


def _past_steps(rule: Rule, start: int, end: int) -> Past:
    samples, exact_from = history(rule, start, end)
    now = time()

    def play(tried: Rule) -> Trial:
        firings = {name: fold(tried, OK, judged(tried, listed, now))[1] for name, listed in samples.items()}
        return Trial(_in_order(firings), sum(map(len, samples.values())), exact_from)

    return Past(play, lambda: (value for listed in samples.values() for _, value in listed))


def _in_order(firings: Mapping[str, Iterable[Firing]]) -> list[tuple[str, Firing]]:
    found = [(name, firing) for name, listed in firings.items() for firing in listed]
    return sorted(found, key=_order)


def _order(one: tuple[str, Firing]) -> tuple[float, str]:
    return one[1].start, one[0]


def _answers_between(start: int, end: int) -> int:
    """The number of answers with a response time in the whole hours of [start, end)."""
    rows = buckets(HOUR, start - start % HOUR, end, of=(RESPONSE_TIME,))
    return sum(RESPONSE_TIME.sum(row.counts) for row in rows)


def backtest(rule: Rule, start: int, end: int) -> Backtest:
    """Returns when a rule would have fired in [start, end), s."""
    found = past(rule, start, end).play(rule)
    rows = [
        FiringRow(name, at(firing.start), None if firing.end is None else at(firing.end), firing.peak)
        for name, firing in found.firings[-MAX_FIRINGS:]
    ]
    exact = None if found.exact_from is None else at(found.exact_from)
    return Backtest(
        rows,
        len(found.firings),
        per_week(found, start, end),
        found.samples,
        exact,
        rule.step,
        words(rule, found, start),
    )


def at(seconds: float) -> str:
    return instant(round(seconds * 1e6)) or ""


def per_week(found: Trial, start: int, end: int) -> float:
    """Returns the number of firings a week of the time that was tried."""
    tried = end - max(start, found.exact_from or start)
    return len(found.firings) * WEEK / tried if tried > 0 else 0.0


def words(rule: Rule, found: Trial, start: int) -> list[str]:
    """Returns what an administrator should know before saving the rule."""
    said = []
    if not found.samples:
        said.append("No data was kept for this rule in this time, so it cannot be tried.")
    elif found.exact_from is None:
        said.append("Only the latest figure of each session is kept: alerts that ended while it went on are not shown.")
    elif found.exact_from > start:
        begin = datetime.fromtimestamp(found.exact_from, UTC)
        said.append(f"Figures are kept from {begin:%Y-%m-%d %H:%M} UTC on.")
    if found.samples and not found.firings:
        said.append("This rule would never have fired.")
    if len(found.firings) == 1 and found.firings[0][1].end is None and rule.scope == "all":
        said.append("This rule would have fired once and never ended.")
    return said


class Proposal(Shape, frozen=True):
    """A threshold, and the alerts a week that it would have given."""

    threshold: float
    per_week: float


def propose(rule: Rule, wanted: float, start: int, end: int) -> Proposal | None:
    """Returns the threshold nearest to the values with at most `wanted` firings a week in [start, end), s; None
    without values. Tries MAX_PROPOSAL_STEPS thresholds by bisection: of each value that occurred the nearest number
    of three digits that the value does not breach."""
    read = past(rule, start, end)
    known = {unbreached(rule.comparison, value) for value in read.values() if value is not None}
    values = sorted(known, reverse=rule.comparison.startswith("<"))
    if not values:
        return None

    def rate(place: int) -> float:
        return per_week(read.play(moved(rule, values[place])), start, end)

    low, high = 0, len(values) - 1
    for _ in range(MAX_PROPOSAL_STEPS):
        if low >= high:
            break
        middle = (low + high) // 2
        low, high = (low, middle) if rate(middle) <= wanted else (middle + 1, high)
    return Proposal(values[high], rate(high))


def unbreached(comparison: Comparison, value: float) -> float:
    """Returns the number of at most three digits nearest to `value` that is a threshold which `value` does not
    breach."""
    unit = 10.0 ** (floor(log10(abs(value))) - 2) if value else 0.01
    breaches, away = COMPARISONS[comparison], 1 if comparison.startswith(">") else -1
    units = round(value / unit)
    while breaches(value, float(f"{units * unit:.3g}")):
        units += away
    return float(f"{units * unit:.3g}")


def moved(rule: Rule, threshold: float) -> Rule:
    """Returns the rule with another threshold. The distance of the clearing threshold stays."""
    clear = None if rule.clear is None else rule.clear + threshold - rule.threshold
    return replace(rule, threshold=threshold, clear=clear)
