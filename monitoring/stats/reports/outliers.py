"""Answers that were unusually slow for their model. Pure.

The rule is the modified z-score of B. Iglewicz and D. C. Hoaglin (How to Detect and Handle Outliers, ASQC Quality
Press, 1993): 0.6745 (x - median) / MAD over 3.5, on x = log(response time), each model by itself; MAD is the median of
the distances from the median. Logarithms, because response times spread by factors; only slow answers, because nobody
is kept waiting by fast ones. Median and MAD come from the histogram, whose buckets are 2 % wide: a bucket's answers are
taken to lie evenly in it (on the logarithm), so that neither moves by whole buckets when one more comes. Measured, half
of all limits are within 2 % of those of the times themselves, and the worst is 10 % away (docs/figures.md).

Three floors keep it quiet: a model is judged from FEWEST answers on; MAD counts as at least LEAST_MAD, so that an
outlier takes at least 1.64 times the median even where a model is always equally fast; and nobody's answer under
SHORTEST seconds is one. The limit is rounded up to the next border between two buckets (by less than 2 %), so that a
histogram says exactly how many answers lie above it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import exp, log

from monitoring.events.shape import Seconds, Shape
from monitoring.stats.histogram import GROWTH, SMALLEST, bucket_of, middle

CUTOFF, CONSISTENT = 3.5, 0.6745
"""The score over which an answer is one; 0.6745 makes MAD a standard deviation where logarithms are normal."""
FEWEST = 30
LEAST_MAD = log(1.1)
SHORTEST = 1.0
HIDDEN = "Slower than is usual for its model. Figures are told where at least 5 other people are behind them."
RULE = (
    f"Slower than its model's limit: modified z-score over {CUTOFF} on the logarithm of the response time, median and "
    f"MAD of the model's last 30 days; from {FEWEST} answers and {SHORTEST:g} s on."
)
Histogram = Mapping[int, int]
RawLine = tuple[float, float, int]
"""From, to (in buckets), and how many answers there are to each bucket's width."""
_STEP, _LITTLE = log(GROWTH), 1e-6


@dataclass(frozen=True, slots=True)
class Reference:
    """What is usual for a model: how many answers, their median and the limit in s, MAD in natural logarithms (the
    floor applied). `limit` is None where there are too few answers."""

    count: int
    typical: float
    limit: float | None
    mad: float


class Outlier(Shape, frozen=True):
    """Why a response time stands out of those of its model. The figures are null for an owner while fewer than 5 other
    people are behind them, or one of them makes over half of it: all of them, for of two scores and their waits,
    typical and limit could be found."""

    typical: Seconds | None
    limit: Seconds | None
    score: float | None
    rule: str


HIDDEN_OUTLIER = Outlier(None, None, None, HIDDEN)


def edge(bucket: float) -> float:
    """Where a bucket ends, s; with a fraction, so far on from where the one before ends."""
    return SMALLEST / 1e6 * float(GROWTH**bucket)


def reference(waits: Histogram) -> Reference | None:
    """Of one model's response times; None when there are none."""
    count = sum(waits.values())
    if count <= 0:
        return None
    centre = _half((bucket - 1, bucket, amount) for bucket, amount in waits.items())
    mad = max(LEAST_MAD, _half(_away(waits, centre)) * _STEP)
    typical = edge(max(0.0, centre))
    raw = max(SHORTEST, typical * exp(CUTOFF / CONSISTENT * mad))
    return Reference(count, typical, edge(_over(raw)) if count >= FEWEST else None, mad)


def _away(waits: Histogram, centre: float) -> Iterator[RawLine]:
    """How far answers lie from a place, in buckets."""
    for bucket, amount in waits.items():
        low, high = bucket - 1 - centre, bucket - centre
        if low < 0 < high:
            yield from ((0, -low, amount), (0, high, amount))
        else:
            yield min(abs(low), abs(high)), max(abs(low), abs(high)), amount


def _half(pieces: Iterable[RawLine]) -> float:
    """The place before which half of all lies; in the middle of a gap that has half on either side."""
    steps: dict[float, int] = defaultdict(int)
    for low, high, amount in pieces:
        steps[low] += amount
        steps[high] -= amount
    borders = sorted(steps)
    dense = accumulate(steps[border] for border in borders)
    spans = [(low, high, here) for (low, high), here in zip(pairwise(borders), dense, strict=False) if here]
    half = sum((high - low) * here for low, high, here in spans) / 2
    return (_after(spans, half - _LITTLE) + _after(spans, half + _LITTLE)) / 2


def _after(spans: Iterable[RawLine], left: float) -> float:
    """The place before which so many answers lie, of pieces in order."""
    for low, high, here in spans:
        if left <= (high - low) * here:
            return low + left / here
        left -= (high - low) * here
    raise ValueError("there are not so many")


def score(reference: Reference, wait: float) -> float:
    """The modified z-score of a response time (s)."""
    return CONSISTENT * log(_floored(wait) / reference.typical) / reference.mad


def judge(reference: Reference | None, wait: float) -> Outlier | None:
    """What makes a response time (s) an outlier; None where it is none, or nothing is usual yet."""
    if reference is None or reference.limit is None or wait <= reference.limit:
        return None
    found = score(reference, wait)
    words = f"score {found:.1f} over {CUTOFF}, against {reference.count:,} answers"
    return Outlier(reference.typical, reference.limit, found, words)


def above(reference: Reference | None, waits: Histogram) -> dict[int, int]:
    """The part of a histogram that is over the limit."""
    if reference is None or reference.limit is None:
        return {}
    limit = reference.limit
    return {bucket: amount for bucket, amount in waits.items() if middle(bucket) > limit}


def _over(seconds: float) -> int:
    """The bucket in which so many seconds lie."""
    return bucket_of(int(seconds * 1e6))


def _floored(seconds: float) -> float:
    """Bucket 0 counts as its longest, 1 ms."""
    return max(seconds, SMALLEST / 1e6)
