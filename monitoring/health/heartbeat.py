"""The heartbeat of a process: it moves its run on, and adds what was measured to the figures of this minute. Pure.

Each heartbeat writes absolute values, so that a repetition does no harm and a kill loses one interval at most.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from monitoring.health.gaps import MAX_SILENCE, RESUMED, STARTED
from monitoring.health.reading import WIDTHS, Reading, Tally

INTERVAL = 10.0
"""Seconds between two heartbeats."""
MAX_UNSAVED = 240
"""Slots that wait while the database does not answer: two hours of minutes, with their hours."""


@dataclass(frozen=True, slots=True)
class Run:
    """A time in which a process ran and could write, µs since 1970."""

    key: int
    role: str
    reason: str
    started: int
    beat: int
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Clocks:
    """The time of day (s since 1970), and a clock that runs on while the machine sleeps and never jumps (s)."""

    wall: Callable[[], float]
    steady: Callable[[], float]


class Heartbeat:
    """The heartbeat of this process. `save(process, run, tallies)` stores in one transaction, and may raise."""

    def __init__(
        self,
        role: str,
        read: Callable[[], Reading],
        save: Callable[[int, Run, Sequence[Tally]], None],
        new_key: Callable[[], int],
        clocks: Clocks,
    ) -> None:
        self._role, self._read, self._save, self._new_key, self._clocks = role, read, save, new_key, clocks
        self._process = new_key()
        self._run: Run | None = None
        self._saved_at = self._beat_at = 0.0
        self._before: Reading | None = None
        self._tallies: dict[tuple[int, int], Tally] = {}

    def beat(self, ended: bool = False) -> None:
        """Measures and saves. What could not be saved is saved by the next heartbeat."""
        now, steady, reading = self._clocks.wall(), self._clocks.steady(), self._read()
        self._count(reading, int(now), steady)
        run = replace(self._moved(int(now * 1e6), steady), ended=ended)
        self._save(self._process, run, list(self._tallies.values()))
        self._run, self._saved_at = run, steady
        self._tallies = {slot: tally for slot, tally in self._tallies.items() if tally.start + tally.width > now}

    def _moved(self, now: int, steady: float) -> Run:
        """Returns the run with its heartbeat now; a new one at first and after a silence. Where the clock was set back,
        the run ends earlier than before."""
        run = self._run
        if run is None:
            return Run(self._new_key(), self._role, STARTED, now, now)
        if steady - self._saved_at > MAX_SILENCE:
            return Run(self._new_key(), self._role, RESUMED, now, now)
        return replace(run, started=min(run.started, now), beat=now)

    def _count(self, reading: Reading, now: int, steady: float) -> None:
        before = self._before or replace(reading, counters={})
        ran = min(round((steady - self._beat_at) * 1_000), MAX_SILENCE * 1_000) if self._before else 0
        cpu = max(0, round((reading.cpu - before.cpu) * 1_000))  # a pipeline that was restarted begins at 0
        counts = {
            name: number - before.counters.get(name, 0)
            for name, number in reading.counters.items()
            if number > before.counters.get(name, 0)
        }
        for width in WIDTHS:
            start = now - now % width
            tally = self._tallies.setdefault((width, start), Tally(width, start))
            tally.add(reading, ran, cpu, counts)
        self._before, self._beat_at = reading, steady
        newest = sorted(self._tallies, key=lambda slot: slot[1])[-MAX_UNSAVED:]
        self._tallies = {slot: self._tallies[slot] for slot in newest}
