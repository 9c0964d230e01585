"""What is done because time passes: each job in a thread of its own, so that none waits for another. Pure."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

log = logging.getLogger(__name__)
Stopping = Callable[[], bool]
LONGEST_PAUSE = 600.0
"""Seconds after which a job that fails again and again is tried again, where the usual pause is no longer."""


@dataclass
class Job:
    """`work(stopping)` does what is due, and fails or not; `tell(name, error)` is called each time that it fails, and
    once, with an empty error, when it is well."""

    name: str
    work: Callable[[Stopping], object]
    tell: Callable[[str, str], None]
    error: str = ""
    told: bool = False

    def step(self, stopping: Stopping) -> bool:
        """Once. False when it failed."""
        try:
            self.work(stopping)
            error = ""
        except Exception as failure:
            error = f"{type(failure).__name__}: {failure}"[:500]
            if error != self.error:
                log.exception("job %s fails; it is tried again", self.name)
        if error != self.error:
            self.error, self.told = error, False
            if not error:
                log.warning("job %s goes on", self.name)
        self._tell()
        return not error

    def _tell(self) -> None:
        """That all is well until somebody has heard it: a database that is gone hears nothing."""
        if self.told and not self.error:
            return
        try:
            self.tell(self.name, self.error)
            self.told = True
        except Exception as failure:
            log.warning("how job %s is could not be kept: %s", self.name, failure)


class Jobs:
    """Runs jobs every `pause` seconds, one that fails ever later; `close` ends the connections of a thread whose job
    failed, or that ends."""

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
            pause = min(max(LONGEST_PAUSE, self._pause), pause * 2)
            self._close()
        self._close()
