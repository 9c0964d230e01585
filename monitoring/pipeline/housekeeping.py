"""Runs periodic jobs, each in a thread of its own, so that a slow job delays no other. Pure."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

log = logging.getLogger(__name__)
Stopping = Callable[[], bool]
MAX_BACKOFF = 600.0
"""Seconds: the longest pause after failures, unless the usual pause is longer."""


@dataclass
class Job:
    """`work(stopping)` does what is due, and may raise. `report(name, error)` is called after each failure, and once
    with an empty error after the first success."""

    name: str
    work: Callable[[Stopping], object]
    report: Callable[[str, str], None]
    error: str = ""
    reported: bool = False

    def step(self, stopping: Stopping) -> bool:
        """Run the job once. Returns False if it failed."""
        try:
            self.work(stopping)
            error = ""
        except Exception as failure:
            error = f"{type(failure).__name__}: {failure}"[:500]
            if error != self.error:
                log.exception("job %s failed; retrying", self.name)
        if error != self.error:
            self.error, self.reported = error, False
            if not error:
                log.warning("job %s recovered", self.name)
        self._report()
        return not error

    def _report(self) -> None:
        """A success is reported until one report succeeds: while the database is down none can be stored."""
        if self.reported and not self.error:
            return
        try:
            self.report(self.name, self.error)
            self.reported = True
        except Exception as failure:
            log.warning("job %s: its state could not be stored: %s", self.name, failure)


class Jobs:
    """Runs each job every `pause` seconds, and a failing one after a pause that doubles each time. Calls `close` in a
    job's thread after a failure and at its end, to close the thread's database connections."""

    def __init__(self, jobs: Sequence[Job], pause: float, close: Callable[[], None]) -> None:
        self._jobs, self._pause, self._close = jobs, pause, close
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=[job], name=job.name, daemon=True) for job in jobs]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._ended.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()

    def _run(self, job: Job) -> None:
        pause = self._pause
        while not self._ended.wait(pause):
            if job.step(self._ended.is_set):
                pause = self._pause
                continue
            pause = min(max(MAX_BACKOFF, self._pause), pause * 2)
            self._close()
        self._close()
