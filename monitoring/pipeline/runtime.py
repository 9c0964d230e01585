"""Starts and stops the threads of a process: the journal's writer, the stages, the housekeeping jobs."""

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
from monitoring.pipeline.advance import BATCH_ENTRIES, CheckpointConflict, advance
from monitoring.pipeline.housekeeping import MAX_BACKOFF, Job, Jobs, Stopping
from monitoring.pipeline.partitions import AllPartitions, LeasedPartitions, Partitions
from monitoring.pipeline.placement import BESIDE, ELSEWHERE
from monitoring.pipeline.runner import Runner, Worker
from monitoring.pipeline.timeouts import end_silent

log = logging.getLogger(__name__)
MIN_BATCH_ENTRIES, MAX_BATCH_SECONDS = 50, 2.0
"""A batch that took longer halves the size of the next one, down to the minimum."""
REST_FROM_ENTRIES, REST_FACTOR, MAX_REST = 500, 4, 0.2
"""After a batch of 500 entries or more a stage works a quarter of the time, so that more entries gather: an entry costs
half as much in a batch of thousands. It rests 0.2 s at most, and not at all while a whole batch waits."""
CHECKPOINT_INTERVAL = 5.0
"""Seconds after which a stage reads its checkpoint although the journal has not grown."""
SWITCH_INTERVAL = 0.0005
"""Seconds after which a busy thread yields (Python's default: 0.005). A writing thread releases the interpreter at each
row, and would wait that long each time."""
JOURNAL, MOVED = "journal", "stages"
"""Notifications: the journal has grown; a stage has advanced."""


def runner() -> Runner:
    """Returns the pipeline's runner, not yet started."""
    known = {stage.name: stage.parts for stage in stages()}
    shared = connection.vendor != "sqlite"
    partitions: Partitions = LeasedPartitions(known) if shared else AllPartitions(known)

    def leave() -> None:
        try:
            partitions.release()
        except Exception as error:
            log.warning("leases of partitions could not be released; they expire by themselves: %s", error)
        connections.close_all()

    workers = [Worker(stage.name, _reconnecting(Step(stage, partitions))) for stage in stages()]
    if shared:
        workers.append(Worker("share", _reconnecting(partitions.rebalance)))
    made = Runner(workers, async_commit, connections.close_all, leave)
    the_notifier().subscribe(JOURNAL, made.wake)
    return made


class Step:
    """Applies one stage's next batch. While the journal does not grow a call costs one query; a checkpoint that was
    reset is noticed after CHECKPOINT_INTERVAL. Batches become shorter after conflicts and after long batches, so that a
    worker does not starve beside a faster one, and a batch does not outlast a lease."""

    def __init__(self, stage: Stage, partitions: Partitions) -> None:
        self._stage, self._partitions = stage, partitions
        self._done, self._checked = (-1, frozenset[int]()), 0.0
        self._limit, self._ready = BATCH_ENTRIES, 0.0

    def __call__(self) -> bool:
        """Returns True if there was a batch."""
        name, mine = self._stage.name, frozenset(self._partitions.mine(self._stage.name))
        size, now = journal.size(), monotonic()
        is_done = (size, mine) == self._done and now - self._checked < CHECKPOINT_INTERVAL
        if not mine or is_done or not self._partitions.may_advance(name):
            return False
        if now < self._ready:
            sleep(self._ready - now)
            now = monotonic()
        try:
            read = advance(self._stage, mine, self._limit)
        except CheckpointConflict:
            self._limit = max(MIN_BATCH_ENTRIES, self._limit // 2)
            self._partitions.on_conflict(name)
            return True
        self._partitions.on_commit(name)
        took = monotonic() - now
        self._ready = now + rest(took) if REST_FROM_ENTRIES <= read < self._limit else 0.0
        shorter, longer = max(MIN_BATCH_ENTRIES, self._limit // 2), min(BATCH_ENTRIES, self._limit * 2)
        self._limit = shorter if took > MAX_BATCH_SECONDS else longer
        self._done, self._checked = (-1 if read else size, mine), now
        if read:
            the_notifier().publish(MOVED)
        return read > 0


def rest(took: float) -> float:
    """Seconds from the start of a batch that took `took` seconds to the start of the next one."""
    return min(REST_FACTOR * took, max(took, MAX_REST))


def _reconnecting(step: Callable[[], bool]) -> Callable[[], bool]:
    """Closes the thread's connections after an error; the next call sets asynchronous commit on the new one."""

    broken = False

    def reconnecting() -> bool:
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

    return reconnecting


def tune_interpreter() -> None:
    """Tune Python for many threads with many short-lived objects: a short switch interval and rare cycle collection (a
    batch of entries makes no cycles, and searching its rows for them costs a fifth of applying it)."""
    sys.setswitchinterval(SWITCH_INTERVAL)
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)


def checks() -> Jobs:
    """Returns the periodic jobs, not yet started: session timeouts, the consistency check, deletion of old log-ins,
    detection of stalled stages."""
    works: dict[str, Callable[[Stopping], object]] = {
        "session time-outs": _end_silent,
        CHECK: check_if_due,
        "log-ins": lambda stopping: clear_log_ins(),
        "stalled stages": lambda stopping: log_stalled(stage_names()),
    }
    holds = 2 * max(MAX_BACKOFF, settings.MONITORING_UPDATE_FREQUENCY)
    jobs = [Job(name, work, partial(remember_job, holds=holds)) for name, work in works.items()]
    return Jobs(jobs, settings.MONITORING_UPDATE_FREQUENCY, connections.close_all)


def _end_silent(stopping: Stopping) -> None:
    if ended := end_silent(time(), stopping):
        the_notifier().publish(JOURNAL)
        log.info("%d sessions ended by timeout", ended)


_stalled: set[str] = set()


def log_stalled(stages: Iterable[str]) -> None:
    """Log once that a stage does not move although entries wait, and once that it moves again."""
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
    """All background threads of one web process, and the pipeline's process if `place` is BESIDE. Only the command
    `serve` chooses BESIDE for AUTO; under another launcher AUTO means INSIDE."""

    def __init__(self, place: str) -> None:
        self.place = place
        self.checks = checks()
        self._once = threading.Lock()
        self._started = False
        self._runner: Runner | None = None

    def start(self) -> None:
        """Start the writer and the pipeline. Further calls do nothing."""
        with self._once:
            if self._started:
                return
            self._started = True
            tune_interpreter()
            notifier, writer = the_notifier(), the_ingest_app().writer
            notifier.subscribe(MOVED, the_hub().announce)
            notifier.start()
            writer.after = lambda position: notifier.publish(JOURNAL)
            if self.place == BESIDE:
                the_process.pipeline_pid = lambda: the_pipeline.process
                the_pipeline.start(["run_pipeline"], {**os.environ, "DATA_DIR": str(settings.DATA_DIR)})
            elif self.place != ELSEWHERE:
                self._runner = runner()
                self._runner.start()
                self.checks.start()
            writer.start()

    def stop(self) -> None:
        """Write the queued events, finish the current batches, end all threads."""
        if self._started:
            the_ingest_app().writer.stop()
            the_ignored_counters().flush()
            the_pipeline.stop()
            if self._runner:
                self.checks.stop()
                self._runner.stop()
            the_notifier().stop()


the_pipeline = Supervisor(restart=True, on_wired=partial(join, the_notifier()))
"""The pipeline's child process. Runtime starts it if its place is BESIDE."""
