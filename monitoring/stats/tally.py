"""What changed in the time buckets: small differences, gathered by the second and rolled up at the end."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

WIDTHS = (1, 10, 60, 3600, 86_400)
NARROW = WIDTHS[:3]
HOUR, DAY = 3600, 86_400
SECOND = 1_000_000
_HOUR = HOUR * SECOND

Counts = dict[str, int]
Amounts = Sequence[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class BucketRow:
    """Counts of one bucket; `start` in s."""

    start: int
    position: int
    counts: Counts


@dataclass(frozen=True, slots=True)
class PersonalRow:
    """Counts of one person's sessions on one UTC day, by days since 1970."""

    day: int
    position: int
    counts: Counts


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


class Tally:
    """Differences by name. In every width: `m:ROLE` messages, `t:MODEL` tokens, `c:MODEL` cost, `w:N` response times in
    bucket N of the histogram, `a` active sessions, `s` sessions started, `e:REASON` ended, `x:KIND` errors, `f` answers
    finished, `b` those that failed, `o:OUTCOME` operations.

    By hours and days alone: `n:MODEL` messages, `p:` and `q:` their prompt and completion tokens, `fp:` and `fq:` those
    of messages without a cost of their own, `v:N:MODEL` response times, `wb:BAND` response times by band, `lb:BAND`
    those of answers that are their session's last message, `u` questions that are, `wn` answers that ended before their
    question, `g:BORDER` µs between neighbours, `k:N` and `kb:BAND` lifetimes of ended sessions and `ks` their sum,
    `op:OUTCOME:NAME`, `opd:N:NAME`, `opm:NAME`, `opmn:NAME`, `opc:NAME`, `opcn:NAME` operations by name, their
    durations, bytes and µs of CPU, and how many said so. By days alone: `h:HOUR`, `ht:HOUR`, `hc:HOUR` messages, tokens
    and cost by hour.

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

    def rows(self) -> dict[tuple[int, int], tuple[int, Counts]]:
        """(position of the last change, differences) by (width, start)."""
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
            rows[place]["a"] += amount
        return {place: (touched[place], row) for place, row in rows.items()}

    def personal_rows(self) -> dict[tuple[int, int], tuple[int, Counts]]:
        """(position of the last change, differences) by (person, day)."""
        rows: dict[tuple[int, int], Counts] = defaultdict(lambda: defaultdict(int))
        touched: dict[tuple[int, int], int] = {}
        for (person, hour), counts in self._hours.items():
            if person is not None:
                place, position = (person, hour // 24), self._hours_touched[person, hour]
                _sum(rows, touched, place, counts | by_hour(hour, counts), position)
        return {place: (touched[place], row) for place, row in rows.items()}


Places = dict[tuple[int, int], Counts]


def _sum(rows: Places, touched: dict[tuple[int, int], int], place: tuple[int, int], counts: Counts, at: int) -> None:
    row = rows[place]
    for name, amount in counts.items():
        row[name] += amount
    touched[place] = max(touched.get(place, 0), at)


def by_hour(hour: int, counts: Counts) -> Counts:
    """Messages, tokens and cost of an hour, under the names by which its day has them."""
    sums = {"m:": 0, "t:": 0, "c:": 0}
    for name, amount in counts.items():
        if name[:2] in sums:
            sums[name[:2]] += amount
    return {f"{name}:{hour % 24}": sums[of] for name, of in (("h", "m:"), ("ht", "t:"), ("hc", "c:")) if sums[of]}


def prefixed(counts: Counts) -> dict[str, Counts]:
    """The counts by what stands before the first ":", {"m": {"user": 3}, …}; those without one under ""."""
    found: dict[str, Counts] = {"": {}}
    for name, amount in counts.items():
        before, colon, after = name.partition(":")
        if colon:
            found.setdefault(before, {})[after] = amount
        else:
            found[""][name] = amount
    return found


def added(counts: Counts, difference: Counts) -> Counts:
    """The sum, without what became zero."""
    summed = dict(counts)
    for name, amount in difference.items():
        summed[name] = summed.get(name, 0) + amount
    return {name: summed[name] for name in sorted(summed) if summed[name]}
