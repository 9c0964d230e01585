"""Group commit: many requests, one transaction, one fsync. Pure. An answer leaves after the commit, never before."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from time import monotonic

from monitoring.events.envelope import Event

log = logging.getLogger(__name__)
MOST_IN_A_GROUP = 4_096
PATIENCE = 1.0
"""Seconds for which the requests of a group that fails are tried singly while none succeeds."""
QUIET = 10.0
"""Seconds between two lines in the log while nothing can be written: the log may lie on the disk that is full."""


class Full(RuntimeError):
    """The queue is full: slow down."""


class Failed(RuntimeError):
    """The journal could not be written; nothing of the request was kept."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """For each event of a request whether it was new, and the journal's newest position."""

    new: Sequence[bool]
    position: int


@dataclass(frozen=True, slots=True)
class Request:
    """Some events that wait to be written together."""

    events: Sequence[Event]
    size: int
    since: float
    done: "Future[Outcome]" = field(default_factory=Future)


Commit = Callable[[Sequence[Event]], tuple[list[bool], int]]


class Writer:
    """A thread that commits whatever waits, bounded by events and bytes; `after(position)` is told of each commit."""

    def __init__(self, commit: Commit, most_events: int, most_bytes: int) -> None:
        self._commit = commit
        self.after: Callable[[int], None] = lambda position: None
        self._most_events, self._most_bytes = most_events, most_bytes
        self._queue: deque[Request] = deque()
        self._events = self._bytes = 0
        self.largest_group = 0
        self._writing_since: float | None = None
        self._failed, self._silent_until = 0, 0.0
        self._changed = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, then end."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join()

    @property
    def depth(self) -> int:
        """Events that wait."""
        return self._events

    @property
    def size(self) -> int:
        """Bytes that wait."""
        return self._bytes

    @property
    def waits(self) -> float:
        """Seconds for which the oldest request has been waiting to be written; 0 when none waits."""
        since = self._writing_since
        return monotonic() - since if since is not None else 0.0

    def submit(self, events: Sequence[Event], size: int) -> "Future[Outcome]":
        """Queue a request of `size` bytes. Raises Full. The future ends with an Outcome or Failed."""
        request = Request(events, size, monotonic())
        with self._changed:
            over = self._events + len(events) > self._most_events or self._bytes + size > self._most_bytes
            if self._stopping or (over and self._queue):
                raise Full(f"{self._events} events are waiting to be written")
            self._queue.append(request)
            self._events += len(events)
            self._bytes += size
            self._changed.notify()
        return request.done

    def _run(self) -> None:
        while (group := self._next_group()) is not None:
            try:
                self._write(group)
            except Exception as error:
                self._complain(error)
                self._write_singly(group)

    def _next_group(self) -> list[Request] | None:
        """What is written together next, without those whose senders stopped waiting; None at the end."""
        with self._changed:
            self._writing_since = self._queue[0].since if self._queue else None
            self._changed.wait_for(lambda: self._queue or self._stopping)
            if not self._queue:
                return None
            self._writing_since = self._queue[0].since
            group: list[Request] = []
            count = 0
            while self._queue and (not group or count + len(self._queue[0].events) <= MOST_IN_A_GROUP):
                request = self._queue.popleft()
                count += len(request.events)
                self._events -= len(request.events)
                self._bytes -= request.size
                if request.done.set_running_or_notify_cancel():  # from here on its sender cannot take it back
                    group.append(request)
            if len(group) > 1:
                self.largest_group = max(self.largest_group, count)
            return group

    def _write(self, group: list[Request]) -> None:
        if not group:
            return
        new, position = self._commit([event for request in group for event in request.events])
        if self._failed:
            log.warning("the journal is written again; %d requests could not be", self._failed)
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
        """So that a request that cannot be written fails alone. Where none succeeds for PATIENCE, nothing can be
        written, and the rest is not tried: nobody waits for as many failures as there are requests."""
        hopeless: Exception | None = None
        last = monotonic() + PATIENCE
        for request in group:
            try:
                if hopeless and monotonic() > last:
                    raise hopeless
                self._write([request])
                last, hopeless = monotonic() + PATIENCE, None
            except Exception as error:
                hopeless = error
                self._failed += 1
                self._complain(error)
                request.done.set_exception(Failed(f"{type(error).__name__}: {error}"))

    def _complain(self, error: Exception) -> None:
        now = monotonic()
        if now >= self._silent_until:
            log.error("the journal could not be written, %d requests so far", self._failed, exc_info=error)
            self._silent_until = now + QUIET
