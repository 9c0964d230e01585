"""What several processes keep together in Redis: opaque bytes, under a key that says all they depend on. Pure.

Whoever asks here never waits for long and never gets an error: without Redis there is nothing to be found, that is all.
"""

import hashlib
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any

from monitoring.messaging.redis_client import client, unreachable

log = logging.getLogger(__name__)
WAIT = 0.1
"""Seconds for a connection, and for an answer."""
APART = 2.0
"""Seconds for which Redis is left alone after a failure; then one caller tries."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value is kept: its key in Redis, and the digest with which its bytes begin."""

    key: str
    digest: bytes


class RedisCache:
    """Bytes under a name. Values over `largest` bytes are not sent. A value is written behind its name's digest, so
    that what somebody else put there is not taken for ours."""

    def __init__(
        self, url: str, prefix: str = "sbdash", largest: int = 1_000_000, clock: Callable[[], float] = monotonic
    ) -> None:
        self._client, self._prefix, self._largest, self._clock = client(url, WAIT, WAIT), prefix, largest, clock
        self._guard = threading.Lock()
        self._apart, self._not_before = False, 0.0
        self._refused = ""
        self.failures = 0

    def get(self, name: str) -> bytes | None:
        """What is kept under this name, None for nothing and for whatever hinders."""
        place = self._place(name)
        found = self._try(lambda: self._client.get(place.key))
        if isinstance(found, bytes) and found.startswith(place.digest):
            return found[len(place.digest) :]
        return None

    def set(self, name: str, value: bytes, seconds: float) -> None:
        """Keep it for so long, if that is possible."""
        if len(value) <= self._largest and seconds > 0:
            place, milliseconds = self._place(name), max(1, int(seconds * 1000))
            self._try(lambda: self._client.set(place.key, place.digest + value, px=milliseconds))

    def close(self) -> None:
        self._client.connection_pool.disconnect()

    def _place(self, name: str) -> Place:
        digest = hashlib.sha256(name.encode(errors="backslashreplace")).digest()
        return Place(f"{self._prefix}:kept:{digest.hex()}", digest)

    def _try(self, ask: Callable[[], Any]) -> Any:
        if not self._may():
            return None
        found = None
        try:
            found = ask()
        except unreachable() as error:
            self._leave_alone(error)
            return None
        except Exception as error:
            self._note_refusal(error)
        if self._apart:
            self._apart = False
            log.warning("Redis answers again, and keeps what is made")
        return found

    def _may(self) -> bool:
        """Whether Redis is asked; after a failure only one caller in APART seconds."""
        if not self._apart:
            return True
        with self._guard:
            now = self._clock()
            if now < self._not_before:
                return False
            self._not_before = now + APART
            return True

    def _leave_alone(self, error: Exception) -> None:
        with self._guard:
            self.failures += 1
            said, self._apart = self._apart, True
            self._not_before = self._clock() + APART
        if not said:
            log.warning("nothing is kept in Redis while it does not answer: %s", error)

    def _note_refusal(self, error: Exception) -> None:
        """Redis is there and refuses: something else is under the key, no room, no right to it. Said once each."""
        self.failures += 1
        words = f"{type(error).__name__}: {error}"
        if words != self._refused:
            self._refused = words
            log.warning("Redis refuses to keep or to give what is made: %s", words)
