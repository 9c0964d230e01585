"""What changed in the time buckets: small differences, gathered by the second and rolled up at the end. Pure."""

import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from monitoring.stats.bucket import DAY, HOUR, NARROW, SECOND, WIDTHS, Counts, Groups, add, grouped
from monitoring.stats.metrics import (
    COST,
    HOURLY_COST,
    HOURLY_MESSAGES,
    HOURLY_TOKENS,
    MESSAGES,
    SESSIONS_ACTIVE,
    TOKENS,
)

_HOUR = HOUR * SECOND
NOTHING: dict[str, Counts] = {}
ALWAYS = dict.fromkeys(WIDTHS, -sys.maxsize)
Amounts = Sequence[tuple[str, int]]
Rows = dict[tuple[int, int], tuple[int, Groups]]
"""(position of the last change, differences by metric) by place."""


@dataclass(slots=True)
class Stretch:
    """Differences in one stretch of time, and the entry by which one of them changed last."""

    position: int = 0
    counts: Counts = field(default_factory=lambda: defaultdict(int))


class BucketDeltas:
    """Differences by the names of counts (`Metric.of`).

    `position` is the entry that is being counted. What is somebody's is counted under their key, else under None.
    """

    def __init__(self) -> None:
        self.position = 0
        self._seconds: dict[int, Stretch] = defaultdict(Stretch)
        self._hours: dict[tuple[int | None, int], Stretch] = defaultdict(Stretch)
        self._active: dict[tuple[int, int], int] = defaultdict(int)
        self._active_touched: dict[tuple[int, int], int] = {}

    def add(self, person: int | None, at: int, everywhere: Amounts, coarse: Amounts = ()) -> None:
        """Count in every width, and by hours and days alone; `at` in µs."""
        stretch = self._hours[person, at // _HOUR]
        stretch.position, hour = self.position, stretch.counts
        if everywhere:
            stretch = self._seconds[at // SECOND]
            stretch.position, second = self.position, stretch.counts
            for name, amount in everywhere:
                second[name] += amount
                hour[name] += amount
        for name, amount in coarse:
            hour[name] += amount

    def add_one(self, person: int | None, at: int, name: str, amount: int) -> None:
        """One count by hours and days."""
        stretch = self._hours[person, at // _HOUR]
        stretch.position = self.position
        stretch.counts[name] += amount

    def move(self, person: int, hour: int, name: str, amount: int) -> None:
        """What was nobody's becomes theirs; `hour` since 1970."""
        self.add_one(None, hour * _HOUR, name, -amount)
        self.add_one(person, hour * _HOUR, name, amount)

    def active(self, before: int | None, at: int, sign: int) -> None:
        """A message at `at` whose predecessor in its session is at `before`: in every bucket that the predecessor is
        not in, its session is one more that was active. Buckets lie in each other: who is in one is in the wider."""
        second, last = at // SECOND, None if before is None else before // SECOND
        for width in WIDTHS:
            start = second - second % width
            if last is not None and start <= last < start + width:
                return
            self._active[width, start] += sign
            self._active_touched[width, start] = self.position

    def rows(self, since: Mapping[int, int] = ALWAYS) -> Rows:
        """Those of buckets, by (width, start). `since`: from where buckets of a width are wanted, s."""
        rows: dict[tuple[int, int], dict[str, Counts]] = defaultdict(dict)
        touched = {place: at for place, at in self._active_touched.items() if place[1] >= since[place[0]]}
        for second, stretch in self._seconds.items():
            places = [(width, start) for width in NARROW if (start := second - second % width) >= since[width]]
            groups = grouped(stretch.counts) if places else NOTHING
            for place in places:
                add(rows[place], groups)
                touched[place] = max(touched.get(place, 0), stretch.position)
        for hour, (position, groups) in self._of_everybody().items():
            start = hour * HOUR
            for place, part in (((HOUR, start), groups), ((DAY, start - start % DAY), groups | by_hour(hour, groups))):
                if place[1] >= since[place[0]]:
                    add(rows[place], part)
                    touched[place] = max(touched.get(place, 0), position)
        for place in touched.keys() & self._active.keys():
            rows[place][SESSIONS_ACTIVE.code] = {"": self._active[place]}
        return {place: (touched[place], groups) for place, groups in rows.items()}

    def personal_rows(self, since: int = 0) -> Rows:
        """Those of persons' sessions, by (person, day), from a day (since 1970 UTC) on."""
        rows: dict[tuple[int, int], dict[str, Counts]] = defaultdict(dict)
        touched: dict[tuple[int, int], int] = defaultdict(int)
        for person, hour, position, groups in self._by_hour:
            if person is not None and hour // 24 >= since:
                place = person, hour // 24
                add(rows[place], groups | by_hour(hour, groups))
                touched[place] = max(touched[place], position)
        return {place: (touched[place], groups) for place, groups in rows.items()}

    def _of_everybody(self) -> dict[int, tuple[int, dict[str, Counts]]]:
        """(position of the last change, differences) by hour since 1970."""
        found: dict[int, tuple[int, dict[str, Counts]]] = {}
        for _, hour, position, groups in self._by_hour:
            before, held = found.get(hour, (0, {}))
            add(held, groups)
            found[hour] = max(before, position), held
        return found

    @cached_property
    def _by_hour(self) -> list[tuple[int | None, int, int, dict[str, Counts]]]:
        """(person, hour since 1970, position of the last change, differences), once all is counted."""
        return [(*place, hour.position, grouped(hour.counts)) for place, hour in self._hours.items()]


_HOURLY = (HOURLY_MESSAGES, MESSAGES), (HOURLY_TOKENS, TOKENS), (HOURLY_COST, COST)


def by_hour(hour: int, groups: Groups) -> dict[str, Counts]:
    """Messages, tokens and cost of an hour, as its day has them."""
    value = str(hour % 24)
    return {hourly.code: {value: total} for hourly, metric in _HOURLY if (total := metric.sum(groups))}
