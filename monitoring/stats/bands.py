"""Durations in a few bands with round borders, counted exactly as they occur. Pure.

A band is named by its lower border in seconds. It includes the lower border and excludes the upper.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence

WAIT_BORDERS = (0, 1, 2, 5, 10, 20, 30, 60)
"""Lower borders of bands of response times, s."""
LIFETIME_BORDERS = (0, 10, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400, 172_800)
"""Lower borders of bands of session lifetimes, s."""


def band_of(micros: int, borders: Sequence[int]) -> int:
    """Returns the lower border (s) of the band that contains a duration (µs)."""
    return borders[bisect_right(borders, micros // 1_000_000) - 1]


def band_ranges(borders: Sequence[int]) -> list[tuple[int, int | None]]:
    """Returns (from, to) of each band, s; `to` of the last is None."""
    return list(zip(borders, [*borders[1:], None], strict=True))


def band_counts(amounts: Mapping[str, int], borders: Sequence[int]) -> list[int]:
    """Returns the count of each band, in order, from counts by band name."""
    return [amounts.get(str(border), 0) for border in borders]
