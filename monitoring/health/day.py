"""The last day of sbdash itself, for one line, and its figures over a time. Pure."""

from collections.abc import Sequence

from msgspec import field

from monitoring.events.shape import Count, Seconds, Shape
from monitoring.health.gaps import Interval
from monitoring.health.layer import Gap
from monitoring.health.reading import DROPPED, TURNED_AWAY, FiguresRow, HealthPoint, refusals

MAX_GAPS = 50


class LastDay(Shape, frozen=True):
    """The last 24 hours, or the time since sbdash first ran (`from`, s since 1970). `gaps` are in order of
    time; `refused` are requests by status."""

    start: int = field(name="from")
    gaps: list[Gap]
    longest_lag: Seconds | None
    lag_at: int | None
    refused: dict[str, Count]
    dropped: Count


class SelfHealth(Shape, frozen=True):
    """The kept figures of sbdash itself: its last day, and its figures over a time, in steps of `step` s."""

    day: LastDay
    step: int
    points: list[HealthPoint]


def day_of(rows: Sequence[FiguresRow], runs: Sequence[Interval], gaps: Sequence[Gap], start: int, now: int) -> LastDay:
    """Returns the day of these rows of minutes, runs and gaps."""
    slowest = max((row for row in rows if row.lag is not None), key=lambda row: row.lag or 0, default=None)
    first = min((run.start for run in runs), default=now)
    dropped = sum(row.counts.get(DROPPED, 0) + row.counts.get(TURNED_AWAY, 0) for row in rows)
    return LastDay(
        max(start, first),
        sorted(gaps, key=lambda gap: gap.start)[-MAX_GAPS:],
        None if slowest is None or slowest.lag is None else slowest.lag / 1_000,
        None if slowest is None else slowest.start,
        refusals(rows),
        dropped,
    )
