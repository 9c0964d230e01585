"""Group commit: many requests, one transaction, one fsync. An answer leaves after the commit, never before."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from monitoring.events.envelope import Event

log = logging.getLogger(__name__)
MOST_IN_A_GROUP = 4_096


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

    def submit(self, events: Sequence[Event], size: int) -> "Future[Outcome]":
        """Queue a request of `size` bytes. Raises Full. The future ends with an Outcome or Failed."""
        request = Request(events, size)
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
            except Exception:
                log.exception("a group of %d requests could not be written; each is tried alone", len(group))
                self._write_singly(group)

    def _next_group(self) -> list[Request] | None:
        """What is written together next, without those whose senders stopped waiting; None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._stopping)
            if not self._queue:
                return None
            group: list[Request] = []
            count = 0
            while self._queue and (not group or count + len(self._queue[0].events) <= MOST_IN_A_GROUP):
                request = self._queue.popleft()
                count += len(request.events)
                self._events -= len(request.events)
                self._bytes -= request.size
                if request.done.set_running_or_notify_cancel():  # from here on its sender cannot take it back
                    group.append(request)
            return group

    def _write(self, group: list[Request]) -> None:
        if not group:
            return
        new, position = self._commit([event for request in group for event in request.events])
        start = 0
        for request in group:
            end = start + len(request.events)
            request.done.set_result(Outcome(new[start:end], position))
            start = end
        try:
            self.after(position)
        except Exception:
            log.exception("whoever is told of commits trips; the commit stands")

    def _write_singly(self, group: list[Request]) -> None:
        for request in group:
            try:
                self._write([request])
            except Exception as error:
                log.exception("a request of %d events could not be written", len(request.events))
                request.done.set_exception(Failed(f"{type(error).__name__}: {error}"))
