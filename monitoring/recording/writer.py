"""Group commit: many requests in one transaction, with one fsync. Pure. A request is acknowledged after the commit."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from time import monotonic

from monitoring.events.envelope import Event

log = logging.getLogger(__name__)
MAX_GROUP_EVENTS = 4_096
RETRY_SECONDS = 1.0
"""Seconds for which the requests of a failed group are retried one by one without a success."""
LOG_INTERVAL = 10.0
"""Seconds between two log lines while writes fail: the log may be on the disk that is full."""


class Full(RuntimeError):
    """The queue is full. The caller must send more slowly."""


class Failed(RuntimeError):
    """The journal could not be written. No event of the request is stored."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """For each event of a request True if it is new; and the newest position of the journal."""

    new: Sequence[bool]
    position: int


@dataclass(frozen=True, slots=True)
class Request:
    """Events that are queued and written together. `size` is in bytes, `since` the monotonic time of the submission
    (s)."""

    events: Sequence[Event]
    size: int
    since: float
    done: "Future[Outcome]" = field(default_factory=Future)


Commit = Callable[[Sequence[Event]], tuple[list[bool], int]]


class Writer:
    """A thread that commits queued requests. `max_events` and `max_bytes` bound the queue, which holds `depth` events
    of `size` bytes. Calls `after(position)` after each commit."""

    def __init__(self, commit: Commit, max_events: int, max_bytes: int) -> None:
        self._commit = commit
        self.after: Callable[[int], None] = lambda position: None
        self._max_events, self._max_bytes = max_events, max_bytes
        self._queue: deque[Request] = deque()
        self.depth = self.size = self.largest_group = 0
        self._writing_since: float | None = None
        self._failed, self._next_log = 0, 0.0
        self._changed = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Writes queued requests, then ends the thread."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join()

    @property
    def waits(self) -> float:
        """Seconds since the submission of the oldest unwritten request; 0 if there is none."""
        since = self._writing_since
        return monotonic() - since if since is not None else 0.0

    def submit(self, events: Sequence[Event], size: int) -> "Future[Outcome]":
        """Queues a request of `size` bytes. Returns a future with an Outcome or Failed. Raises Full. A request over the
        bounds is accepted if the queue is empty."""
        request = Request(events, size, monotonic())
        with self._changed:
            over = self.depth + len(events) > self._max_events or self.size + size > self._max_bytes
            if self._stopping or (over and self._queue):
                raise Full(f"{self.depth} events are queued")
            self._queue.append(request)
            self.depth += len(events)
            self.size += size
            self._changed.notify()
        return request.done

    def _run(self) -> None:
        while (group := self._next_group()) is not None:
            try:
                self._write(group)
            except Exception as error:
                self._log_failure(error)
                self._write_singly(group)

    def _next_group(self) -> list[Request] | None:
        """Waits for requests, and returns those to write together, without cancelled ones; None after `stop`."""
        with self._changed:
            self._writing_since = self._queue[0].since if self._queue else None
            self._changed.wait_for(lambda: self._queue or self._stopping)
            if not self._queue:
                return None
            self._writing_since = self._queue[0].since
            group: list[Request] = []
            count = 0
            while self._queue and (not group or count + len(self._queue[0].events) <= MAX_GROUP_EVENTS):
                request = self._queue.popleft()
                count += len(request.events)
                self.depth -= len(request.events)
                self.size -= request.size
                if request.done.set_running_or_notify_cancel():  # from here on it cannot be cancelled
                    group.append(request)
            if len(group) > 1:
                self.largest_group = max(self.largest_group, count)
            return group

    def _write(self, group: list[Request]) -> None:
        if not group:
            return
        new, position = self._commit([event for request in group for event in request.events])
        if self._failed:
            log.warning("the journal is written again; %d requests had failed", self._failed)
            self._failed = 0
        start = 0
        for request in group:
            end = start + len(request.events)
            request.done.set_result(Outcome(new[start:end], position))
            start = end
        try:
            self.after(position)
        except Exception:
            log.exception("a subscriber of commits failed; the commit stands")

    def _write_singly(self, group: list[Request]) -> None:
        """Writes each request of a failed group by itself, so that an invalid request fails alone. After RETRY_SECONDS
        without a success the others fail without a try, so that they do not wait for each other's failures."""
        last_error: Exception | None = None
        deadline = monotonic() + RETRY_SECONDS
        for request in group:
            try:
                if last_error and monotonic() > deadline:
                    raise last_error
                self._write([request])
                deadline, last_error = monotonic() + RETRY_SECONDS, None
            except Exception as error:
                last_error = error
                self._failed += 1
                self._log_failure(error)
                request.done.set_exception(Failed(f"{type(error).__name__}: {error}"))

    def _log_failure(self, error: Exception) -> None:
        now = monotonic()
        if now >= self._next_log:
            log.error("the journal could not be written: %d requests failed so far", self._failed, exc_info=error)
            self._next_log = now + LOG_INTERVAL
