"""Answers that were unusually slow for their model. Pure.

The rule is the modified z-score of B. Iglewicz and D. C. Hoaglin (How to Detect and Handle Outliers, ASQC Quality
Press, 1993): 0.6745 (x - median) / MAD over 3.5, on x = log(response time), each model by itself; MAD is the median of
the distances from the median. Logarithms, because response times spread by factors; only slow answers, because nobody
is kept waiting by fast ones. Median and MAD come from the histogram, in steps of its buckets (2 %), by nearest rank.

Three floors keep it quiet: a model is judged from FEWEST answers on; MAD counts as at least LEAST_MAD, so that an
outlier takes at least 1.64 times the median even where a model is always equally fast; and nobody's answer under
SHORTEST seconds is one. The limit is rounded up to the next border between two buckets, so that a histogram says
exactly how many answers lie above it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, log

from monitoring.stats.histogram import GROWTH, SMALLEST, bucket_of, middle

CUTOFF, CONSISTENT = 3.5, 0.6745
"""The score over which an answer is one; 0.6745 makes MAD a standard deviation where logarithms are normal."""
FEWEST = 30
LEAST_MAD = log(1.1)
SHORTEST = 1.0
RULE = (
    f"Slower than its model's limit: modified z-score over {CUTOFF} on the logarithm of the response time, median and "
    f"MAD of the model's last 30 days; from {FEWEST} answers and {SHORTEST:g} s on."
)
Histogram = Mapping[int, int]
_STEP = log(GROWTH)


@dataclass(frozen=True, slots=True)
class Reference:
    """What is usual for a model: how many answers, their median and the limit in s, MAD in natural logarithms (the
    floor applied). `limit` is None where there are too few answers."""

    count: int
    typical: float
    limit: float | None
    mad: float


@dataclass(frozen=True, slots=True)
class Outlier:
    """Why an answer is one; `typical` and `limit` in s."""

    typical: float
    limit: float
    score: float
    rule: str


def edge(bucket: int) -> float:
    """Where a bucket ends, s."""
    return SMALLEST / 1e6 * float(GROWTH**bucket)


def reference(waits: Histogram) -> Reference | None:
    """Of one model's response times; None when there are none."""
    count = sum(waits.values())
    if count <= 0:
        return None
    centre = _median(waits)
    away: dict[int, int] = {}
    for bucket, amount in waits.items():
        away[abs(bucket - centre)] = away.get(abs(bucket - centre), 0) + amount
    mad = max(LEAST_MAD, _median(away) * _STEP)
    raw = max(SHORTEST, _floored(middle(centre)) * exp(CUTOFF / CONSISTENT * mad))
    return Reference(count, middle(centre), edge(_over(raw)) if count >= FEWEST else None, mad)


def score(reference: Reference, wait: float) -> float:
    """The modified z-score of a response time (s)."""
    return CONSISTENT * log(_floored(wait) / _floored(reference.typical)) / reference.mad


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


def _median(counts: Histogram) -> int:
    """The place in the middle, by nearest rank as `quantile` has it."""
    half, seen = (sum(counts.values()) + 1) // 2, 0
    for place in sorted(counts):
        seen += counts[place]
        if seen >= half:
            return place
    raise ValueError("nothing to take a median of")
