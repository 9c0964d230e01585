"""Figures of one process: what a heartbeat measures, and their sums over a minute or an hour. Pure."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from monitoring.events.shape import Count, Seconds, Shape

WIDTHS = (60, 3_600)
"""Seconds of the rows that are kept."""
MINUTE, HOUR = WIDTHS
REFUSED, EVENTS, REJECTED, DROPPED, TURNED_AWAY, LOST = (
    "refused ",
    "events ",
    "rejected",
    "dropped",
    "turned away",
    "mongodb lost",
)
"""Names of counts: requests that were refused, by status; new events, by source; events that were rejected; sockets
that were closed because they were too slow; sockets that were rejected at a limit; seconds in which the follower of
MongoDB was not alive."""
QUEUE, DISK, FAILING, SILENCE = "queue", "disk", "failing deliveries", "silence "
"""Names of levels: entries that a stage has not read, the longest queue of all stages; the used share of the disk;
messages about alerts that failed and wait for another attempt; seconds since the last event, by source."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The measurements of a process at a heartbeat. `cpu` (s) and `counters` begin at 0, and only grow while it runs.
    `lag` and `newest_age` (s) and `levels` are known where the pipeline runs; `newest_age` is None before the first
    event. A level that is unknown is left out."""

    memory: int
    cpu: float
    counters: Mapping[str, int]
    lag: float | None = None
    newest_age: float | None = None
    levels: Mapping[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class Tally:
    """The sums of one process in one slot: `width` s from `start`."""

    width: int
    start: int
    ran: int = 0
    lag: int | None = None
    newest_age: int | None = None
    memory: int = 0
    cpu: int = 0
    counts: "Counter[str]" = field(default_factory=Counter)
    levels: dict[str, float] = field(default_factory=dict)

    def add(self, reading: Reading, ran: int, cpu: int, counts: Mapping[str, int]) -> None:
        """Adds a heartbeat after `ran` ms, with the CPU time (ms) and the counts since the one before."""
        self.ran += ran
        self.memory += reading.memory * ran
        self.cpu += cpu
        self.counts.update(counts)
        self.lag = _larger(self.lag, reading.lag)
        self.newest_age = _larger(self.newest_age, reading.newest_age)
        self.levels = _largest((self.levels, reading.levels))


def _larger(held: int | None, seconds: float | None) -> int | None:
    if seconds is None:
        return held
    return max(held or 0, round(seconds * 1_000))


def _largest(all_levels: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """Returns the largest value of each level."""
    found: dict[str, float] = {}
    for levels in all_levels:
        found |= {name: max(value, found.get(name, value)) for name, value in levels.items()}
    return found


def row_key(process: int, width: int, start: int) -> int:
    """Returns the key of a process's row: 63 bits of a hash."""
    return int.from_bytes(sha256(f"{process} {width} {start}".encode()).digest()[:8]) >> 1


@dataclass(frozen=True, slots=True)
class FiguresRow:
    """A stored row of one process: columns as in the table."""

    role: str
    start: int
    ran: int
    lag: int | None
    newest_age: int | None
    memory: int
    cpu: int
    counts: Mapping[str, int]
    levels: Mapping[str, float] = field(default_factory=dict)


class HealthPoint(Shape, frozen=True):
    """sbdash's own figures in one step from `t` (s since 1970), of all its processes together; null where unknown.
    `silences` by source; `gap`: seconds in which sbdash, its pipeline or its web server did not run."""

    t: int
    lag: Seconds | None
    newest_age: Seconds | None
    memory: float | None
    cpu: float | None
    refused: Count | None
    rejected: Count | None
    dropped: Count | None
    queue: Count | None
    disk: float | None
    failing: Count | None
    silences: dict[str, Seconds]
    gap: Seconds


HEALTH_FIGURES: dict[str, Callable[[HealthPoint], float | None]] = {
    "pipeline_lag": lambda point: point.lag,
    "newest_age": lambda point: point.newest_age,
    "memory": lambda point: point.memory,
    "cpu": lambda point: point.cpu,
    "refused_requests": lambda point: point.refused,
    "rejected_events": lambda point: point.rejected,
    "dropped_clients": lambda point: point.dropped,
    "queue": lambda point: point.queue,
    "disk_used": lambda point: point.disk,
    "failed_deliveries": lambda point: point.failing,
    "gap_seconds": lambda point: point.gap,
    "source_silence": lambda point: max(point.silences.values(), default=None),
}
"""sbdash's own figures by name, as REST and rules know them."""


STEPS = (60, 120, 300, 600, 1_200, 3_600, 7_200, 14_400, 43_200, 86_400)
MAX_STEPS = 200


def step_of(span: float) -> int:
    """Returns the step (s) in which a time of `span` s has at most MAX_STEPS points."""
    return next((step for step in STEPS if span / step <= MAX_STEPS), STEPS[-1])


NO_GAPS: Mapping[int, int] = {}


def points(rows: Iterable[FiguresRow], step: int, gaps: Mapping[int, int] = NO_GAPS) -> list[HealthPoint]:
    """Returns a point for each step with rows or a gap. Memory and CPU are means over the time in which any process
    ran: a process that was replaced by another does not count twice. `gaps`: seconds by the start of a step."""
    by_step: dict[int, list[FiguresRow]] = {start: [] for start in gaps}
    for row in rows:
        by_step.setdefault(row.start - row.start % step, []).append(row)
    return [_point(start, members, step, gaps.get(start, 0)) for start, members in sorted(by_step.items())]


def _point(start: int, rows: Sequence[FiguresRow], step: int, gap: int) -> HealthPoint:
    wall, counts = _wall(rows, step), Counter[str]()
    for row in rows:
        counts.update(row.counts)
    refused = sum(amount for name, amount in counts.items() if name.startswith(REFUSED))
    levels = _largest(row.levels for row in rows)
    return HealthPoint(
        start,
        _most(row.lag for row in rows),
        _most(row.newest_age for row in rows),
        sum(row.memory for row in rows) / wall if wall else None,
        sum(row.cpu for row in rows) / wall if wall else None,
        refused if rows else None,
        counts[REJECTED] if rows else None,
        counts[DROPPED] + counts[TURNED_AWAY] if rows else None,
        _whole(levels.get(QUEUE)),
        levels.get(DISK),
        _whole(levels.get(FAILING)),
        {name.removeprefix(SILENCE): value for name, value in levels.items() if name.startswith(SILENCE)},
        gap,
    )


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


def _wall(rows: Sequence[FiguresRow], step: int) -> int:
    """Milliseconds of a step in which processes ran: those of one role may follow each other, those of two run side by
    side."""
    by_role = Counter[str]()
    for row in rows:
        by_role[row.role] += row.ran
    return min(step * 1_000, max(by_role.values(), default=0))


def _most(values: Iterable[int | None]) -> float | None:
    known = [value for value in values if value is not None]
    return max(known) / 1_000 if known else None


def refusals(rows: Iterable[FiguresRow]) -> dict[str, int]:
    """Returns the refused requests by status."""
    counts = Counter[str]()
    for row in rows:
        counts.update({name.removeprefix(REFUSED): n for name, n in row.counts.items() if name.startswith(REFUSED)})
    return dict(sorted(counts.items()))
