"""What changed in the time buckets: small differences, gathered by the second and rolled up at the end."""

from collections import defaultdict
from dataclasses import dataclass

WIDTHS = (1, 10, 60, 3600, 86_400)
HOUR, DAY = 3600, 86_400
SECOND = 1_000_000

Counts = dict[str, int]


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
    of messages without a cost of their own, `v:N:MODEL` response times, `l:N` answers that are their session's last
    message, `u` questions that are, `g:BORDER` µs between neighbours, `k:N` lifetimes of ended sessions and `ks` their
    sum, `op:OUTCOME:NAME`, `opd:N:NAME`, `opm:NAME`, `opmn:NAME`, `opc:NAME`, `opcn:NAME` operations by name, their
    durations, bytes and µs of CPU, and how many said so. By days alone: `h:HOUR`, `ht:HOUR`, `hc:HOUR` messages, tokens
    and cost by hour.

    `position` is the entry that is being counted; with `person` what is counted is also theirs.
    """

    def __init__(self) -> None:
        self.position = 0
        self._seconds: dict[int, Counts] = defaultdict(lambda: defaultdict(int))
        self._touched: dict[int, int] = {}
        self._coarse: dict[tuple[int, int], Counts] = defaultdict(lambda: defaultdict(int))
        self._coarse_touched: dict[tuple[int, int], int] = {}
        self._personal: dict[tuple[int, int], Counts] = defaultdict(lambda: defaultdict(int))
        self._personal_touched: dict[tuple[int, int], int] = {}

    def add(self, at: int, name: str, amount: int) -> None:
        """In every width; `at` in µs."""
        second = at // SECOND
        self._seconds[second][name] += amount
        self._touched[second] = self.position

    def add_coarse(self, at: int, name: str, amount: int) -> None:
        """In hours and days."""
        second = at // SECOND
        for width in (HOUR, DAY):
            place = width, second - second % width
            self._coarse[place][name] += amount
            self._coarse_touched[place] = self.position

    def add_daily(self, at: int, name: str, amount: int) -> None:
        """In days."""
        second = at // SECOND
        place = DAY, second - second % DAY
        self._coarse[place][name] += amount
        self._coarse_touched[place] = self.position

    def add_personal(self, person: int, day: int, name: str, amount: int) -> None:
        """To what is one person's."""
        self._personal[person, day][name] += amount
        self._personal_touched[person, day] = self.position

    def active(self, before: int | None, at: int, sign: int) -> None:
        """A message at `at` whose predecessor in its session is at `before`: in every bucket that the predecessor is
        not in, its session is one more that was active."""
        second, last = at // SECOND, None if before is None else before // SECOND
        for width in WIDTHS:
            start = second - second % width
            if last is None or last - last % width != start:
                self._coarse[width, start]["a"] += sign
                self._coarse_touched[width, start] = self.position

    def rows(self) -> dict[tuple[int, int], tuple[int, Counts]]:
        """(position of the last change, differences) by (width, start)."""
        rows: dict[tuple[int, int], Counts] = defaultdict(lambda: defaultdict(int))
        touched = dict(self._coarse_touched)
        for second, counts in self._seconds.items():
            for width in WIDTHS:
                place = width, second - second % width
                row = rows[place]
                for name, amount in counts.items():
                    row[name] += amount
                touched[place] = max(touched.get(place, 0), self._touched[second])
        for place, counts in self._coarse.items():
            row = rows[place]
            for name, amount in counts.items():
                row[name] += amount
        return {place: (touched[place], row) for place, row in rows.items()}

    def personal_rows(self) -> dict[tuple[int, int], tuple[int, Counts]]:
        """(position of the last change, differences) by (person, day)."""
        return {place: (self._personal_touched[place], dict(counts)) for place, counts in self._personal.items()}


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
