"""Response times of a window: distribution, models, and the trend beside the weeks before. Pure.

Everything comes from histograms with buckets 2 % wide: a quantile is right within 1 %, and so are mean and spread, of
which each answer counts with the middle of its bucket.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log, sqrt
from statistics import median
from typing import TypeVar

from msgspec import field
from msgspec.structs import astuple

from monitoring.events.envelope import instant
from monitoring.events.shape import Count, Instant, Moment, Seconds, Shape
from monitoring.stats.bucket import DAY, SECOND, Counts
from monitoring.stats.histogram import SMALLEST, middle, quantile, quantiles
from monitoring.stats.message import Message
from monitoring.stats.reports.outliers import Outlier, Reference, above, edge

BARS = 30
"""Bars of the histogram at most."""
WEEKS = 4
"""So many weeks before are looked at."""
HOURLY = 8
"""Days up to which the trend goes by hours; a longer one goes by days."""
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
    """A bar of a histogram; the last may have no end."""

    start: Seconds = field(name="from")
    to: Seconds | None
    count: Count


class ModelResponses(Shape, frozen=True):
    """The response times of a model, and above which limit one stands out."""

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
    """The same hour of the same weekday, in the weeks before."""

    weeks: Count
    low: Seconds
    p50: Seconds
    high: Seconds


class ResponsePoint(Shape, frozen=True):
    """Response times of a stretch of time."""

    t: Instant
    count: Count
    p50: Seconds | None
    p95: Seconds | None
    before: Before | None


class SlowAnswer(Outlier, frozen=True, kw_only=True):
    """An answer that stands out."""

    session_id: str
    message_id: str
    at: Moment
    model: str
    wait: Seconds


@dataclass(frozen=True, slots=True)
class Stretch:
    """Response times of an hour or a day: how many, and two quantiles in s."""

    count: int
    p50: float | None
    p95: float | None


NOTHING = Stretch(0, None, None)


def stretch(times: Histogram) -> Stretch:
    """Of a histogram."""
    return Stretch(sum(times.values()), quantile(times, 0.5), quantile(times, 0.95))


def together(several: Iterable[Mapping[Name, int]]) -> dict[Name, int]:
    """Several histograms, or counts, as one."""
    summed: dict[Name, int] = {}
    held = summed.get
    for counts in several:
        for name, amount in counts.items():
            summed[name] = held(name, 0) + amount
    return summed


def figures(times: Histogram) -> ResponseFigures | None:
    """How the response times are distributed, in s; None when there are none.

    `iqr` is p75 - p25. `spread` is the geometric standard deviation, exp of the standard deviation of log(wait): for
    log-normal times two thirds of the answers lie between p50 / spread and p50 x spread.
    """
    count = sum(times.values())
    if count <= 0:
        return None
    low, p50, high, p90, p95, p99 = quantiles(times, (0.25, 0.5, 0.75, 0.9, 0.95, 0.99))
    mean = sum(middle(bucket) * amount for bucket, amount in times.items()) / count
    return ResponseFigures(count, mean, p50, p90, p95, p99, high - low, _spread(times, count))


def _spread(times: Histogram, count: int) -> float:
    """Bucket 0 counts as its longest, 1 ms: nothing has no logarithm."""
    logs = [(log(max(middle(bucket), SMALLEST / 1e6)), amount) for bucket, amount in times.items()]
    mean = sum(value * amount for value, amount in logs) / count
    return exp(sqrt(sum((value - mean) ** 2 * amount for value, amount in logs) / count))


def bars(times: Histogram) -> list[Bar]:
    """The histogram in at most BARS bars of as many buckets each, so that all are as wide on a logarithmic axis; from
    the first to the last with an answer. Seconds; an answer at a border lies in the bar that ends there."""
    held = [bucket for bucket, amount in times.items() if amount > 0]
    if not held:
        return []
    first, last = min(held), max(held)
    wide = -(-(last - first + 1) // BARS)
    counted = [0] * (-(-(last - first + 1) // wide))
    for bucket in held:
        counted[(bucket - first) // wide] += times[bucket]
    return [
        Bar(_begins(first + place * wide), edge(first + (place + 1) * wide - 1), amount)
        for place, amount in enumerate(counted)
    ]


def _begins(bucket: int) -> float:
    return edge(bucket - 1) if bucket else 0.0


def models(times: Mapping[str, Histogram], references: Mapping[str, Reference]) -> list[ModelResponses]:
    """Every model that answered, the one with the most answers first. `typical` and `limit` are of its last 30 days,
    `outliers` those of the window over that limit."""
    rows = [_model(name, of, references.get(name)) for name, of in times.items() if sum(of.values()) > 0]
    return sorted(rows, key=lambda row: (-row.count, row.model))


def _model(name: str, times: Histogram, reference: Reference | None) -> ModelResponses:
    typical, limit = (reference.typical, reference.limit) if reference else (None, None)
    p50, p90, p95, p99 = quantiles(times, (0.5, 0.9, 0.95, 0.99))
    over = sum(above(reference, times).values())
    return ModelResponses(name, sum(times.values()), p50, p90, p95, p99, typical, limit, over)


def points(starts: Iterable[int], held: Mapping[int, Stretch]) -> list[ResponsePoint]:
    """One point for each hour or day (s), also where nobody waited; beside it those of the same hour of the week (or
    the same weekday) up to WEEKS weeks before."""
    return [_point(start, held) for start in starts]


def _point(start: int, held: Mapping[int, Stretch]) -> ResponsePoint:
    here = held.get(start, NOTHING)
    earlier = [held.get(start - week * 7 * DAY, NOTHING).p50 for week in range(1, WEEKS + 1)]
    known = [value for value in earlier if value is not None]
    before = Before(len(known), min(known), median(known), max(known)) if known else None
    return ResponsePoint(start, here.count, here.p50, here.p95, before)


def over_limit(times: Mapping[str, Histogram], references: Mapping[str, Reference]) -> list[tuple[int, str]]:
    """(bucket, "BUCKET:MODEL") of what is over its model's limit, the slowest first."""
    found = ((bucket, name) for name, of in times.items() for bucket in above(references.get(name), of))
    return [(bucket, f"{bucket}:{name}") for bucket, name in sorted(found, key=lambda one: (-one[0], one[1]))]


def places(days: Iterable[tuple[int, Counts]], over: Sequence[tuple[int, str]], most: int) -> list[int]:
    """Where outliers lie, as day * 4096 + bucket (the column `ranked`), up to `most` answers. `days` are (start in s,
    response times by model), the newest first, and are read only as far as needed; `over` is what `over_limit` found in
    all of them."""
    found: dict[int, None] = {}
    left = most
    for start, counts in days if over else ():
        for bucket, name in over:
            amount = counts.get(name, 0)
            if amount > 0 and left > 0:
                found[start // DAY * 4_096 + bucket] = None
                left -= amount
        if left <= 0:
            break
    return list(found)


def outlier_rows(
    found: Iterable[tuple[str, Message]], judge: Callable[[str, float], Outlier | None], most: int
) -> list[SlowAnswer]:
    """Of (session id, answer) those that are outliers, newest day first (when they were whole), slowest first; at most
    `most`."""
    newest = sorted(found, key=lambda one: (-(one[1].done_at // (DAY * SECOND)), -(one[1].wait or 0), one[1].key))
    verdicts = ((session, message, judge(message.model_name, (message.wait or 0) / 1e6)) for session, message in newest)
    return [_outlier(session, message, verdict) for session, message, verdict in verdicts if verdict][:most]


def _outlier(session: str, message: Message, verdict: Outlier) -> SlowAnswer:
    return SlowAnswer(
        *astuple(verdict),
        session_id=session,
        message_id=message.message_id,
        at=instant(message.order[0]),
        model=message.model_name,
        wait=(message.wait or 0) / 1e6,
    )
