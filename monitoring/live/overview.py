"""Calculates the overview's tiles, and the ranges of its charts. Pure."""

from collections.abc import Callable
from dataclasses import dataclass

from monitoring.events.envelope import instant
from monitoring.events.shape import Moment, Shape
from monitoring.stats.bucket import BucketRow, Groups
from monitoring.stats.figures import dollars, error_rate, total
from monitoring.stats.histogram import quantile
from monitoring.stats.metrics import ANSWERS, COST, MESSAGES, RESPONSE_TIME, SESSIONS_ACTIVE, TOKENS, Metric

RATE_WINDOW, RESPONSE_WINDOW, ERROR_WINDOW = 60, 300, 900
"""Seconds over which the tiles average rates, response times and the error rate."""


@dataclass(frozen=True, slots=True)
class Range:
    """A chart's range: `span` seconds in points of `step` seconds, made of buckets of `width` seconds."""

    span: int
    step: int
    width: int

    def start(self, now: int) -> int:
        """Start of the first point, s since 1970."""
        first = now - self.span
        return first - first % self.step

    def end(self, now: int) -> int:
        """End of the last point, s since 1970. The range reaches as far ahead as back, as a sender's clock may be
        ahead."""
        return now + self.span

    @property
    def max_points(self) -> int:
        """The largest number of points between `start` and `end`."""
        return 2 * self.span // self.step + 1


RANGES = {
    "15m": Range(900, 10, 10),
    "1h": Range(3_600, 60, 60),
    "6h": Range(21_600, 300, 60),
    "24h": Range(86_400, 900, 60),
    "7d": Range(604_800, 7_200, 3_600),
}


class Tile(Shape, frozen=True):
    """A figure, its value a week before, and the time of the newest event in it."""

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
    cost = dollars(COST.sum(recent.today))

    def tile(metric: Metric | None, value: float | None, before: float | None) -> Tile:
        return Tile(value, before, _newest(recent, now, metric))

    return Tiles(
        active_sessions=tile(SESSIONS_ACTIVE, recent.active, None),
        messages_per_minute=tile(MESSAGES, MESSAGES.sum(minute), _per_minute(before, MESSAGES)),
        response_p50=tile(RESPONSE_TIME, quantile(waits, 0.5), quantile(waits_before, 0.5)),
        response_p95=tile(RESPONSE_TIME, quantile(waits, 0.95), quantile(waits_before, 0.95)),
        error_rate=tile(ANSWERS, error_rate(quarter), error_rate(before)),
        tokens_per_minute=tile(TOKENS, TOKENS.sum(minute), _per_minute(before, TOKENS)),
        cost_today=tile(None, cost, _known(recent.day_before, _cost)),
    )


def _newest(recent: Recent, now: float, metric: Metric | None) -> str | None:
    """Time of the newest event of a metric (None: of any), with the resolution of the buckets."""
    for rows, width in ((recent.seconds, 1), (recent.tens, 10)):
        for row in reversed(rows):
            if metric.read(row.counts) if metric else row.counts:
                return instant(int(min(now, row.start + width) * 1_000_000))
    return None if recent.newest is None else instant(min(recent.newest, int(now * 1_000_000)))


def _cost(counts: Groups) -> float:
    return dollars(COST.sum(counts))


def _known(counts: Groups, figure: Callable[[Groups], float]) -> float | None:
    return figure(counts) if counts else None


def _per_minute(counts: Groups, metric: Metric) -> float | None:
    return _known(counts, lambda hour: metric.sum(hour) / 60)
