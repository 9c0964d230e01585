"""The sum of many days that is kept up: a day that changed is taken out as it was, and put in as it is. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

from monitoring.stats.bucket import Counts, Groups
from monitoring.stats.metrics import COUNTS, METRICS

_BY_DAY = {metric.code for metric in METRICS if metric.column == COUNTS}


@dataclass(frozen=True, slots=True)
class Summed:
    """Several days: `groups` all counts added up, `days` those in the column COUNTS of each, by its start in s."""

    days: Mapping[int, Groups]
    groups: Groups


class Sums:
    """The rows of one window. Holds each row as it was read (up to 0.1 MB a day), and the sum: one more or another row
    costs one row, not all of them."""

    def __init__(self, decode: Callable[[Any], Groups]) -> None:
        self._decode, self._lock = decode, Lock()
        self._rows: dict[int, Any] = {}
        self._days: dict[int, Groups] = {}
        self._total: dict[str, Counts] = {}

    def of(self, rows: Iterable[tuple[int, Any]]) -> Summed:
        """What these rows say: (start, counts as they are stored). Whether one changed is told by what is in it: its
        position does not tell, for parts are counted side by side."""
        present = dict(rows)
        with self._lock:
            for start in [start for start, row in self._rows.items() if present.get(start) != row]:
                self._put(self._decode(self._rows.pop(start)), -1)
                del self._days[start]
            for start in present.keys() - self._rows.keys():
                groups = self._decode(present[start])
                self._put(groups, 1)
                self._rows[start] = present[start]
                self._days[start] = {code: counts for code, counts in groups.items() if code in _BY_DAY}
            return Summed(dict(sorted(self._days.items())), {code: dict(part) for code, part in self._total.items()})

    def _put(self, groups: Groups, sign: int) -> None:
        for code, counts in groups.items():
            total = self._total.setdefault(code, {})
            held = total.get
            for value, amount in counts.items():
                total[value] = held(value, 0) + sign * amount
            if sign < 0:
                self._total[code] = {value: amount for value, amount in total.items() if amount}
        if sign < 0:
            self._total = {code: counts for code, counts in self._total.items() if counts}
