"""Publish/subscribe notifications within a process, and between processes through Redis. Pure.

A notification carries a name and no data; a subscriber reads what is new itself. Several notifications may therefore
be merged into one, and a superfluous one is harmless. Within a process a notification is a function call. Redis, or a
pipe to a child process (`pipe.py`), forwards it to other processes; while neither works, those find new entries by
polling.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from uuid import uuid4

from msgspec import Struct

from monitoring.messaging.backoff import Backoff
from monitoring.messaging.cache import Amount
from monitoring.messaging.redis_client import redis_client

if TYPE_CHECKING:
    from redis.client import PubSub

log = logging.getLogger(__name__)
CONNECT_TIMEOUT, SOCKET_TIMEOUT = 1.0, 0.5
"""Seconds for a connection to Redis, and for a write or a response on it."""
PUBLISH_INTERVAL = 0.005
"""Seconds between two rounds of publications. Notifications of one name within it are merged."""
PING_INTERVAL, PONG_TIMEOUT = 0.5, 1.5
"""Seconds of silence before a ping, and seconds to wait for its response. redis-py's own health check sends pings, and
does not notice that none is answered."""
MIN_RETRY_PAUSE, MAX_RETRY_PAUSE = 0.1, 2.0
"""Seconds before a reconnection."""


class NotifierFigures(Struct, frozen=True):
    """Notifications of this process (`announced`), their publications in Redis, notifications received from other
    processes, and disconnections from Redis."""

    connected: bool
    announced: Amount
    published: Amount
    received: Amount
    disconnections: Amount


class Notifier:
    """Calls subscribers when a name is published, here or in another process.

    `publish` calls this process's subscribers at once, in the calling thread. The receiving thread calls them for the
    notifications of other processes, and after each connection, since a notification may have been missed. A
    subscriber must be fast and must not block.

    Without a URL there are no threads, and `start` does nothing. Notifications before `start` are published after it.
    """

    def __init__(self, url: str = "", prefix: str = "sbdash") -> None:
        self._client = redis_client(url, CONNECT_TIMEOUT, SOCKET_TIMEOUT) if url else None
        self._channel, self._publisher_id = f"{prefix}:bell", uuid4().hex
        self._subscribers: dict[str, list[Callable[[], None]]] = {}
        self._forwarders: list[Callable[[str], None]] = []
        self._lock = threading.Lock()
        self._pending: set[str] = set()
        self._failed_connections: set[str] = set()
        self._rung = self._published = self._heard = self._lost = 0
        self._receiving = False
        self._wake_up, self._stopping = threading.Event(), threading.Event()
        self._threads: list[threading.Thread] = []

    @property
    def connected(self) -> bool:
        """True if this process publishes to Redis and receives from it."""
        return self._receiving and not self._failed_connections

    def figures(self) -> NotifierFigures:
        return NotifierFigures(self.connected, self._rung, self._published, self._heard, self._lost)

    def subscribe(self, name: str, call: Callable[[], None]) -> None:
        """Calls `call()` each time that `name` is published, in any process."""
        with self._lock:
            self._subscribers.setdefault(name, []).append(call)

    def publish(self, name: str) -> None:
        """Notifies the subscribers of `name`. Safe to call from any thread; never waits for Redis, never raises."""
        with self._lock:
            self._rung += 1
            if self._client:
                self._pending.add(name)
                self._wake_up.set()
        for send in list(self._forwarders):
            send(name)
        self._call(name)

    def forward(self, send: Callable[[str], None]) -> Callable[[], None]:
        """Calls `send(name)` for each notification of this process. `send` must neither block nor raise. Returns a
        function that removes it; call it once."""
        self._forwarders.append(send)
        return lambda: self._forwarders.remove(send)

    def deliver(self, name: str) -> None:
        """Calls the subscribers for a notification of another process. A name without subscribers is ignored."""
        if name in self._subscribers:
            self._heard += 1
            self._call(name)

    def start(self) -> None:
        """Starts the threads that publish to Redis and receive from it."""
        if self._client is None or self._threads:
            return
        self._stopping.clear()
        targets = [(self._receive, "notifier-receive"), (self._publish_pending, "notifier-publish")]
        self._threads = [threading.Thread(target=target, name=name, daemon=True) for target, name in targets]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Publishes what is pending, if Redis answers, and closes both connections. Takes 3 s at most."""
        if self._client is None:
            return
        self._stopping.set()
        self._wake_up.set()
        for thread in self._threads:
            thread.join()
        self._threads = []
        self._receiving = False
        self._client.connection_pool.disconnect()

    def _call(self, name: str) -> None:
        for call in list(self._subscribers.get(name, ())):
            try:
                call()
            except Exception:
                log.exception("subscriber of %r failed; the other subscribers are called", name)

    def _receive(self) -> None:
        """Receives notifications until `stop`, and reconnects after each failure."""
        assert self._client
        backoff = Backoff(MIN_RETRY_PAUSE, MAX_RETRY_PAUSE)
        while not self._stopping.is_set():
            try:
                with self._client.pubsub() as subscription:
                    subscription.subscribe(self._channel)
                    while not self._stopping.is_set():
                        self._handle(_next_message(subscription))
            except Exception as error:
                if self._receiving:
                    backoff.reset()
                self._receiving = False
                self._note_connection("receive", error)
                self._stopping.wait(backoff.next())

    def _handle(self, message: Mapping[str, object]) -> None:
        """Handles a message of the subscription: its confirmation, a notification, or a response to a ping."""
        data = message["data"]
        if message["type"] == "subscribe":
            for name in list(self._subscribers):
                self._call(name)
            self._receiving = True
            self._note_connection("receive", None)
        elif message["type"] == "message" and isinstance(data, bytes):
            publisher_id, _, name = data.decode(errors="replace").partition(" ")
            if publisher_id != self._publisher_id:
                self.deliver(name)

    def _publish_pending(self) -> None:
        """Publishes pending names until `stop`. Names whose publication failed stay pending."""
        assert self._client
        backoff = Backoff(MIN_RETRY_PAUSE, MAX_RETRY_PAUSE)
        while True:
            self._wake_up.wait()
            self._wake_up.clear()
            stopping = self._stopping.is_set()
            with self._lock:
                names, self._pending = self._pending, set()
            try:
                for name in names:
                    self._client.publish(self._channel, f"{self._publisher_id} {name}")
                    self._published += 1
            except Exception as error:
                with self._lock:
                    self._pending |= names
                self._wake_up.set()
                self._note_connection("publish", error)
                pause = backoff.next()
            else:
                self._note_connection("publish", None)
                backoff.reset()
                pause = PUBLISH_INTERVAL
            if stopping:
                return
            self._stopping.wait(pause)

    def _note_connection(self, connection: str, error: Exception | None) -> None:
        """Logs once that Redis is lost and once that it is back, for both connections together."""
        with self._lock:
            failed_before = bool(self._failed_connections)
            (self._failed_connections.add if error else self._failed_connections.discard)(connection)
            failed = bool(self._failed_connections)
            self._lost += failed and not failed_before
        if failed and not failed_before:
            log.warning("Redis is lost; new entries of other processes are found by polling: %s", error)
        elif failed_before and not failed:
            log.warning("Redis is back")


def _next_message(subscription: "PubSub") -> Mapping[str, object]:
    """Returns the next message, at the latest the response to a ping. Raises TimeoutError without one."""
    message: Mapping[str, object] | None = subscription.get_message(timeout=PING_INTERVAL)
    if message is None:
        subscription.ping()
        message = subscription.get_message(timeout=PONG_TIMEOUT)
    if message is None:
        raise TimeoutError(f"no response within {PONG_TIMEOUT} s")
    return message
