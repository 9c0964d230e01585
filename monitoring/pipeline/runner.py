"""Pure. Runs stages side by side, each in a thread of its own: one that is slow, or trips and backs off, holds up no
other."""

import logging
import threading
from collections.abc import Callable, Sequence
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
    """A thread for each worker; `poke()` wakes them. Each thread calls `begin` first and `close` last; when all have
    ended, `leave` is called once."""

    def __init__(
        self,
        workers: Sequence[Worker],
        begin: Callable[[], None],
        close: Callable[[], None],
        leave: Callable[[], None] = lambda: None,
    ) -> None:
        self.workers, self._begin, self._close, self._leave = workers, begin, close, leave
        self._stopping = threading.Event()
        self._poked = [threading.Event() for _ in workers]
        self._threads = [
            threading.Thread(target=self._run, args=pair, name=pair[0].name, daemon=True)
            for pair in zip(workers, self._poked, strict=True)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def poke(self) -> None:
        for poked in self._poked:
            poked.set()

    def stop(self) -> None:
        """Let each thread finish its batch, and wait for it."""
        self.end()
        self.wait()

    def end(self) -> None:
        """Ask the threads to end after their batches."""
        self._stopping.set()
        self.poke()

    def wait(self) -> None:
        """Until somebody has asked the threads to end, and they have."""
        self._stopping.wait()
        started = [thread for thread in self._threads if thread.ident is not None]
        for thread in started:
            thread.join()
        if started:
            self._leave()

    def _run(self, worker: Worker, poked: threading.Event) -> None:
        try:
            self._begin()
        except Exception:
            log.exception("the beginning of stage %s trips; it goes on without", worker.name)
        while not self._stopping.is_set():
            poked.clear()
            if not worker.step(monotonic()):
                poked.wait(IDLE)
        self._close()
