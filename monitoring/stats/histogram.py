"""Counts in logarithmic buckets 2 % wide: they add, they subtract, and every quantile is right within 1 %. Pure."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import log

GROWTH = 1.02
SMALLEST = 1_000
"""µs; whatever is shorter shares bucket 0."""
_SCALE = 1 / log(GROWTH)


@lru_cache(maxsize=4_096)
def bucket_of(micros: int) -> int:
    """The bucket of a duration."""
    return 0 if micros <= SMALLEST else 1 + int(log(micros / SMALLEST) * _SCALE)


def middle(bucket: int) -> float:
    """Seconds in the geometric middle of a bucket; 0 for bucket 0."""
    return 0.0 if bucket == 0 else SMALLEST / 1e6 * float(GROWTH ** (bucket - 0.5))


def numbered(counts: Mapping[str, int]) -> dict[int, int]:
    """Amounts by bucket, as numbers."""
    return {int(bucket): amount for bucket, amount in counts.items()}


def by_name(counts: Mapping[str, int]) -> dict[str, dict[int, int]]:
    """Histograms by name, of amounts by "BUCKET:NAME"."""
    found: dict[str, dict[int, int]] = {}
    for place, amount in counts.items():
        bucket, _, name = place.partition(":")
        found.setdefault(name, {})[int(bucket)] = amount
    return found


def quantile(counts: Mapping[int, int], share: float) -> float | None:
    """Seconds below which `share` (0 to 1) of the values lie, by nearest rank; None when there are none."""
    return next(iter(quantiles(counts, (share,))), None)


def quantiles(counts: Mapping[int, int], shares: Sequence[float]) -> list[float]:
    """The same of several shares, which ascend; none when there are no values."""
    total, seen, found = sum(counts.values()), 0, list[float]()
    if total <= 0:
        return found
    ranks = [max(1, -int(-share * total // 1)) for share in shares]
    for bucket in sorted(counts):
        seen += counts[bucket]
        while len(found) < len(ranks) and seen >= ranks[len(found)]:
            found.append(middle(bucket))
    return found
