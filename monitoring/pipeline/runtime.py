"""Starts and stops the threads of a process: the journal's writer, the stages, the periodic jobs."""

import gc
import logging
import os
import sys
import threading
from collections.abc import Callable
from functools import partial

from django.conf import settings
from django.db import connection, connections

from monitoring.alerts.outbox import QUEUED
from monitoring.alerts.sender import POLL_INTERVAL, Sender
from monitoring.alerts.tell import tell
from monitoring.db.transactions import reconnect_on_error
from monitoring.health.gaps import BOTH, PIPELINE, WEB
from monitoring.ingest.http.wiring import the_ignored_counters, the_ingest_app
from monitoring.ingest.supervisor import Supervisor
from monitoring.journal.stages import stages
from monitoring.live.process import the_process
from monitoring.live.wiring import the_hub
from monitoring.messaging.pipe import join
from monitoring.messaging.wiring import the_notifier
from monitoring.pipeline.alerts import alerts_worker
from monitoring.pipeline.heartbeat import heartbeat
from monitoring.pipeline.jobs import JOURNAL, heartbeat_jobs, jobs
from monitoring.pipeline.partitions import MAX_RENEW_PAUSE, RENEW_INTERVAL, Share
from monitoring.pipeline.placement import BESIDE, ELSEWHERE
from monitoring.pipeline.runner import Runner, Worker
from monitoring.pipeline.step import MOVED, Step

log = logging.getLogger(__name__)
SWITCH_INTERVAL = 0.0005
"""Seconds after which a busy thread yields (Python's default: 0.005). A writing thread releases the interpreter at each
row, and would wait that long each time."""


def pipeline(role: str = PIPELINE) -> Runner:
    """Returns the runner of the stages and the jobs, not yet started."""
    is_shared = connection.vendor != "sqlite"
    share, ended = Share(is_shared), threading.Event()
    beats, last_beat = heartbeat(role)

    def leave() -> None:
        try:
            share.release()
        except Exception as error:
            log.warning("this worker's lease could not be released; it expires by itself: %s", error)
        end_heartbeat(last_beat)

    workers = [Worker(f"stage {stage.name}", Step(stage, share)) for stage in stages()]
    if is_shared:
        workers.append(Worker("share", reconnect_on_error(share.renew), RENEW_INTERVAL, MAX_RENEW_PAUSE, True))
    sender = Sender()
    messages = Worker("alert messages", reconnect_on_error(partial(sender.poll, ended.is_set)), POLL_INTERVAL)
    everything = [
        beats,
        *workers,
        alerts_worker(tell, is_shared, ended.is_set),
        messages,
        *jobs(ended.is_set),
        *heartbeat_jobs(),
    ]
    runner = Runner(everything, connections.close_all, leave, ended)
    the_notifier().subscribe(JOURNAL, runner.wake)
    the_notifier().subscribe(QUEUED, sender.queued.set)
    the_notifier().subscribe(QUEUED, messages.woken.set)
    return runner


def web_heartbeat() -> Runner:
    """Returns the runner of the heartbeat of a web process without a pipeline inside, not yet started."""
    beats, last_beat = heartbeat(WEB)
    return Runner([beats], connections.close_all, partial(end_heartbeat, last_beat))


def end_heartbeat(last_beat: Callable[[], None]) -> None:
    """Says that this process ends. If that fails, its end is known to an interval."""
    try:
        last_beat()
    except Exception as error:
        log.warning("the last heartbeat could not be stored: %s", error)
    connections.close_all()


def tune_interpreter() -> None:
    """Tune Python for many threads with many short-lived objects: a short switch interval and rare cycle collection (a
    batch of entries makes no cycles, and searching its rows for them costs a fifth of applying it)."""
    sys.setswitchinterval(SWITCH_INTERVAL)
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)


class Runtime:
    """All background threads of one web process, and the pipeline's process if `place` is BESIDE. Only the command
    `serve` chooses BESIDE for AUTO; under another launcher AUTO means INSIDE."""

    def __init__(self, place: str) -> None:
        self.place = place
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
            self._runner = web_heartbeat() if self.place in (BESIDE, ELSEWHERE) else pipeline(BOTH)
            self._runner.start()
            writer.start()

    def stop(self) -> None:
        """Write the queued events, finish the current batches, end all threads."""
        if self._started:
            the_ingest_app().writer.stop()
            the_ignored_counters().flush()
            the_pipeline.stop()
            if self._runner:
                self._runner.end()
                self._runner.wait()
            the_notifier().stop()


the_pipeline = Supervisor(restart=True, on_wired=partial(join, the_notifier()))
"""The pipeline's child process. Runtime starts it if its place is BESIDE."""
