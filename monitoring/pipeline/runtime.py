"""The threads in which everything runs: the writer, the stages, the checks; in a web process or beside it."""

import gc
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterable
from functools import partial
from time import monotonic, sleep, time

from django.conf import settings
from django.db import connection, connections

from monitoring.db.transactions import async_commit
from monitoring.ingest.http.wiring import the_ignored_counters, the_ingest_app
from monitoring.ingest.supervisor import Supervisor
from monitoring.journal import store as journal
from monitoring.journal.progress import STALLED_SECONDS, lags
from monitoring.journal.stages import Stage, stage_names, stages
from monitoring.live.process import the_process
from monitoring.live.wiring import the_hub
from monitoring.messaging.pipe import join
from monitoring.messaging.wiring import the_notifier
from monitoring.operations.check_job import check_if_due
from monitoring.operations.reader import CHECK, remember_job
from monitoring.people.log_ins import clear_log_ins
from monitoring.pipeline.advance import BATCH, CheckpointConflict, advance
from monitoring.pipeline.housekeeping import LONGEST_PAUSE, Job, Jobs, Stopping
from monitoring.pipeline.partitions import AllPartitions, LeasedPartitions, Parts
from monitoring.pipeline.placement import BESIDE, ELSEWHERE
from monitoring.pipeline.runner import Runner, Worker
from monitoring.pipeline.timeouts import end_silent

log = logging.getLogger(__name__)
SHORTEST, LONG = 50, 2.0
"""Entries of the shortest batch, and seconds after which a batch was too long."""
MANY, SHARE, LONGEST_REST = 500, 4, 0.2
"""Behind a batch of 500 entries or more a stage works a quarter of the time, so that more gathers: an entry costs half
as much in a batch of thousands. It rests 0.2 s at most, and not at all while a whole batch waits."""
LOOK = 5.0
"""Seconds after which a stage looks at its checkpoint although the journal has not grown."""
SWITCH = 0.0005
"""Seconds after which a busy thread yields (Python: 0.005): every row written lets go, and must not wait that long."""
JOURNAL, MOVED = "journal", "stages"
"""What is rung: the journal has grown; a stage has moved."""


def runner() -> Runner:
    """The pipeline, ready to start."""
    known = {stage.name: stage.parts for stage in stages()}
    shared = connection.vendor != "sqlite"
    parts: Parts = LeasedPartitions(known) if shared else AllPartitions(known)

    def leave() -> None:
        try:
            parts.leave()
        except Exception as error:
            log.warning("the parts could not be given back; they are free when their time is over: %s", error)
        connections.close_all()

    workers = [Worker(stage.name, _mended(Step(stage, parts))) for stage in stages()]
    if shared:
        workers.append(Worker("share", _mended(parts.look)))
    made = Runner(workers, async_commit, connections.close_all, leave)
    the_notifier().subscribe(JOURNAL, made.poke)
    return made


class Step:
    """One stage's next batch. One question is asked while nothing is new; a checkpoint that was set back is noticed
    after LOOK. Batches become shorter while they are overtaken or take long, so that nobody starves beside a faster
    worker, or outlasts a lease."""

    def __init__(self, stage: Stage, parts: Parts) -> None:
        self._stage, self._parts = stage, parts
        self._done, self._looked = (-1, frozenset[int]()), 0.0
        self._limit, self._ready = BATCH, 0.0

    def __call__(self) -> bool:
        """Whether there was a batch."""
        name, mine = self._stage.name, frozenset(self._parts.mine(self._stage.name))
        size, now = journal.size(), monotonic()
        if not mine or ((size, mine) == self._done and now - self._looked < LOOK) or not self._parts.may(name):
            return False
        if now < self._ready:
            sleep(self._ready - now)
            now = monotonic()
        try:
            read = advance(self._stage, mine, self._limit)
        except CheckpointConflict:
            self._limit = max(SHORTEST, self._limit // 2)
            self._parts.overtaken(name)
            return True
        self._parts.done(name)
        took = monotonic() - now
        self._ready = now + rest(took) if MANY <= read < self._limit else 0.0
        self._limit = max(SHORTEST, self._limit // 2) if took > LONG else min(BATCH, self._limit * 2)
        self._done, self._looked = (-1 if read else size, mine), now
        if read:
            the_notifier().publish(MOVED)
        return read > 0


def rest(took: float) -> float:
    """Seconds from the beginning of a batch that took so long to the next one's."""
    return min(SHARE * took, max(took, LONGEST_REST))


def _mended(step: Callable[[], bool]) -> Callable[[], bool]:
    """A connection that broke is thrown away; the new one is as relaxed."""

    broken = False

    def mended() -> bool:
        nonlocal broken
        try:
            if broken:
                async_commit()
            broken = False
            return step()
        except Exception:
            broken = True
            connections.close_all()
            raise

    return mended


def tune_interpreter() -> None:
    """For many threads that handle many short-lived objects: quick hand-over, rare searches for circles of garbage
    (a batch of entries makes none, and searching its rows costs a fifth of counting them)."""
    sys.setswitchinterval(SWITCH)
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)


def checks() -> Jobs:
    """What no event triggers: ending sessions that fell silent, comparing the figures with their messages, forgetting
    old log-ins, and saying of a stage that it does not move."""
    works: dict[str, Callable[[Stopping], object]] = {
        "session time-outs": _end_silent,
        CHECK: check_if_due,
        "log-ins": lambda stopping: clear_log_ins(),
        "stalled stages": lambda stopping: tell_stalled(stage_names()),
    }
    holds = 2 * max(LONGEST_PAUSE, settings.MONITORING_UPDATE_FREQUENCY)
    jobs = [Job(name, work, partial(remember_job, holds=holds)) for name, work in works.items()]
    return Jobs(jobs, settings.MONITORING_UPDATE_FREQUENCY, connections.close_all)


def _end_silent(stopping: Stopping) -> None:
    if ended := end_silent(time(), stopping):
        the_notifier().publish(JOURNAL)
        log.info("%d sessions that had fallen silent were ended", ended)


_stalled: set[str] = set()


def tell_stalled(stages: Iterable[str]) -> None:
    """Say once of a stage that it does not move though entries wait, and once that it moves again."""
    for name, stage in lags(stages).items():
        if stage.stalled_seconds > STALLED_SECONDS and name not in _stalled:
            _stalled.add(name)
            log.warning(
                "stage %s is at entry %d, %d entries behind, it has not moved for %.0f s",
                name, stage.position, stage.behind, stage.stalled_seconds,
            )  # fmt: skip
        elif stage.stalled_seconds <= STALLED_SECONDS and name in _stalled:
            _stalled.discard(name)
            log.warning("stage %s moves again, it is at entry %d", name, stage.position)


class Runtime:
    """Everything that runs in one web process, and the pipeline beside it where `place` says so. Only who serves may
    choose that; under another launcher AUTO is INSIDE."""

    def __init__(self, place: str) -> None:
        self.place = place
        self.checks = checks()
        self._once = threading.Lock()
        self._started = False
        self._runner: Runner | None = None

    def start(self) -> None:
        """Start writer and pipeline, once."""
        with self._once:
            if self._started:
                return
            self._started = True
            tune_interpreter()
            bell, writer = the_notifier(), the_ingest_app().writer
            bell.subscribe(MOVED, the_hub().announce)
            bell.start()
            writer.after = lambda position: bell.publish(JOURNAL)
            if self.place == BESIDE:
                the_process.beside = lambda: the_pipeline.process
                the_pipeline.start(["run_pipeline"], {**os.environ, "DATA_DIR": str(settings.DATA_DIR)})
            elif self.place != ELSEWHERE:
                self._runner = runner()
                self._runner.start()
                self.checks.start()
            writer.start()

    def stop(self) -> None:
        """Write what waits, finish the batch, end."""
        if self._started:
            the_ingest_app().writer.stop()
            the_ignored_counters().flush()
            the_pipeline.stop()
            if self._runner:
                self.checks.stop()
                self._runner.stop()
            the_notifier().stop()


the_pipeline = Supervisor(restart=True, on_wired=partial(join, the_notifier()))
"""The pipeline as a process beside this one; it runs where River starts it."""
