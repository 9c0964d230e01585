"""The sum of many hours or days: one that changed is subtracted as it was, and added as it is. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Generic, TypeVar

from monitoring.stats.bucket import Counts, Groups
from monitoring.stats.metrics import COUNTS, METRICS

Stored = TypeVar("Stored")
KEPT_BY_STEP = {metric.code for metric in METRICS if metric.column == COUNTS}
"""Codes of the counts that are also held for each hour or day."""


@dataclass(frozen=True, slots=True)
class Summed:
    """Several hours or days: the sum of all counts, and the counts in the column COUNTS of each, by its start in s."""

    days: Mapping[int, Groups]
    groups: Groups


class Sums(Generic[Stored]):
    """The sum over the rows of one window.

    Holds each row as it was read (up to 0.1 MB for a day), and the sum, so that a new or changed row costs one row, not
    all.
    """

    def __init__(self, decode: Callable[[Stored], Groups]) -> None:
        self._decode, self._lock = decode, Lock()
        self._rows: dict[int, Stored] = {}
        self._days: dict[int, Groups] = {}
        self._total: dict[str, Counts] = {}

    def of(self, rows: Iterable[tuple[int, Stored]]) -> Summed:
        """Returns the sum of these rows, (start, encoded counts).

        A changed row is recognised by its content. Its position is not sufficient, because partitions are counted in
        parallel.
        """
        present = dict(rows)
        with self._lock:
            for start in [start for start, row in self._rows.items() if present.get(start) != row]:
                self._add(self._decode(self._rows.pop(start)), -1)
                del self._days[start]
            for start in present.keys() - self._rows.keys():
                groups = self._decode(present[start])
                self._add(groups, 1)
                self._rows[start] = present[start]
                self._days[start] = {code: counts for code, counts in groups.items() if code in KEPT_BY_STEP}
            return Summed(dict(sorted(self._days.items())), {code: dict(part) for code, part in self._total.items()})

    def _add(self, groups: Groups, sign: int) -> None:
        for code, counts in groups.items():
            total = self._total.setdefault(code, {})
            get = total.get
            for value, amount in counts.items():
                total[value] = get(value, 0) + sign * amount
            if sign < 0:
                self._total[code] = {value: amount for value, amount in total.items() if amount}
        if sign < 0:
            self._total = {code: counts for code, counts in self._total.items() if counts}
