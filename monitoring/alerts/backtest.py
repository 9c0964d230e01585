"""Tries a rule on the past: when it would have fired, and what it gains and loses against another."""

from datetime import UTC, datetime
from typing import Annotated

from msgspec import Meta

from monitoring.alerts.compare import Difference, difference
from monitoring.alerts.past import Past, Trial, is_read_alike, past, per_week
from monitoring.alerts.rule import Rule
from monitoring.events.envelope import instant
from monitoring.events.shape import Moment, Shape

MAX_FIRINGS = 1_000
"""The most firings of an answer."""


class FiringRow(Shape, frozen=True, rename={"start": "from", "end": "to"}):
    """A time in which the rule would have fired. `to` is null while it fires; `scope` is empty for all."""

    scope: str
    start: Annotated[Moment, Meta(description="RFC 3339.")]
    end: Moment | None
    peak: float | None


class Backtest(Shape, frozen=True):
    """The firings of a rule in the past (the newest MAX_FIRINGS; `truncated` if there are more), their number, that a
    week and the longest, the number of samples, the time from which on they are exact (null: nowhere, `words` says
    why) and from which on figures are kept, the step of samples, and warnings in words. `gained` and `lost` are the
    numbers of firings that only this rule has and that only the rule `against` has; null without it."""

    firings: list[FiringRow]
    total: int
    truncated: bool
    per_week: float
    longest_seconds: float
    gained: int | None
    lost: int | None
    samples: int
    exact_from: Moment | None
    known_from: Moment | None
    step_seconds: int
    words: list[str]


def backtest(rule: Rule, start: int, end: int, against: Rule | None = None) -> Backtest:
    """Returns when a rule would have fired in [start, end), s."""
    read = past(rule, start, end)
    found = read.play(rule)
    rows = [
        FiringRow(name, at(firing.start), None if firing.end is None else at(firing.end), firing.peak)
        for name, firing in found.firings[-MAX_FIRINGS:]
    ]
    longest = max(((end if one.end is None else one.end) - one.start for _, one in found.firings), default=0.0)
    change = None if against is None else _change(rule, read, found, against, start, end)
    known = None if found.known_from is None else at(found.known_from)
    return Backtest(
        rows,
        len(found.firings),
        len(found.firings) > MAX_FIRINGS,
        per_week(found, start, end),
        longest,
        change and change.gained,
        change and change.lost,
        found.samples,
        None if found.doubt else known,
        known,
        rule.step,
        words(rule, found, start),
    )


def _change(rule: Rule, read: Past, found: Trial, against: Rule, start: int, end: int) -> Difference:
    theirs = (read if is_read_alike(rule, against) else past(against, start, end)).play(against)
    return difference(found.firings, rule.cooldown_seconds, theirs.firings, against.cooldown_seconds)


def at(seconds: float) -> str:
    return instant(round(seconds * 1e6)) or ""


def words(rule: Rule, found: Trial, start: int) -> list[str]:
    """Returns what an administrator should know before saving the rule."""
    said = []
    if not found.samples:
        said.append("No data was kept for this rule in this time, so it cannot be tried.")
    else:
        if found.doubt:
            said.append(found.doubt)
        if found.known_from is not None and found.known_from > start:
            begin = datetime.fromtimestamp(found.known_from, UTC)
            said.append(f"Figures are kept from {begin:%Y-%m-%d %H:%M} UTC on.")
    if found.samples and not found.firings:
        said.append("This rule would never have fired.")
    if len(found.firings) == 1 and found.firings[0][1].end is None and rule.scope == "all":
        said.append("This rule would have fired once and never ended.")
    return said
