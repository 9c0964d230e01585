"""Collects differences to the time buckets by second and hour, and sums them into buckets. Pure."""

import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from monitoring.stats import metrics
from monitoring.stats.bucket import DAY, HOUR, NARROW, SECOND, WIDTHS, Counts, Groups, add, grouped

_HOUR = HOUR * SECOND
NO_COUNTS: dict[str, Counts] = {}
NO_HORIZON = dict.fromkeys(WIDTHS, -sys.maxsize)
Amounts = Sequence[tuple[str, int]]
Rows = dict[tuple[int, int], tuple[int, Groups]]
"""(position of the last change, differences by metric) by the row's key pair."""


@dataclass(slots=True)
class TimeDeltas:
    """Differences in one second or hour, and the position of the last entry that changed one of them."""

    position: int = 0
    counts: Counts = field(default_factory=lambda: defaultdict(int))


class BucketDeltas:
    """Differences by count name (`Metric.of`).

    `position` is the entry that is being counted. Counts of a session with an owner stand under the owner's key, the
    others under None.
    """

    def __init__(self) -> None:
        self.position = 0
        self._seconds: dict[int, TimeDeltas] = defaultdict(TimeDeltas)
        self._hours: dict[tuple[int | None, int], TimeDeltas] = defaultdict(TimeDeltas)
        self._active: dict[tuple[int, int], int] = defaultdict(int)
        self._active_touched: dict[tuple[int, int], int] = {}

    def add(self, person: int | None, at: int, all_widths: Amounts, coarse: Amounts = ()) -> None:
        """Add amounts to buckets of all widths, and `coarse` amounts to hours and days only; `at` in µs."""
        deltas = self._hours[person, at // _HOUR]
        deltas.position, hour = self.position, deltas.counts
        if all_widths:
            deltas = self._seconds[at // SECOND]
            deltas.position, second = self.position, deltas.counts
            for name, amount in all_widths:
                second[name] += amount
                hour[name] += amount
        for name, amount in coarse:
            hour[name] += amount

    def add_coarse(self, person: int | None, at: int, name: str, amount: int) -> None:
        """Add one amount to hours and days only; `at` in µs."""
        deltas = self._hours[person, at // _HOUR]
        deltas.position = self.position
        deltas.counts[name] += amount

    def move_to_owner(self, person: int, hour: int, name: str, amount: int) -> None:
        """Move an amount that had no owner to a person; `hour` since 1970."""
        self.add_coarse(None, hour * _HOUR, name, -amount)
        self.add_coarse(person, hour * _HOUR, name, amount)

    def count_active(self, before: int | None, at: int, sign: int) -> None:
        """Count a session as active in each bucket that holds its message at `at`, but not the message before it.

        Buckets are nested: two messages in one bucket are in every wider bucket too.
        """
        second, last = at // SECOND, None if before is None else before // SECOND
        for width in WIDTHS:
            start = second - second % width
            if last is not None and start <= last < start + width:
                return
            self._active[width, start] += sign
            self._active_touched[width, start] = self.position

    def rows(self, since: Mapping[int, int] = NO_HORIZON) -> Rows:
        """Returns differences by (width, start). `since`: earliest start (s) by width."""
        rows: dict[tuple[int, int], dict[str, Counts]] = defaultdict(dict)
        touched = {key: position for key, position in self._active_touched.items() if key[1] >= since[key[0]]}
        for second, deltas in self._seconds.items():
            keys = [(width, start) for width in NARROW if (start := second - second % width) >= since[width]]
            groups = grouped(deltas.counts) if keys else NO_COUNTS
            for key in keys:
                add(rows[key], groups)
                touched[key] = max(touched.get(key, 0), deltas.position)
        for hour, (position, groups) in self._all_by_hour().items():
            start = hour * HOUR
            of_day = groups | hourly_counts(hour, groups)
            for key, difference in (((HOUR, start), groups), ((DAY, start - start % DAY), of_day)):
                if key[1] >= since[key[0]]:
                    add(rows[key], difference)
                    touched[key] = max(touched.get(key, 0), position)
        for key in touched.keys() & self._active.keys():
            rows[key][metrics.SESSIONS_ACTIVE.code] = {"": self._active[key]}
        return {key: (touched[key], groups) for key, groups in rows.items()}

    def owner_day_rows(self, since: int = 0) -> Rows:
        """Returns differences by (person, day), from day `since` (since 1970 UTC) on."""
        rows: dict[tuple[int, int], dict[str, Counts]] = defaultdict(dict)
        touched: dict[tuple[int, int], int] = defaultdict(int)
        for person, hour, position, groups in self._by_hour:
            if person is not None and hour // 24 >= since:
                key = person, hour // 24
                add(rows[key], groups | hourly_counts(hour, groups))
                touched[key] = max(touched[key], position)
        return {key: (touched[key], groups) for key, groups in rows.items()}

    def _all_by_hour(self) -> dict[int, tuple[int, dict[str, Counts]]]:
        """(position of the last change, differences) by hour since 1970."""
        all_by_hour: dict[int, tuple[int, dict[str, Counts]]] = {}
        for _, hour, position, groups in self._by_hour:
            before, summed = all_by_hour.get(hour, (0, {}))
            add(summed, groups)
            all_by_hour[hour] = max(before, position), summed
        return all_by_hour

    @cached_property
    def _by_hour(self) -> list[tuple[int | None, int, int, dict[str, Counts]]]:
        """(person, hour since 1970, position of the last change, differences). Read only when counting is complete."""
        return [(*key, deltas.position, grouped(deltas.counts)) for key, deltas in self._hours.items()]


_HOURLY = (
    (metrics.HOURLY_MESSAGES, metrics.MESSAGES),
    (metrics.HOURLY_TOKENS, metrics.TOKENS),
    (metrics.HOURLY_COST, metrics.COST),
)


def hourly_counts(hour: int, groups: Groups) -> dict[str, Counts]:
    """Returns messages, tokens and cost of an hour as counts of its day by hour."""
    value = str(hour % 24)
    return {hourly.code: {value: total} for hourly, metric in _HOURLY if (total := metric.sum(groups))}
