"""The sum of many days that is kept up: a day that changed is taken out as it was, and put in as it is. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

from monitoring.stats.tally import Counts, prefixed

BY_DAY = {"m", "t", "c", "g", "h", "ht", "hc", "fp", "fq"}
"""Counts that are told day by day; of response times (`w`) only how many there were."""
WAITED = "w:"


@dataclass(frozen=True, slots=True)
class Summed:
    """Several days: `groups` all counts added up, by prefix (see `prefixed`); `days` of each (by its start in s) those
    BY_DAY, those without a prefix, and under WAITED the number of response times. `a` does not add up over days."""

    days: Mapping[int, Counts]
    groups: Mapping[str, Counts]


class Sums:
    """The rows of one window. Holds each row as it was read (up to 0.1 MB a day), and the sum: one more or another row
    costs one row, not all of them."""

    def __init__(self, decode: Callable[[Any], Counts]) -> None:
        self._decode, self._lock = decode, Lock()
        self._rows: dict[int, Any] = {}
        self._days: dict[int, Counts] = {}
        self._total: Counts = {}

    def of(self, rows: Iterable[tuple[int, Any]]) -> Summed:
        """What these rows say: (start, counts as they are stored). Whether one changed is told by what is in it: its
        position does not tell, for parts are counted side by side."""
        present = dict(rows)
        with self._lock:
            for start in [start for start, row in self._rows.items() if present.get(start) != row]:
                self._put(self._decode(self._rows.pop(start)), -1)
                del self._days[start]
            for start in present.keys() - self._rows.keys():
                counts = self._decode(present[start])
                self._put(counts, 1)
                self._rows[start], self._days[start] = present[start], _day(counts)
            return Summed(dict(sorted(self._days.items())), prefixed(self._total))

    def _put(self, counts: Counts, sign: int) -> None:
        total, held = self._total, self._total.get
        for name, amount in counts.items():
            total[name] = held(name, 0) + sign * amount
        if sign < 0:
            for name in [name for name in counts if not total[name]]:
                del total[name]


def _day(counts: Counts) -> Counts:
    kept, waited = {}, 0
    for name, amount in counts.items():
        before, colon, _ = name.partition(":")
        if not colon or before in BY_DAY:
            kept[name] = amount
        elif before == "w":
            waited += amount
    return kept | {WAITED: waited}
