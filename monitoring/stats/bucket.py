"""Buckets of time: their widths, keys and rows, and counts that are added by metric. Pure.

Counts are held by the code of their metric, and within it by the values of its dimensions, joined by ":", or "" where
it has none. `metrics` alone knows the codes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

WIDTHS = (1, 10, 60, 3600, 86_400)
"""Seconds."""
NARROW, LONG, DAYS = WIDTHS[:3], WIDTHS[3:], WIDTHS[4:]
HOUR, DAY = 3600, 86_400
SECOND = 1_000_000

Counts = dict[str, int]
Groups = Mapping[str, Counts]


@dataclass(frozen=True, slots=True)
class BucketRow:
    """Counts of one bucket; `start` in s."""

    start: int
    position: int
    counts: Groups


@dataclass(frozen=True, slots=True)
class PersonalRow:
    """Counts of one person's sessions on one UTC day, by days since 1970."""

    day: int
    position: int
    counts: Groups


def keeps(retention_days: int) -> dict[int, int]:
    """Seconds for which buckets of each width are kept."""
    long = retention_days * DAY
    return {1: 600, 10: 3 * HOUR, 60: 7 * DAY, HOUR: long, DAY: long}


def bucket_key(width: int, start: int) -> int:
    """One integer for (width, start)."""
    return start * len(WIDTHS) + WIDTHS.index(width)


def personal_key(person: int, day: int) -> int:
    """One integer for (person, day)."""
    return person * 65_536 + day


def grouped(counts: Mapping[str, int]) -> dict[str, Counts]:
    """Counts by whole name (`Metric.of`) as counts by metric."""
    found: dict[str, Counts] = {}
    for name, amount in counts.items():
        code, _, value = name.partition(":")
        held = found.get(code)
        if held is None:
            found[code] = {value: amount}
        else:
            held[value] = amount
    return found


def add(groups: dict[str, Counts], difference: Groups) -> None:
    """Add a difference to counts, which do not hold what became zero."""
    for code, counts in difference.items():
        held = groups.get(code)
        if held is None:
            whole = all(counts.values())
            held = groups[code] = dict(counts) if whole else {value: n for value, n in counts.items() if n}
        else:
            for value, amount in counts.items():
                if summed := held.get(value, 0) + amount:
                    held[value] = summed
                else:
                    held.pop(value, None)
        if not held:
            del groups[code]
