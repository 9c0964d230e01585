"""Response times of a window: distribution, models, and the trend compared with earlier weeks. Pure.

All figures come from histograms with buckets 2 % wide: quantiles are right within 1 %, and so are mean and spread, in
which each answer has the middle of its bucket.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, log, sqrt
from statistics import median
from typing import TypeVar

from msgspec import field
from msgspec.structs import astuple

from monitoring.events.envelope import instant
from monitoring.events.shape import Count, Instant, Moment, Seconds, Shape
from monitoring.stats.bucket import DAY, SECOND, Counts
from monitoring.stats.histogram import FIRST_BUCKET_MICROS, middle, quantile, quantiles
from monitoring.stats.message import Message
from monitoring.stats.reports.outliers import Outlier, Reference, above, edge

MAX_BARS = 30
"""Maximum number of bars of the histogram."""
WEEKS = 4
"""Number of earlier weeks that the trend is compared with."""
MAX_HOURLY_DAYS = 8
"""Longest window, in days, whose trend is by hours. Longer trends are by days."""
Name = TypeVar("Name", int, str)
Histogram = Mapping[int, int]


class ResponseFigures(Shape, frozen=True):
    """Response times in seconds; `spread` is the geometric standard deviation."""

    count: Count
    mean: Seconds
    p50: Seconds
    p90: Seconds
    p95: Seconds
    p99: Seconds
    iqr: Seconds
    spread: float


class Bar(Shape, frozen=True):
    """A bar of a histogram; `to` of the last may be null."""

    start: Seconds = field(name="from")
    to: Seconds | None
    count: Count


class ModelResponses(Shape, frozen=True):
    """Response times of a model, and its outliers."""

    model: str
    count: Count
    p50: Seconds | None
    p90: Seconds | None
    p95: Seconds | None
    p99: Seconds | None
    typical: Seconds | None
    limit: Seconds | None
    outliers: Count


class Before(Shape, frozen=True):
    """Response times in the same hour and on the same weekday of the earlier weeks."""

    weeks: Count
    low: Seconds
    p50: Seconds
    high: Seconds


class ResponsePoint(Shape, frozen=True):
    """Response times of an hour or a day."""

    t: Instant
    count: Count
    p50: Seconds | None
    p95: Seconds | None
    before: Before | None


class SlowAnswer(Outlier, frozen=True, kw_only=True):
    """An answer that is an outlier."""

    session_id: str
    message_id: str
    at: Moment
    model: str
    wait: Seconds


@dataclass(frozen=True, slots=True)
class PeriodResponses:
    """Response times of an hour or a day: count, and two quantiles in s."""

    count: int
    p50: float | None
    p95: float | None


NO_RESPONSES = PeriodResponses(0, None, None)


def period_responses(times: Histogram) -> PeriodResponses:
    """Returns count and quantiles of a histogram."""
    return PeriodResponses(sum(times.values()), quantile(times, 0.5), quantile(times, 0.95))


def sum_counts(histograms: Iterable[Mapping[Name, int]]) -> dict[Name, int]:
    """Returns the sum of several histograms or counts."""
    summed: dict[Name, int] = {}
    get = summed.get
    for counts in histograms:
        for name, amount in counts.items():
            summed[name] = get(name, 0) + amount
    return summed


def figures(times: Histogram) -> ResponseFigures | None:
    """Returns figures of the distribution, in s; None without response times.

    `iqr` is p75 - p25. `spread` is the geometric standard deviation, exp of the standard deviation of log(wait): for
    log-normal times two thirds of the answers lie between p50 / spread and p50 x spread. Bucket 0 counts as its upper
    border, 1 ms, because 0 has no logarithm.
    """
    count = sum(times.values())
    if count <= 0:
        return None
    low, p50, high, p90, p95, p99 = quantiles(times, (0.25, 0.5, 0.75, 0.9, 0.95, 0.99))
    mean = sum(middle(bucket) * amount for bucket, amount in times.items()) / count
    logs = [(log(max(middle(bucket), FIRST_BUCKET_MICROS / 1e6)), amount) for bucket, amount in times.items()]
    centre = sum(value * amount for value, amount in logs) / count
    spread = exp(sqrt(sum((value - centre) ** 2 * amount for value, amount in logs) / count))
    return ResponseFigures(count, mean, p50, p90, p95, p99, high - low, spread)


def bars(times: Histogram) -> list[Bar]:
    """Returns the histogram, in seconds, in at most MAX_BARS bars of equal width on a logarithmic axis, from the first
    to the last with an answer. An answer at a border belongs to the bar below."""
    buckets = [bucket for bucket, amount in times.items() if amount > 0]
    if not buckets:
        return []
    first, last = min(buckets), max(buckets)
    bar_width = -(-(last - first + 1) // MAX_BARS)
    bar_counts = [0] * (-(-(last - first + 1) // bar_width))
    for bucket in buckets:
        bar_counts[(bucket - first) // bar_width] += times[bucket]
    borders = [edge(bucket - 1) if bucket else 0.0 for bucket in range(first, last + bar_width + 1, bar_width)]
    return [Bar(low, high, amount) for (low, high), amount in zip(pairwise(borders), bar_counts, strict=True)]


def models(times: Mapping[str, Histogram], references: Mapping[str, Reference]) -> list[ModelResponses]:
    """Returns figures of each model, the one with most answers first. `typical` and `limit` are of the model's last 30
    days, `outliers` the number in the window above that limit."""
    rows = []
    for name, waits in times.items():
        if (count := sum(waits.values())) > 0:
            usual = references.get(name)
            typical, limit = (usual.typical, usual.limit) if usual else (None, None)
            p50, p90, p95, p99 = quantiles(waits, (0.5, 0.9, 0.95, 0.99))
            over = sum(above(usual, waits).values())
            rows.append(ModelResponses(name, count, p50, p90, p95, p99, typical, limit, over))
    return sorted(rows, key=lambda row: (-row.count, row.model))


def points(starts: Iterable[int], periods: Mapping[int, PeriodResponses]) -> list[ResponsePoint]:
    """Returns one point for each hour or day (s), including those without answers, compared with the same hour of the
    week (or the same weekday) in up to WEEKS earlier weeks."""
    shown = []
    for start in starts:
        period = periods.get(start, NO_RESPONSES)
        weeks = (periods.get(start - week * 7 * DAY, NO_RESPONSES).p50 for week in range(1, WEEKS + 1))
        known = [value for value in weeks if value is not None]
        before = Before(len(known), min(known), median(known), max(known)) if known else None
        shown.append(ResponsePoint(start, period.count, period.p50, period.p95, before))
    return shown


def over_limit(times: Mapping[str, Histogram], references: Mapping[str, Reference]) -> list[tuple[int, str]]:
    """Returns (bucket, "BUCKET:MODEL") of all buckets above their model's limit, the slowest first."""
    over = ((bucket, name) for name, of in times.items() for bucket in above(references.get(name), of))
    return [(bucket, f"{bucket}:{name}") for bucket, name in sorted(over, key=lambda one: (-one[0], one[1]))]


def slow_ranks(days: Iterable[tuple[int, Counts]], over: Sequence[tuple[int, str]], limit: int) -> list[int]:
    """Returns the ranks of outliers, day * 4096 + bucket (the column `slow_rank`), for up to `limit` answers.

    `days` are (start in s, response times by model), the newest first, read only as far as needed. `over` is the result
    of `over_limit` for all of them.
    """
    ranks: dict[int, None] = {}
    left = limit
    for start, counts in days if over else ():
        for bucket, name in over:
            amount = counts.get(name, 0)
            if amount > 0 and left > 0:
                ranks[start // DAY * 4_096 + bucket] = None
                left -= amount
        if left <= 0:
            break
    return list(ranks)


def outlier_rows(
    answers: Iterable[tuple[str, Message]], judge: Callable[[str, float], Outlier | None], limit: int
) -> list[SlowAnswer]:
    """Returns the outliers among (session id, answer), the newest day of completion first, the slowest first on each
    day; at most `limit`."""
    newest = sorted(answers, key=lambda one: (-(one[1].done_at // (DAY * SECOND)), -(one[1].wait or 0), one[1].key))
    rows = []
    for session, message in newest:
        model, wait = message.model_name, (message.wait or 0) / 1e6
        if verdict := judge(model, wait):
            at = instant(message.order[0])
            row = SlowAnswer(
                *astuple(verdict), session_id=session, message_id=message.message_id, at=at, model=model, wait=wait
            )
            rows.append(row)
    return rows[:limit]
