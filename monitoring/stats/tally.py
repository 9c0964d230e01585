"""What changed in the time buckets: small differences, gathered by the second and rolled up at the end. Pure."""

import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
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


class Tally:
    """Differences by the names of counts (`Metric.of`).

    `position` is the entry that is being counted. What is somebody's is counted under their key, else under None.
    """

    def __init__(self) -> None:
        self.position = 0
        self._seconds: dict[int, Counts] = defaultdict(lambda: defaultdict(int))
        self._touched: dict[int, int] = {}
        self._hours: dict[tuple[int | None, int], Counts] = defaultdict(lambda: defaultdict(int))
        self._hours_touched: dict[tuple[int | None, int], int] = {}
        self._active: dict[tuple[int, int], int] = defaultdict(int)
        self._active_touched: dict[tuple[int, int], int] = {}

    def add(self, person: int | None, at: int, everywhere: Amounts, coarse: Amounts = ()) -> None:
        """Count in every width, and by hours and days alone; `at` in µs."""
        place = person, at // _HOUR
        hour = self._hours[place]
        self._hours_touched[place] = self.position
        if everywhere:
            second = at // SECOND
            counts = self._seconds[second]
            self._touched[second] = self.position
            for name, amount in everywhere:
                counts[name] += amount
                hour[name] += amount
        for name, amount in coarse:
            hour[name] += amount

    def add_one(self, person: int | None, at: int, name: str, amount: int) -> None:
        """One count by hours and days."""
        place = person, at // _HOUR
        self._hours[place][name] += amount
        self._hours_touched[place] = self.position

    def move(self, person: int, hour: int, name: str, amount: int) -> None:
        """What was nobody's becomes theirs; `hour` since 1970."""
        for place, sign in (((None, hour), -1), ((person, hour), 1)):
            self._hours[place][name] += sign * amount
            self._hours_touched[place] = self.position

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
        for second, counts in self._seconds.items():
            places = [(width, start) for width in NARROW if (start := second - second % width) >= since[width]]
            groups = grouped(counts) if places else NOTHING
            for place in places:
                add(rows[place], groups)
                touched[place] = max(touched.get(place, 0), self._touched[second])
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
        return [(*place, self._hours_touched[place], grouped(counts)) for place, counts in self._hours.items()]


_HOURLY = (HOURLY_MESSAGES, MESSAGES), (HOURLY_TOKENS, TOKENS), (HOURLY_COST, COST)


def by_hour(hour: int, groups: Groups) -> dict[str, Counts]:
    """Messages, tokens and cost of an hour, as its day has them."""
    value = str(hour % 24)
    return {hourly.code: {value: total} for hourly, metric in _HOURLY if (total := metric.sum(groups))}
