"""Runs each stage and each periodic job in a thread of its own: one that is slow, or fails, delays no other. Pure."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from monitoring.messaging.backoff import Backoff

log = logging.getLogger(__name__)
IDLE_INTERVAL = 0.25
"""Seconds between two polls without a `wake()`: other processes write to the journal too."""
FIRST_BACKOFF, MAX_BACKOFF = 1.0, 10.0
"""Seconds; the pause doubles with each failure."""


@dataclass
class Worker:
    """A stage or a job. `work()` returns True if more is waiting, and may raise.

    It is called first after `delay` seconds, again at once if more is waiting, else after `interval` seconds or a
    `wake()`; if `is_periodic` after `interval` seconds in any case. `report(error)` is called after each failure, and
    with an empty error after the first success.
    """

    name: str
    work: Callable[[], object]
    interval: float = IDLE_INTERVAL
    max_backoff: float = MAX_BACKOFF
    is_periodic: bool = False
    delay: float = 0.0
    report: Callable[[str], None] = lambda error: None
    error: str = ""
    backoff: Backoff = field(init=False)
    is_reported: bool = False
    woken: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.backoff = Backoff(max(FIRST_BACKOFF, self.interval * 2), max(self.max_backoff, self.interval))

    def step(self) -> float:
        """Call `work` once. Returns the seconds until the next step."""
        try:
            has_more = self.work() is True
        except Exception as failure:
            error = f"{type(failure).__name__}: {failure}"[:500]
            if error != self.error:
                log.exception("%s failed; it backs off and retries", self.name)
            self._report(error)
            return self.backoff.next()
        if self.error:
            log.warning("%s recovered", self.name)
        self._report("")
        self.backoff.reset()
        return 0.0 if has_more and not self.is_periodic else self.interval

    def _report(self, error: str) -> None:
        """A success is reported until one report succeeds: while the database is down none can be stored."""
        self.error = error
        if self.is_reported and not error:
            return
        try:
            self.report(error)
            self.is_reported = not error
        except Exception as failure:
            log.warning("%s: its state could not be stored: %s", self.name, failure)


class Runner:
    """Runs each worker in a thread, until `ended` is set. Each thread calls `close` last; `leave` is called once, after
    all threads have ended."""

    def __init__(
        self,
        workers: Sequence[Worker],
        close: Callable[[], None],
        leave: Callable[[], None] = lambda: None,
        ended: threading.Event | None = None,
    ) -> None:
        self._workers, self._close, self._leave, self._ended = workers, close, leave, ended or threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=[worker], name=worker.name, daemon=True) for worker in workers
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Let idle threads poll at once, except those of periodic workers."""
        for worker in self._workers:
            if not worker.is_periodic:
                worker.woken.set()

    def end(self) -> None:
        """Ask the threads to end after their batches; returns at once."""
        self._ended.set()
        self.wake()

    def wait(self) -> None:
        """Block until `end()` was called and all threads have ended."""
        self._ended.wait()
        for thread in self._threads:
            thread.join()
        self._leave()

    def _run(self, worker: Worker) -> None:
        self._ended.wait(worker.delay)
        while not self._ended.is_set():
            worker.woken.clear()
            pause = worker.step()
            (self._ended if worker.is_periodic or worker.error else worker.woken).wait(pause)
        self._close()
