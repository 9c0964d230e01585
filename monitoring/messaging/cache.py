"""A two-level cache without invalidation: bounded memory in front of an optional Redis. Pure.

A key contains everything that its value depends on (the journal's position, the viewer's scope, the range of time). An
outdated value is therefore never returned: later requests use another key.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Annotated

from msgspec import Meta, Struct

from monitoring.messaging.redis_cache import RedisCache

Amount = Annotated[int, Meta(ge=0)]
Word = str | int | float | bool | bytes | None
Key = tuple["Word | Key", ...]
"""Plain values. The key's repr names the stored value; it distinguishes 1 from True, 1.0 and "1"."""


@dataclass(slots=True)
class _Computation:
    """A value that one thread computes and others wait for. `value` stays None if the computation failed."""

    thread_id: int = field(default_factory=threading.get_ident)
    done: threading.Event = field(default_factory=threading.Event)
    value: bytes | None = None


class CacheFigures(Struct, frozen=True):
    """This process's cache: stored values and their bytes; lookups that found a value here (hits) and that did not
    (misses); misses that Redis answered; failed calls of Redis."""

    entries: Amount
    bytes: Amount
    hits: Amount
    misses: Amount
    from_redis: Amount
    failures: Amount


class Cache:
    """A least-recently-used cache of at most `max_entries` values and `max_bytes` bytes (of names and values).

    Safe to call from any thread. Blocks while a value is computed: do not call it on an event loop.
    """

    def __init__(
        self, redis: RedisCache | None, max_entries: int, max_bytes: int, clock: Callable[[], float] = monotonic
    ) -> None:
        self._redis, self._max_entries, self._max_bytes, self._clock = redis, max_entries, max_bytes, clock
        self._lock = threading.Lock()
        self._values: OrderedDict[str, tuple[bytes, float]] = OrderedDict()
        self._computations: dict[str, _Computation] = {}
        self._bytes = self._hits = self._misses = self._from_redis = 0

    def get_or_set(self, key: Key, make: Callable[[], bytes], seconds: float) -> bytes:
        """Returns the value of `key`. Calls `make` on a miss here and in Redis.

        A value expires here `seconds` after it was stored here, and in Redis `seconds` after it was stored there. Of
        several threads that miss the same key one calls `make`, and the others wait. An error of `make` is raised to
        its caller and is not stored; each waiting thread then calls its own `make`.
        """
        name = repr(key)
        with self._lock:
            value = self._lookup(name)
            if value is not None:
                self._hits += 1
                return value
            running = self._computations.get(name)
            if running is None:
                self._misses += 1
                started = self._computations[name] = _Computation()
        if running is not None:
            return self._wait_for(running, make)
        try:
            stored = self._redis.get(name) if self._redis else None
            value = started.value = make() if stored is None else stored
            with self._lock:
                self._from_redis += stored is not None
                self._store(name, value, seconds)
        finally:
            with self._lock:
                del self._computations[name]
            started.done.set()
        if self._redis and stored is None:
            self._redis.set(name, value, seconds)
        return value

    def figures(self) -> CacheFigures:
        failures = self._redis.failures if self._redis else 0
        with self._lock:
            return CacheFigures(len(self._values), self._bytes, self._hits, self._misses, self._from_redis, failures)

    def _lookup(self, name: str) -> bytes | None:
        entry = self._values.get(name)
        if entry is None:
            return None
        if entry[1] <= self._clock():
            self._drop(name)
            return None
        self._values.move_to_end(name)
        return entry[0]

    def _wait_for(self, running: _Computation, make: Callable[[], bytes]) -> bytes:
        """Calls `make` if the computation failed, or if this thread runs it: `make` has then asked for its own key."""
        if running.thread_id != threading.get_ident():
            running.done.wait()
        with self._lock:
            self._hits += running.value is not None
            self._misses += running.value is None
        return make() if running.value is None else running.value

    def _store(self, name: str, value: bytes, seconds: float) -> None:
        self._drop(name)
        size = len(name) + len(value)
        if size > self._max_bytes or seconds <= 0:
            return
        self._values[name] = (value, self._clock() + seconds)
        self._bytes += size
        while len(self._values) > self._max_entries or self._bytes > self._max_bytes:
            self._drop(next(iter(self._values)))

    def _drop(self, name: str) -> None:
        entry = self._values.pop(name, None)
        if entry:
            self._bytes -= len(name) + len(entry[0])
