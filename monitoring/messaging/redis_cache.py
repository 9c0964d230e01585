"""A cache of bytes in Redis that several processes share. Pure.

A call waits for 0.1 s at most per step and never raises. Without Redis nothing is found, and nothing is stored.
"""

import hashlib
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any

from monitoring.messaging.redis_client import connection_errors, redis_client

log = logging.getLogger(__name__)
REDIS_TIMEOUT = 0.1
"""Seconds for a connection, and for a response."""
RETRY_INTERVAL = 2.0
"""Seconds without a call after a connection failure; then one thread tries again."""


@dataclass(frozen=True, slots=True)
class RedisKey:
    """A key in Redis, and the digest of the name that prefixes the stored bytes."""

    key: str
    digest: bytes


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
        self._disconnected, self._retry_at = False, 0.0
        self._last_refusal = ""
        self.failures = 0

    def get(self, name: str) -> bytes | None:
        """Returns the value stored under `name`, or None if there is none or Redis fails."""
        redis_key = self._redis_key(name)
        stored = self._call(lambda: self._client.get(redis_key.key))
        if isinstance(stored, bytes) and stored.startswith(redis_key.digest):
            return stored[len(redis_key.digest) :]
        return None

    def set(self, name: str, value: bytes, seconds: float) -> None:
        """Stores the value for `seconds`, if Redis accepts it."""
        if len(value) <= self._max_value_bytes and seconds > 0:
            redis_key, milliseconds = self._redis_key(name), max(1, int(seconds * 1000))
            self._call(lambda: self._client.set(redis_key.key, redis_key.digest + value, px=milliseconds))

    def close(self) -> None:
        self._client.connection_pool.disconnect()

    def _redis_key(self, name: str) -> RedisKey:
        digest = hashlib.sha256(name.encode(errors="backslashreplace")).digest()
        return RedisKey(f"{self._prefix}:kept:{digest.hex()}", digest)

    def _call(self, command: Callable[[], Any]) -> Any:
        if not self._may_call():
            return None
        response = None
        try:
            response = command()
        except connection_errors() as error:
            self._pause(error)
            return None
        except Exception as error:
            self._note_refusal(error)
        if self._disconnected:
            self._disconnected = False
            log.warning("Redis answers again: cached values are shared again")
        return response

    def _may_call(self) -> bool:
        """True if Redis may be called. After a connection failure one call in RETRY_INTERVAL seconds may try."""
        if not self._disconnected:
            return True
        with self._lock:
            now = self._clock()
            if now < self._retry_at:
                return False
            self._retry_at = now + RETRY_INTERVAL
            return True

    def _pause(self, error: Exception) -> None:
        with self._lock:
            self.failures += 1
            already_logged, self._disconnected = self._disconnected, True
            self._retry_at = self._clock() + RETRY_INTERVAL
        if not already_logged:
            log.warning("Redis does not answer, cached values are not shared: %s", error)

    def _note_refusal(self, error: Exception) -> None:
        """Counts an error that Redis returned: a key of another type, no memory, no permission. Logs each text once in
        a row."""
        self.failures += 1
        text = f"{type(error).__name__}: {error}"
        if text != self._last_refusal:
            self._last_refusal = text
            log.warning("Redis refuses a command of the cache: %s", text)
