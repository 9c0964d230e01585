"""Pure. Runs each stage in a thread of its own, so that one that is slow, or fails and backs off, delays no other."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic

log = logging.getLogger(__name__)
IDLE_INTERVAL = 0.25
"""Seconds between two polls without a `wake()`: other processes write to the journal too."""
FIRST_BACKOFF, MAX_BACKOFF = 1.0, 10.0
"""Seconds; the pause doubles with each failure."""


@dataclass
class Worker:
    """One stage. `advance()` applies a batch and returns True if there was one."""

    name: str
    advance: Callable[[], bool]
    pause: float = 0.0
    not_before: float = 0.0
    error: str = ""

    def step(self, now: float) -> bool:
        """Apply one batch, unless the stage backs off. Returns True if there was one. `now`: monotonic seconds."""
        if now < self.not_before:
            return False
        try:
            moved = self.advance()
        except Exception as error:
            self._back_off(now, error)
            return False
        if self.error:
            log.warning("stage %s recovered", self.name)
            self.pause, self.error = 0.0, ""
        return moved

    def _back_off(self, now: float, error: Exception) -> None:
        """The same error is logged once."""
        self.pause = min(MAX_BACKOFF, self.pause * 2 or FIRST_BACKOFF)
        self.not_before = now + self.pause
        message = f"{type(error).__name__}: {error}"
        if message != self.error:
            log.exception("stage %s failed; it backs off and retries", self.name)
            self.error = message


class Runner:
    """Runs each worker in a thread. Each thread calls `begin` first and `close` last; `leave` is called once, after all
    threads have ended."""

    def __init__(
        self,
        workers: Sequence[Worker],
        begin: Callable[[], None],
        close: Callable[[], None],
        leave: Callable[[], None] = lambda: None,
    ) -> None:
        self.workers, self._begin, self._close, self._leave = workers, begin, close, leave
        self._stopping = threading.Event()
        self._woken = [threading.Event() for _ in workers]
        self._threads = [
            threading.Thread(target=self._run, args=pair, name=pair[0].name, daemon=True)
            for pair in zip(workers, self._woken, strict=True)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Let idle threads poll at once."""
        for woken in self._woken:
            woken.set()

    def stop(self) -> None:
        """Let each thread finish its batch, and wait for it."""
        self.end()
        self.wait()

    def end(self) -> None:
        """Ask the threads to end after their batches; returns at once."""
        self._stopping.set()
        self.wake()

    def wait(self) -> None:
        """Block until `end()` was called and all threads have ended."""
        self._stopping.wait()
        started = [thread for thread in self._threads if thread.ident is not None]
        for thread in started:
            thread.join()
        if started:
            self._leave()

    def _run(self, worker: Worker, woken: threading.Event) -> None:
        try:
            self._begin()
        except Exception:
            log.exception("stage %s: preparing its thread failed; it continues without", worker.name)
        while not self._stopping.is_set():
            woken.clear()
            if not worker.step(monotonic()):
                woken.wait(IDLE_INTERVAL)
        self._close()
