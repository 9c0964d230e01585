"""The connections of this process, bounded: accept() never fails, and at the bound who keeps us waiting gives way.

A connection waits while nothing is owed to it: it is idle, its request is not whole yet, or it was refused. At the
bound the one that has waited longest is closed for a new one; where all are served, the new one is told to come later.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from time import monotonic
from typing import Protocol

from sbdash.servers.descriptors import most_connections

log = logging.getLogger(__name__)
SAY_SECONDS = 60.0
"""Seconds between two log lines about the bound."""
WORDS = b"all connections are taken: come later\n"
FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\n"
    b"Content-Length: %d\r\nRetry-After: 1\r\nConnection: close\r\n\r\n%b" % (len(WORDS), WORDS)
)
"""What a connection beyond the bound is told."""


class Connection(Protocol):
    """What a server's connection can do."""

    def give_way(self) -> None:
        """Close at once; called only while the connection waits."""


@dataclass
class Connections:
    """At most `most` are open. For one event loop."""

    most: int
    now: Callable[[], float] = monotonic
    gave_way: int = 0
    turned_away: int = 0
    _open: set[Connection] = field(default_factory=set)
    _waiting: dict[Connection, None] = field(default_factory=dict)
    _said: float | None = None

    @property
    def open(self) -> int:
        return len(self._open)

    def enter(self, connection: Connection) -> bool:
        """Take a place; False where there is none."""
        if len(self._open) >= self.most and not self._make_room():
            return False
        self._open.add(connection)
        self._waiting[connection] = None
        return True

    def _make_room(self) -> bool:
        oldest = next(iter(self._waiting), None)
        self._say()
        if oldest is None:
            self.turned_away += 1
            return False
        self.gave_way += 1
        self.leave(oldest)
        oldest.give_way()
        return True

    def serve(self, connection: Connection) -> None:
        """An answer is owed from now on."""
        self._waiting.pop(connection, None)

    def wait(self, connection: Connection) -> None:
        """Nothing is owed from now on. Whoever waits already keeps its age."""
        if connection in self._open and connection not in self._waiting:
            self._waiting[connection] = None

    def leave(self, connection: Connection) -> None:
        """The connection is over."""
        self._open.discard(connection)
        self._waiting.pop(connection, None)

    def _say(self) -> None:
        if self._said is None or self.now() - self._said >= SAY_SECONDS:
            self._said = self.now()
            log.warning(
                "all %d connections are taken; so far %d gave way and %d were told to come later",
                self.most, self.gave_way, self.turned_away,
            )  # fmt: skip


@cache
def the_connections() -> Connections:
    """Those of this process; made once the limit of open files is raised."""
    return Connections(most_connections())
