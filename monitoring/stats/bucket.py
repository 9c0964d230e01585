"""Time buckets: widths, keys, rows, and addition of counts. Pure.

Counts are held by the code of their metric, then by the values of its dimensions, joined by ":" ("" without
dimensions). Only `metrics` knows the codes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

WIDTHS = (1, 10, 60, 3600, 86_400)
"""Bucket widths in seconds."""
NARROW, LONG, DAYS = WIDTHS[:3], WIDTHS[3:], WIDTHS[4:]
HOUR, DAY = 3600, 86_400
SECOND = 1_000_000

Counts = dict[str, int]
Groups = Mapping[str, Counts]


@dataclass(frozen=True, slots=True)
class BucketRow:
    """Counts of one bucket, or of one person's sessions on one UTC day; `start` in s since 1970."""

    start: int
    position: int
    counts: Groups


def keeps(retention_days: int) -> dict[int, int]:
    """Returns the retention in seconds of the buckets of each width."""
    long = retention_days * DAY
    return {1: 600, 10: 3 * HOUR, 60: long, HOUR: long, DAY: long}


def bucket_key(width: int, start: int) -> int:
    """Encodes (width, start) as one integer."""
    return start * len(WIDTHS) + WIDTHS.index(width)


MAX_DAY = 65_535
"""The last day, since 1970 UTC, that the key of an owner day can hold."""


def owner_day_key(person: int, day: int) -> int:
    """Encodes (person, day) as one integer; `day` is 0 to MAX_DAY."""
    return person * (MAX_DAY + 1) + day


def grouped(counts: Mapping[str, int]) -> dict[str, Counts]:
    """Regroup counts by full name (`Metric.of`) into counts by metric code."""
    groups: dict[str, Counts] = {}
    for name, amount in counts.items():
        code, _, value = name.partition(":")
        by_value = groups.get(code)
        if by_value is None:
            groups[code] = {value: amount}
        else:
            by_value[value] = amount
    return groups


def add(groups: dict[str, Counts], difference: Groups) -> None:
    """Add a difference to counts in place. Counts that become zero are removed."""
    for code, counts in difference.items():
        summed = groups.get(code)
        if summed is None:
            nonzero = all(counts.values())
            summed = groups[code] = dict(counts) if nonzero else {value: n for value, n in counts.items() if n}
        else:
            for value, amount in counts.items():
                if total := summed.get(value, 0) + amount:
                    summed[value] = total
                else:
                    summed.pop(value, None)
        if not summed:
            del groups[code]
