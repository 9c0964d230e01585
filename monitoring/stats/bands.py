"""Durations in a few bands with round borders, counted exactly when they happen. Pure.

A band is named by its lower border in seconds, which it holds; the next border it does not.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence

WAITS = (0, 1, 2, 5, 10, 20, 30, 60)
"""Lower borders of how long people wait for an answer, s."""
LIVES = (0, 10, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400, 172_800)
"""Lower borders of how long sessions live, s."""


def band_of(micros: int, borders: Sequence[int]) -> int:
    """The lower border (s) of the band in which a duration (µs) lies."""
    return borders[bisect_right(borders, micros // 1_000_000) - 1]


def spans(borders: Sequence[int]) -> list[tuple[int, int | None]]:
    """(from, to) of each band, s; the last has no end."""
    return list(zip(borders, [*borders[1:], None], strict=True))


def counted(amounts: Mapping[str, int], borders: Sequence[int]) -> list[int]:
    """How many durations each band holds, of amounts by its name."""
    return [amounts.get(str(border), 0) for border in borders]
