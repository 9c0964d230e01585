"""What changed in the time buckets: small differences, gathered by the second and rolled up at the end. Pure."""

from collections import defaultdict
from collections.abc import Sequence

from monitoring.stats.bucket import DAY, HOUR, NARROW, SECOND, WIDTHS, Counts, Groups, grouped
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
_ACTIVE = SESSIONS_ACTIVE.of()
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

    def rows(self) -> Rows:
        """Those of buckets, by (width, start)."""
        rows: dict[tuple[int, int], Counts] = defaultdict(lambda: defaultdict(int))
        touched = dict(self._active_touched)
        for second, counts in self._seconds.items():
            for width in NARROW:
                _sum(rows, touched, (width, second - second % width), counts, self._touched[second])
        for (person, hour), counts in self._hours.items():
            position, start = self._hours_touched[person, hour], hour * HOUR
            _sum(rows, touched, (HOUR, start), counts, position)
            _sum(rows, touched, (DAY, start - start % DAY), counts | by_hour(hour, counts), position)
        for place, amount in self._active.items():
            rows[place][_ACTIVE] += amount
        return {place: (touched[place], grouped(row)) for place, row in rows.items()}

    def personal_rows(self) -> Rows:
        """Those of persons' sessions, by (person, day)."""
        rows: dict[tuple[int, int], Counts] = defaultdict(lambda: defaultdict(int))
        touched: dict[tuple[int, int], int] = {}
        for (person, hour), counts in self._hours.items():
            if person is not None:
                place, position = (person, hour // 24), self._hours_touched[person, hour]
                _sum(rows, touched, place, counts | by_hour(hour, counts), position)
        return {place: (touched[place], grouped(row)) for place, row in rows.items()}


Places = dict[tuple[int, int], Counts]


def _sum(rows: Places, touched: dict[tuple[int, int], int], place: tuple[int, int], counts: Counts, at: int) -> None:
    row = rows[place]
    for name, amount in counts.items():
        row[name] += amount
    touched[place] = max(touched.get(place, 0), at)


_BY_HOUR = (HOURLY_MESSAGES, MESSAGES), (HOURLY_TOKENS, TOKENS), (HOURLY_COST, COST)


def by_hour(hour: int, counts: Counts) -> Counts:
    """Messages, tokens and cost of an hour, under the names by which its day has them."""
    groups = grouped(counts)
    return {hourly.of(hour % 24): total for hourly, metric in _BY_HOUR if (total := metric.sum(groups))}
