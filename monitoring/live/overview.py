"""The overview's figures: tiles, and the points of its charts. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from monitoring.events.envelope import instant
from monitoring.stats.figures import bucket_figures, dollars, error_rate, named, total, waits
from monitoring.stats.histogram import quantile
from monitoring.stats.tally import BucketRow, Counts

MINUTE, RESPONSES, ERRORS = 60, 300, 900
"""Seconds over which rates, response times and the error rate of the tiles are taken."""


@dataclass(frozen=True, slots=True)
class Range:
    """How much a chart shows: `span` seconds in points of `step` seconds, made of buckets of `width` seconds."""

    span: int
    step: int
    width: int

    def start(self, now: int) -> int:
        """The first point's start, s."""
        first = now - self.span
        return first - first % self.step

    def end(self, now: int) -> int:
        """Before which its last point starts, s: a sender's clock may be ahead. As far as the range reaches back."""
        return now + self.span

    @property
    def most(self) -> int:
        """Points at most, from `start` to `end`."""
        return 2 * self.span // self.step + 1


RANGES = {
    "15m": Range(900, 10, 10),
    "1h": Range(3_600, 60, 60),
    "6h": Range(21_600, 300, 60),
    "24h": Range(86_400, 900, 60),
    "7d": Range(604_800, 7_200, 3_600),
}


@dataclass(frozen=True, slots=True)
class Recent:
    """What the tiles are made of: buckets of 1 s and 10 s of the last minutes, of 1 h since midnight, and of a week
    before (its hour, and its day so far). `active` sessions now; `newest` event's time in µs."""

    seconds: list[BucketRow]
    tens: list[BucketRow]
    today: Counts
    hour_before: Counts
    day_before: Counts
    active: int
    newest: int | None


def points(rows: Iterable[BucketRow], step: int, after: int | None, now: float | None = None) -> list[dict[str, Any]]:
    """The points of the charts; with `after`, only those in which something changed since that position, and those that
    start after `now` (s): when they changed they may have been too far ahead to be told.

    Sessions that were active do not add up over time: a point made of several buckets shows the most in one of them.
    """
    made = []
    for start, group in groupby(rows, key=lambda row: row.start - row.start % step):
        members = list(group)
        ahead = now is not None and start > now
        if after is None or ahead or any(row.position > after for row in members):
            most = max(row.counts.get("a", 0) for row in members)
            made.append(bucket_figures(start, total(row.counts for row in members)) | {"active": most})
    return made


def tiles(recent: Recent, now: float) -> dict[str, Any]:
    """The figures at the top, each with its value a week before and the time of its newest part."""
    minute = total(row.counts for row in recent.seconds if row.start >= now - MINUTE)
    answers = total(row.counts for row in recent.tens if row.start >= now - RESPONSES)
    quarter = total(row.counts for row in recent.tens if row.start >= now - ERRORS)
    before = recent.hour_before
    return {
        "active_sessions": _tile(recent, now, "a", recent.active, None),
        "messages_per_minute": _tile(recent, now, "m:", _sum(minute, "m:"), _per_minute(before, "m:")),
        "response_p50": _tile(recent, now, "w:", quantile(waits(answers), 0.5), quantile(waits(before), 0.5)),
        "response_p95": _tile(recent, now, "w:", quantile(waits(answers), 0.95), quantile(waits(before), 0.95)),
        "error_rate": _tile(recent, now, "f", error_rate(quarter), error_rate(before)),
        "tokens_per_minute": _tile(recent, now, "t:", _sum(minute, "t:"), _per_minute(before, "t:")),
        "cost_today": _tile(recent, now, "", dollars(_sum(recent.today, "c:")), _known(recent.day_before, _cost)),
    }


def _tile(recent: Recent, now: float, prefix: str, value: Any, before: Any) -> dict[str, Any]:
    return {"value": value, "before": before, "at": _newest(recent, now, prefix)}


def _newest(recent: Recent, now: float, prefix: str) -> str | None:
    """When the newest part of a figure happened, as exactly as the buckets know."""
    for rows, width in ((recent.seconds, 1), (recent.tens, 10)):
        for row in reversed(rows):
            if any(name.startswith(prefix) for name in row.counts):
                return instant(int(min(now, row.start + width) * 1_000_000))
    return None if recent.newest is None else instant(min(recent.newest, int(now * 1_000_000)))


def _sum(counts: Counts, prefix: str) -> int:
    return sum(named(counts, prefix).values())


def _cost(counts: Counts) -> float:
    return dollars(_sum(counts, "c:"))


def _known(counts: Counts, figure: Callable[[Counts], float]) -> float | None:
    return figure(counts) if counts else None


def _per_minute(counts: Counts, prefix: str) -> float | None:
    return _known(counts, lambda hour: _sum(hour, prefix) / 60)
