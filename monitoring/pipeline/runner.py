"""Runs stages side by side: one that trips backs off and says so once; the others go on. Pure."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

log = logging.getLogger(__name__)
IDLE = 0.25
"""Seconds between looks when nobody pokes: other processes write to the journal too."""
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 10.0


@dataclass
class Worker:
    """One stage: `advance()` does a batch and says whether there was one."""

    name: str
    advance: Callable[[], bool]
    pause: float = 0.0
    not_before: float = 0.0
    said: str = ""

    def step(self, now: float) -> bool:
        """One batch, unless it is backing off. True when something was done."""
        if now < self.not_before:
            return False
        try:
            moved = self.advance()
        except Exception as error:
            self._trip(now, error)
            return False
        if self.said:
            log.warning("stage %s goes on", self.name)
            self.pause, self.said = 0.0, ""
        return moved

    def _trip(self, now: float, error: Exception) -> None:
        self.pause = min(LONGEST_PAUSE, self.pause * 2 or FIRST_PAUSE)
        self.not_before = now + self.pause
        words = f"{type(error).__name__}: {error}"
        if words != self.said:
            log.exception("stage %s trips and backs off", self.name)
            self.said = words


class Runner:
    """A thread that gives each worker its turn; `poke()` wakes it. The thread calls `begin` first and `close` last."""

    def __init__(self, workers: list[Worker], begin: Callable[[], None], close: Callable[[], None]) -> None:
        self.workers, self._begin, self._close = workers, begin, close
        self._poked, self._stopping = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self.run, name="pipeline", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def poke(self) -> None:
        self._poked.set()

    def stop(self) -> None:
        self.end()
        if self._thread.ident is not None:
            self._thread.join()

    def end(self) -> None:
        """Ask the thread to end after its batch."""
        self._stopping.set()
        self._poked.set()

    def run(self) -> None:
        try:
            self._begin()
        except Exception:
            log.exception("the pipeline's beginning trips; it goes on without")
        while not self._stopping.is_set():
            self._poked.clear()
            moved = [worker.step(monotonic()) for worker in self.workers]
            if not any(moved):
                self._poked.wait(IDLE)
        self._close()
