"""What changed in the time buckets: small differences, gathered by the second and rolled up at the end."""

from collections import defaultdict
from dataclasses import dataclass

WIDTHS = (1, 10, 60, 3600)
SECOND = 1_000_000

Counts = dict[str, int]


@dataclass(frozen=True, slots=True)
class BucketRow:
    """Counts of one bucket; `start` in s."""

    start: int
    position: int
    counts: Counts


def keeps(retention_days: int) -> dict[int, int]:
    """Seconds for which buckets of each width are kept."""
    return {1: 600, 10: 3 * 3600, 60: 7 * 86_400, 3600: retention_days * 86_400}


def bucket_key(width: int, start: int) -> int:
    """One integer for (width, start)."""
    return start * len(WIDTHS) + WIDTHS.index(width)


class Tally:
    """Differences by name: `m:ROLE` messages, `t:MODEL` tokens, `c:MODEL` cost, `w:N` response times in bucket N of
    the histogram, `a` active sessions, `s` sessions started, `e:REASON` ended, `x:KIND` errors, `f` answers finished,
    `b` those that failed, `o:OUTCOME` operations. `position` is the entry that is being counted.
    """

    def __init__(self) -> None:
        self.position = 0
        self._seconds: dict[int, Counts] = defaultdict(lambda: defaultdict(int))
        self._touched: dict[int, int] = {}
        self._active: dict[tuple[int, int], int] = defaultdict(int)
        self._active_touched: dict[tuple[int, int], int] = {}

    def add(self, at: int, name: str, amount: int) -> None:
        """`at` in µs."""
        second = at // SECOND
        self._seconds[second][name] += amount
        self._touched[second] = self.position

    def active(self, before: int | None, at: int, sign: int) -> None:
        """A message at `at` whose predecessor in its session is at `before`: in every bucket that the predecessor is
        not in, its session is one more that was active."""
        second, last = at // SECOND, None if before is None else before // SECOND
        for width in WIDTHS:
            start = second - second % width
            if last is None or last - last % width != start:
                self._active[width, start] += sign
                self._active_touched[width, start] = self.position

    def rows(self) -> dict[tuple[int, int], tuple[int, Counts]]:
        """(position of the last change, differences) by (width, start)."""
        rows: dict[tuple[int, int], Counts] = defaultdict(lambda: defaultdict(int))
        touched = dict(self._active_touched)
        for second, counts in self._seconds.items():
            for width in WIDTHS:
                place = width, second - second % width
                row = rows[place]
                for name, amount in counts.items():
                    row[name] += amount
                touched[place] = max(touched.get(place, 0), self._touched[second])
        for place, amount in self._active.items():
            rows[place]["a"] += amount
        return {place: (touched[place], row) for place, row in rows.items()}


def added(counts: Counts, difference: Counts) -> Counts:
    """The sum, without what became zero."""
    summed = dict(counts)
    for name, amount in difference.items():
        summed[name] = summed.get(name, 0) + amount
    return {name: summed[name] for name in sorted(summed) if summed[name]}
