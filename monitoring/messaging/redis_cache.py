"""A cache of bytes in Redis that several processes share. Pure.

A call waits for 0.1 s at most per step and never raises. Without Redis nothing is found, and nothing is stored.
"""

import hashlib
import logging
import threading
from collections.abc import Callable
from time import monotonic

from monitoring.messaging.redis_client import connection_errors, redis_client

log = logging.getLogger(__name__)
REDIS_TIMEOUT = 0.1
"""Seconds for a connection, and for a response."""
RETRY_INTERVAL = 2.0
"""Seconds without a call after a connection failure; then one thread tries again."""
LOST = "lost"


class RedisCache:
    """Stores bytes by name. A value of more than `max_value_bytes` bytes is not sent.

    A stored value begins with the digest of its name: foreign bytes under the same key are not returned.
    """

    def __init__(
        self,
        url: str,
        prefix: str = "sbdash",
        max_value_bytes: int = 1_000_000,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._client = redis_client(url, REDIS_TIMEOUT, REDIS_TIMEOUT)
        self._prefix, self._max_value_bytes, self._clock = prefix, max_value_bytes, clock
        self._lock = threading.Lock()
        self._failure, self._retry_at = "", 0.0
        self.failures = 0

    def get(self, name: str) -> bytes | None:
        """Returns the value stored under `name`, or None if there is none or Redis fails."""
        key, digest = self._key(name)
        stored = self._call(lambda: self._client.get(key))
        return stored[len(digest) :] if isinstance(stored, bytes) and stored.startswith(digest) else None

    def set(self, name: str, value: bytes, seconds: float) -> None:
        """Stores the value for `seconds`, if Redis accepts it."""
        if len(value) <= self._max_value_bytes and seconds > 0:
            key, digest = self._key(name)
            self._call(lambda: self._client.set(key, digest + value, px=max(1, int(seconds * 1000))))

    def close(self) -> None:
        self._client.connection_pool.disconnect()

    def _key(self, name: str) -> tuple[str, bytes]:
        """Returns the key in Redis, and the digest that the stored bytes begin with."""
        digest = hashlib.sha256(name.encode(errors="backslashreplace")).digest()
        return f"{self._prefix}:kept:{digest.hex()}", digest

    def _call(self, command: Callable[[], object]) -> object:
        """Returns None without a call in the RETRY_INTERVAL after a lost connection; then one thread tries."""
        with self._lock:
            now = self._clock()
            if now < self._retry_at:
                return None
            if self._failure == LOST:
                self._retry_at = now + RETRY_INTERVAL
        try:
            response = command()
        except Exception as error:
            self._note_failure(error)
            return None
        if self._failure == LOST:
            self._failure, self._retry_at = "", 0.0
            log.warning("Redis answers again: cached values are shared again")
        return response

    def _note_failure(self, error: Exception) -> None:
        """Counts a lost connection, or an error that Redis returned: a key of another type, no memory, no permission.
        Logs each once in a row."""
        lost = isinstance(error, connection_errors())
        failure = LOST if lost else f"{type(error).__name__}: {error}"
        with self._lock:
            self.failures += 1
            known, self._failure = self._failure == failure, failure
            self._retry_at = self._clock() + RETRY_INTERVAL if lost else 0.0
        if not known and lost:
            log.warning("Redis does not answer, cached values are not shared: %s", error)
        elif not known:
            log.warning("Redis refuses a command of the cache: %s", failure)
