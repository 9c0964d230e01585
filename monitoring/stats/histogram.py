"""Histograms with logarithmic buckets 2 % wide: they add and subtract, and quantiles are right within 1 %. Pure."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import log

GROWTH = 1.02
FIRST_BUCKET_MICROS = 1_000
"""Upper border of bucket 0."""
_SCALE = 1 / log(GROWTH)


@lru_cache(maxsize=4_096)
def bucket_of(micros: int) -> int:
    """Returns the bucket of a duration in µs."""
    return 0 if micros <= FIRST_BUCKET_MICROS else 1 + int(log(micros / FIRST_BUCKET_MICROS) * _SCALE)


def middle(bucket: int) -> float:
    """Returns the geometric middle of a bucket in seconds; 0 for bucket 0."""
    return 0.0 if bucket == 0 else FIRST_BUCKET_MICROS / 1e6 * float(GROWTH ** (bucket - 0.5))


def int_keys(counts: Mapping[str, int]) -> dict[int, int]:
    """Returns the counts with their keys as integers."""
    return {int(bucket): amount for bucket, amount in counts.items()}


def by_name(counts: Mapping[str, int]) -> dict[str, dict[int, int]]:
    """Returns histograms by name, from counts by "BUCKET:NAME"."""
    histograms: dict[str, dict[int, int]] = {}
    for key, amount in counts.items():
        bucket, _, name = key.partition(":")
        histograms.setdefault(name, {})[int(bucket)] = amount
    return histograms


def quantile(counts: Mapping[int, int], share: float) -> float | None:
    """Returns the quantile `share` (0 to 1) in seconds, by nearest rank; None without values."""
    return next(iter(quantiles(counts, (share,))), None)


def quantiles(counts: Mapping[int, int], shares: Sequence[float]) -> list[float]:
    """Returns the quantiles of several ascending shares, in seconds; an empty list without values."""
    total, seen, values = sum(counts.values()), 0, list[float]()
    if total <= 0:
        return values
    ranks = [max(1, -int(-share * total // 1)) for share in shares]
    for bucket in sorted(counts):
        seen += counts[bucket]
        while len(values) < len(ranks) and seen >= ranks[len(values)]:
            values.append(middle(bucket))
    return values
