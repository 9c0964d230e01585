"""Detects answers that were unusually slow for their model. Pure.

The rule is the modified z-score of B. Iglewicz and D. C. Hoaglin (How to Detect and Handle Outliers, ASQC Quality
Press, 1993): 0.6745 (x - median) / MAD over 3.5, with x = log(response time), for each model by itself. MAD is the
median of the distances from the median. Logarithms are used because response times vary by factors. Only slow answers
are outliers. Median and MAD come from the histogram, whose buckets are 2 % wide. Answers of a bucket are taken as
evenly distributed in it (on the logarithm), so that one more answer never moves median or MAD by a whole bucket. As
measured, half of all limits are within 2 % of those of the exact times, and the worst is 10 % away (docs/figures.md).

Three floors avoid false outliers: a model needs MIN_ANSWERS answers; MAD is at least MIN_MAD, so an outlier takes at
least 1.64 times the median even if a model is always equally fast; and an outlier takes at least MIN_OUTLIER_SECONDS.
The limit is rounded up to the next border between two buckets (by less than 2 %), so that a histogram has the exact
number of answers above it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import exp, log

from monitoring.events.shape import Seconds, Shape
from monitoring.stats.histogram import FIRST_BUCKET_MICROS, GROWTH, bucket_of, middle

CUTOFF, NORMAL_CONSISTENCY = 3.5, 0.6745
"""Score above which an answer is an outlier; 0.6745 makes MAD a standard deviation if logarithms are normally
distributed."""
MIN_ANSWERS = 30
MIN_MAD = log(1.1)
MIN_OUTLIER_SECONDS = 1.0
HIDDEN_RULE = "Unusually slow for its model. Figures are shown if at least 5 other people are behind them."
RULE = (
    f"Slower than its model's limit: modified z-score over {CUTOFF} on the logarithm of the response time, median and "
    f"MAD of the model's last 30 days; from {MIN_ANSWERS} answers and {MIN_OUTLIER_SECONDS:g} s on."
)
Histogram = Mapping[int, int]
Piece = tuple[float, float, int]
"""From, to (in buckets), and the number of answers for each bucket's width."""
_STEP, _EPSILON = log(GROWTH), 1e-6


@dataclass(frozen=True, slots=True)
class Reference:
    """The usual response times of a model: number of answers, median and limit (s), MAD (natural logarithms; at least
    MIN_MAD). `limit` is None with too few answers."""

    count: int
    typical: float
    limit: float | None
    mad: float


class Outlier(Shape, frozen=True):
    """The reason that a response time is an outlier for its model.

    All figures are null for an owner if fewer than 5 other people are behind them, or one of these made more than half:
    from two scores and their response times, median and limit could be calculated.
    """

    typical: Seconds | None
    limit: Seconds | None
    score: float | None
    rule: str


HIDDEN_OUTLIER = Outlier(None, None, None, HIDDEN_RULE)


def edge(bucket: float) -> float:
    """Returns the upper border of a bucket, s; of a fraction of a bucket, the point at that fraction."""
    return FIRST_BUCKET_MICROS / 1e6 * float(GROWTH**bucket)


def reference(waits: Histogram) -> Reference | None:
    """Returns the reference of one model's response times; None without any."""
    count = sum(waits.values())
    if count <= 0:
        return None
    centre = _median((bucket - 1, bucket, amount) for bucket, amount in waits.items())
    mad = max(MIN_MAD, _median(_distances(waits, centre)) * _STEP)
    typical = edge(max(0.0, centre))
    raw = max(MIN_OUTLIER_SECONDS, typical * exp(CUTOFF / NORMAL_CONSISTENCY * mad))
    return Reference(count, typical, edge(bucket_of(int(raw * 1e6))) if count >= MIN_ANSWERS else None, mad)


def _distances(waits: Histogram, centre: float) -> Iterator[Piece]:
    """Yields the distances of answers from `centre`, in buckets."""
    for bucket, amount in waits.items():
        low, high = bucket - 1 - centre, bucket - centre
        if low < 0 < high:
            yield from ((0, -low, amount), (0, high, amount))
        else:
            yield min(abs(low), abs(high)), max(abs(low), abs(high)), amount


def _median(parts: Iterable[Piece]) -> float:
    """Returns the point with half of the answers below it; the middle of a gap with half on either side."""
    steps: dict[float, int] = defaultdict(int)
    for low, high, amount in parts:
        steps[low] += amount
        steps[high] -= amount
    borders = sorted(steps)
    dense = accumulate(steps[border] for border in borders)
    pieces = [(low, high, density) for (low, high), density in zip(pairwise(borders), dense, strict=False) if density]
    half = sum((high - low) * density for low, high, density in pieces) / 2
    return (_position_of(pieces, half - _EPSILON) + _position_of(pieces, half + _EPSILON)) / 2


def _position_of(pieces: Iterable[Piece], left: float) -> float:
    """Returns the point with `left` answers below it, from pieces in order."""
    for low, high, density in pieces:
        if left <= (high - low) * density:
            return low + left / density
        left -= (high - low) * density
    raise ValueError("fewer answers than requested")


def score(reference: Reference, wait: float) -> float:
    """Returns the modified z-score of a response time (s). Those in bucket 0 count as its upper border, 1 ms."""
    return NORMAL_CONSISTENCY * log(max(wait, FIRST_BUCKET_MICROS / 1e6) / reference.typical) / reference.mad


def judge(reference: Reference | None, wait: float) -> Outlier | None:
    """Returns the outlier that a response time (s) is; None if it is none, or the reference has no limit."""
    if reference is None or reference.limit is None or wait <= reference.limit:
        return None
    z_score = score(reference, wait)
    times, usual, limit = wait / reference.typical, _seconds(reference.typical), _seconds(reference.limit)
    words = f"{times:,.1f} × the usual {usual} (limit {limit}, from {reference.count:,} answers)"
    return Outlier(reference.typical, reference.limit, z_score, words)


def _seconds(value: float) -> str:
    return f"{value:.1f} s" if value < 100 else f"{value:,.0f} s"


def above(reference: Reference | None, waits: Histogram) -> dict[int, int]:
    """Returns the part of a histogram above the limit."""
    if reference is None or reference.limit is None:
        return {}
    limit = reference.limit
    return {bucket: amount for bucket, amount in waits.items() if middle(bucket) > limit}
