"""From the journal through every stage to the browsers: who does what, in what order."""

import gc
import logging
import sys
import threading
from collections.abc import Callable, Collection, Sequence
from time import monotonic
from typing import Protocol

from django.conf import settings
from django.db import connections

from monitoring.events import record
from monitoring.events.record import Record
from monitoring.ingest.flow import the_door, the_sightings
from monitoring.journal import store as journal
from monitoring.live.feed import the_hub
from monitoring.operations.feed import check_if_due
from monitoring.pipeline.runner import Runner, Worker
from monitoring.security.feed import SecurityLog
from monitoring.stats.feed import Stats

log = logging.getLogger(__name__)
BATCH = 4_000
LOOK = 5.0
"""Seconds after which a stage looks at its checkpoint although the journal has not grown."""
SWITCH = 0.0005
"""Seconds after which a busy thread yields (Python: 0.005): every row written lets go, and must not wait that long."""


class Stage(Protocol):
    """A fold. `apply` reads and counts a batch and gives what writes it; `clear` forgets everything. `types` are those
    it reads, None for all."""

    name: str

    @property
    def types(self) -> Collection[str] | None: ...

    def apply(self, batch: Sequence[Record]) -> Callable[[], None]: ...
    def clear(self) -> None: ...


STAGES: tuple[Stage, ...] = (Stats(), SecurityLog())


class Overtaken(RuntimeError):
    """Another worker moved this stage's checkpoint meanwhile; its batch counts, ours does not."""


def advance(stage: Stage, limit: int = BATCH) -> bool:
    """Apply the next batch, rows and checkpoint in one transaction. False when there is nothing to do.

    Counting happens before the transaction: who moved the checkpoint meanwhile has changed what was read, and wins.
    """
    checkpoint = journal.checkpoints([stage.name])[stage.name]
    found = journal.read(checkpoint.position, limit, stage.types)
    if found.reached == checkpoint.position:
        return False
    batch = [record.read(*entry) for entry in found.entries]
    newest = max([checkpoint.at, *(min(entry.at, entry.received) for entry in batch)])  # a clock ahead is not newer
    write = stage.apply(batch) if batch else lambda: None
    with journal.writing():
        if not journal.move_checkpoint(stage.name, checkpoint.position, found.reached, newest):
            raise Overtaken(f"stage {stage.name} was moved from {checkpoint.position} by another worker")
        write()
    return True


def rebuild(stage: Stage, progress: Callable[[int, int], None], limit: int = BATCH) -> int:
    """Forget a stage and make it again from the journal; `progress(position, size)`. Returns the position reached."""
    with journal.writing():
        journal.reset_checkpoint(stage.name)  # first: it waits for whoever is writing this stage's rows
        stage.clear()
    position = 0
    while position < (size := journal.size()):
        try:
            advance(stage, limit)
        except Overtaken:
            pass
        position = journal.checkpoints([stage.name])[stage.name].position
        progress(position, size)
    return position


def runner(announce: Callable[[], None]) -> Runner:
    """The pipeline, ready to start; `announce` is told whenever a stage has moved."""

    def worker(stage: Stage) -> Worker:
        done, looked = -1, 0.0

        def step() -> bool:
            """One question while nothing is new; a checkpoint that was set back is noticed after LOOK."""
            nonlocal done, looked
            try:
                size, now = journal.size(), monotonic()
                if size == done and now - looked < LOOK:
                    return False
                moved = advance(stage)
                done, looked = (-1 if moved else size), now
            except Overtaken:
                return False
            except Exception:
                connections.close_all()
                raise
            if moved:
                announce()
            return moved

        return Worker(stage.name, step)

    return Runner([worker(stage) for stage in STAGES], journal.relax, connections.close_all)


def calm_python() -> None:
    """For many threads that handle many short-lived objects: quick hand-over, rare searches for circles of garbage
    (a batch of entries makes none, and searching its rows costs a fifth of counting them)."""
    sys.setswitchinterval(SWITCH)
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)


class Checks:
    """A thread of its own that compares the figures with their messages when that is due."""

    def __init__(self) -> None:
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="checks", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(settings.MONITORING_UPDATE_FREQUENCY):
            try:
                check_if_due(self._ended.is_set)
            except Exception:
                log.exception("the figures could not be checked; it is tried again")
                connections.close_all()
        connections.close_all()


class River:
    """Everything that runs in one web process."""

    def __init__(self, inside: bool) -> None:
        self.runner = runner(the_hub().announce) if inside else None
        self.checks = Checks()
        self._once = threading.Lock()
        self._started = False

    def start(self) -> None:
        """Start writer and pipeline, once."""
        with self._once:
            if self._started:
                return
            self._started = True
            calm_python()
            writer = the_door().writer
            if self.runner:
                writer.after = lambda position: self.runner.poke() if self.runner else None
                self.runner.start()
                self.checks.start()
            writer.start()

    def stop(self) -> None:
        """Write what waits, finish the batch, end."""
        if self._started:
            the_door().writer.stop()
            the_sightings().flush()
            self.checks.stop()
            if self.runner:
                self.runner.stop()
