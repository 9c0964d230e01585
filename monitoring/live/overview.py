"""Calculates the overview's tiles, of now and of a window. Pure."""

from collections.abc import Callable
from dataclasses import dataclass

from monitoring.events.envelope import instant
from monitoring.events.shape import Moment, Shape
from monitoring.stats.bucket import BucketRow, Groups
from monitoring.stats.figures import dollars, error_rate, total
from monitoring.stats.histogram import quantile
from monitoring.stats.metrics import (
    ANSWERS,
    ANSWERS_FAILED,
    COST,
    MESSAGES,
    RESPONSE_TIME,
    SESSIONS_ACTIVE,
    TOKENS,
    Metric,
)
from monitoring.stats.window import Points

WINDOW_METRICS = (SESSIONS_ACTIVE, MESSAGES, RESPONSE_TIME, ANSWERS, ANSWERS_FAILED, TOKENS, COST)
"""The metrics of the tiles of a window."""
RATE_WINDOW, RESPONSE_WINDOW, ERROR_WINDOW = 60, 300, 900
"""Seconds over which the tiles average rates, response times and the error rate."""


class Tile(Shape, frozen=True):
    """A figure, its value in the time that it is compared with, and the time of the newest event in it."""

    value: float | None
    before: float | None
    at: Moment | None


class Tiles(Shape, frozen=True):
    active_sessions: Tile
    messages_per_minute: Tile
    response_p50: Tile
    response_p95: Tile
    error_rate: Tile
    tokens_per_minute: Tile
    cost_today: Tile


@dataclass(frozen=True, slots=True)
class Counted:
    """The counts of a time that began at `start`, and of which `to` is reached (s): its buckets and their sum."""

    rows: list[BucketRow]
    groups: Groups
    width: int
    start: int
    to: float

    def per_minute(self, metric: Metric) -> float | None:
        """Average over the time, null if it has not begun."""
        return metric.sum(self.groups) * 60 / (self.to - self.start) if self.to > self.start else None

    def newest(self, metric: Metric) -> str | None:
        """The end of the last bucket with this metric, as far as it is reached."""
        found = next((row.start for row in reversed(self.rows) if metric.read(row.counts)), None)
        return None if found is None else instant(int(min(found + self.width, self.to) * 1_000_000))


def counted(rows: list[BucketRow], points: Points, to: float) -> Counted:
    return Counted(rows, total((row.counts for row in rows), WINDOW_METRICS), points.width, points.start, to)


@dataclass(frozen=True, slots=True)
class Recent:
    """The tiles' input: buckets of 1 s and 10 s of the last minutes; sums since midnight, and of the same hour and the
    same part of the day a week before; active sessions now; the time of the newest event in µs since 1970."""

    seconds: list[BucketRow]
    tens: list[BucketRow]
    today: Groups
    hour_before: Groups
    day_before: Groups
    active: int
    newest: int | None


def tiles(recent: Recent, now: float) -> Tiles:
    minute = total(row.counts for row in recent.seconds if row.start >= now - RATE_WINDOW)
    answers = total(row.counts for row in recent.tens if row.start >= now - RESPONSE_WINDOW)
    quarter = total(row.counts for row in recent.tens if row.start >= now - ERROR_WINDOW)
    before = recent.hour_before
    waits, waits_before = RESPONSE_TIME.histogram(answers), RESPONSE_TIME.histogram(before)

    def tile(metric: Metric | None, value: float | None, before: float | None) -> Tile:
        return Tile(value, before, _newest(recent, now, metric))

    return Tiles(
        active_sessions=tile(SESSIONS_ACTIVE, recent.active, None),
        messages_per_minute=tile(MESSAGES, MESSAGES.sum(minute), _per_minute(before, MESSAGES)),
        response_p50=tile(RESPONSE_TIME, quantile(waits, 0.5), quantile(waits_before, 0.5)),
        response_p95=tile(RESPONSE_TIME, quantile(waits, 0.95), quantile(waits_before, 0.95)),
        error_rate=tile(ANSWERS, error_rate(quarter), error_rate(before)),
        tokens_per_minute=tile(TOKENS, TOKENS.sum(minute), _per_minute(before, TOKENS)),
        cost_today=tile(
            None, dollars(COST.sum(recent.today)), dollars(COST.sum(recent.day_before)) if recent.day_before else None
        ),
    )


def window_tiles(window: Counted, before: Counted) -> Tiles:
    """The tiles of a window: rates are averages over it, costs are its sum, and sessions the largest number in one of
    its buckets (which is compared with buckets of the same width only). They are compared with the time before."""

    def tile(metric: Metric, value: Callable[[Counted], float | None]) -> Tile:
        comparable = before.groups and (metric.adds or before.width == window.width)
        return Tile(value(window), value(before) if comparable else None, window.newest(metric))

    def wait(share: float) -> Callable[[Counted], float | None]:
        return lambda counted: quantile(RESPONSE_TIME.histogram(counted.groups), share)

    return Tiles(
        active_sessions=tile(SESSIONS_ACTIVE, lambda counted: SESSIONS_ACTIVE.sum(counted.groups)),
        messages_per_minute=tile(MESSAGES, lambda counted: counted.per_minute(MESSAGES)),
        response_p50=tile(RESPONSE_TIME, wait(0.5)),
        response_p95=tile(RESPONSE_TIME, wait(0.95)),
        error_rate=tile(ANSWERS, lambda counted: error_rate(counted.groups)),
        tokens_per_minute=tile(TOKENS, lambda counted: counted.per_minute(TOKENS)),
        cost_today=tile(COST, lambda counted: dollars(COST.sum(counted.groups))),
    )


def _newest(recent: Recent, now: float, metric: Metric | None) -> str | None:
    """Time of the newest event of a metric (None: of any), with the resolution of the buckets."""
    for rows, width in ((recent.seconds, 1), (recent.tens, 10)):
        for row in reversed(rows):
            if metric.read(row.counts) if metric else row.counts:
                return instant(int(min(now, row.start + width) * 1_000_000))
    return None if recent.newest is None else instant(min(recent.newest, int(now * 1_000_000)))


def _per_minute(hour: Groups, metric: Metric) -> float | None:
    return metric.sum(hour) / 60 if hour else None
