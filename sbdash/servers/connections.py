"""Limits the connections of this process, so that accept() never runs out of file descriptors.

A connection is waiting while no response is due: it is idle, its request is not complete, or it was rejected. At the
limit the one that has waited longest is closed for a new one; if none is waiting, the new one gets 503.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from time import monotonic
from typing import Protocol

from sbdash.servers.descriptors import max_connections

log = logging.getLogger(__name__)
LOG_INTERVAL = 60.0
"""Seconds between two log lines about the limit."""
FULL_BODY = b"all connections are taken: try again later\n"
FULL_RESPONSE = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\n"
    b"Content-Length: %d\r\nRetry-After: 1\r\nConnection: close\r\n\r\n%b" % (len(FULL_BODY), FULL_BODY)
)
"""The response to a connection beyond the limit."""


class Connection(Protocol):
    """A server's connection."""

    def evict(self) -> None:
        """Close at once. Called only while the connection is waiting."""


@dataclass
class Connections:
    """At most `limit` open connections. For one event loop, not thread-safe."""

    limit: int
    now: Callable[[], float] = monotonic
    evicted: int = 0
    rejected: int = 0
    _open: set[Connection] = field(default_factory=set)
    _waiting: dict[Connection, None] = field(default_factory=dict)
    _logged_at: float | None = None

    @property
    def open(self) -> int:
        return len(self._open)

    def acquire(self, connection: Connection) -> bool:
        """Returns False if the limit is reached and no connection is waiting."""
        if len(self._open) >= self.limit and not self._make_room():
            return False
        self._open.add(connection)
        self._waiting[connection] = None
        return True

    def _make_room(self) -> bool:
        oldest = next(iter(self._waiting), None)
        self._log()
        if oldest is None:
            self.rejected += 1
            return False
        self.evicted += 1
        self.release(oldest)
        oldest.evict()
        return True

    def serve(self, connection: Connection) -> None:
        """A response is due from now on."""
        self._waiting.pop(connection, None)

    def wait(self, connection: Connection) -> None:
        """No response is due from now on. A connection that is waiting already keeps its age."""
        if connection in self._open and connection not in self._waiting:
            self._waiting[connection] = None

    def release(self, connection: Connection) -> None:
        """The connection has ended. Further calls do nothing."""
        self._open.discard(connection)
        self._waiting.pop(connection, None)

    def _log(self) -> None:
        if self._logged_at is None or self.now() - self._logged_at >= LOG_INTERVAL:
            self._logged_at = self.now()
            log.warning(
                "all %d connections are taken; so far %d were closed for new ones and %d were rejected",
                self.limit, self.evicted, self.rejected,
            )  # fmt: skip


@cache
def the_connections() -> Connections:
    """The connections of this process. The first call must come after `raise_limit`."""
    return Connections(max_connections())
