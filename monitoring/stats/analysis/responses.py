"""Response times of a window: distribution, models, and the trend beside the weeks before. Pure.

Everything comes from histograms with buckets 2 % wide: a quantile is right within 1 %, and so are mean and spread, of
which each answer counts with the middle of its bucket.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log, sqrt
from statistics import median
from typing import Any, TypeVar

from monitoring.events.envelope import instant
from monitoring.stats.analysis.outliers import Outlier, Reference, above, edge
from monitoring.stats.bucket import DAY, SECOND, Counts
from monitoring.stats.histogram import SMALLEST, middle, quantile
from monitoring.stats.message import Message

BARS = 30
"""Bars of the histogram at most."""
WEEKS = 4
"""So many weeks before are looked at."""
HOURLY = 8
"""Days up to which the trend goes by hours; a longer one goes by days."""
Row = dict[str, Any]
Name = TypeVar("Name", int, str)
Histogram = Mapping[int, int]


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


def figures(times: Histogram) -> Row | None:
    """How the response times are distributed, in s; None when there are none.

    `iqr` is p75 - p25. `spread` is the geometric standard deviation, exp of the standard deviation of log(wait): for
    log-normal times two thirds of the answers lie between p50 / spread and p50 x spread.
    """
    count = sum(times.values())
    if count <= 0:
        return None
    low, high = _quantile(times, 25), _quantile(times, 75)
    return {
        "count": count,
        "mean": sum(middle(bucket) * amount for bucket, amount in times.items()) / count,
        **{f"p{share}": _quantile(times, share) for share in (50, 90, 95, 99)},
        "iqr": high - low,
        "spread": _spread(times, count),
    }


def _quantile(times: Histogram, share: int) -> float:
    return quantile(times, share / 100) or 0.0


def _spread(times: Histogram, count: int) -> float:
    """Bucket 0 counts as its longest, 1 ms: nothing has no logarithm."""
    logs = [(log(max(middle(bucket), SMALLEST / 1e6)), amount) for bucket, amount in times.items()]
    mean = sum(value * amount for value, amount in logs) / count
    return exp(sqrt(sum((value - mean) ** 2 * amount for value, amount in logs) / count))


def bars(times: Histogram) -> list[Row]:
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
        {"from": _begins(first + place * wide), "to": edge(first + (place + 1) * wide - 1), "count": amount}
        for place, amount in enumerate(counted)
    ]


def _begins(bucket: int) -> float:
    return edge(bucket - 1) if bucket else 0.0


def models(times: Mapping[str, Histogram], references: Mapping[str, Reference]) -> list[Row]:
    """Every model that answered, the one with the most answers first. `typical` and `limit` are of its last 30 days,
    `outliers` those of the window over that limit."""
    rows = [_model(name, of, references.get(name)) for name, of in times.items() if sum(of.values()) > 0]
    return sorted(rows, key=lambda row: (-row["count"], row["model"]))


def _model(name: str, times: Histogram, reference: Reference | None) -> Row:
    return {
        "model": name,
        "count": sum(times.values()),
        **{f"p{share}": quantile(times, share / 100) for share in (50, 90, 95, 99)},
        "typical": reference.typical if reference else None,
        "limit": reference.limit if reference else None,
        "outliers": sum(above(reference, times).values()),
    }


def points(starts: Iterable[int], held: Mapping[int, Stretch]) -> list[Row]:
    """One point for each hour or day (s), also where nobody waited; beside it those of the same hour of the week (or
    the same weekday) up to WEEKS weeks before."""
    return [_point(start, held) for start in starts]


def _point(start: int, held: Mapping[int, Stretch]) -> Row:
    here = held.get(start, NOTHING)
    earlier = [held.get(start - week * 7 * DAY, NOTHING).p50 for week in range(1, WEEKS + 1)]
    known = [value for value in earlier if value is not None]
    before = {"weeks": len(known), "low": min(known), "p50": median(known), "high": max(known)} if known else None
    return {"t": start, "count": here.count, "p50": here.p50, "p95": here.p95, "before": before}


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
) -> list[Row]:
    """Of (session id, answer) those that are outliers, newest day first (when they were whole), slowest first; at most
    `most`."""
    newest = sorted(found, key=lambda one: (-(one[1].done_at // (DAY * SECOND)), -(one[1].wait or 0), one[1].key))
    judged = ((session, message, judge(message.model_name, (message.wait or 0) / 1e6)) for session, message in newest)
    return [_outlier(session, message, verdict) for session, message, verdict in judged if verdict][:most]


def _outlier(session: str, message: Message, verdict: Outlier) -> Row:
    return {
        "session_id": session,
        "message_id": message.message_id,
        "at": instant(message.at),
        "model": message.model_name,
        "wait": (message.wait or 0) / 1e6,
        "typical": verdict.typical,
        "limit": verdict.limit,
        "score": verdict.score,
        "rule": verdict.rule,
    }
