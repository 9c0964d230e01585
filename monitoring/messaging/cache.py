"""A cache that is never wrong, only behind: a key says everything its value depends on. Pure.

It holds the journal's position, the scope (who may see it), the range; so nothing here is ever made invalid, what is
old is just not asked for any more. In front a bounded memory of this process, behind it Redis where there is one.
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
"""Plain values: their repr is the name under which a value is kept, and it tells 1 from True, 1.0 and "1"."""


@dataclass(slots=True)
class _Making:
    """A value that one thread makes and others wait for; None when it could not be made."""

    by: int = field(default_factory=threading.get_ident)
    done: threading.Event = field(default_factory=threading.Event)
    value: bytes | None = None


class CacheFigures(Struct, frozen=True):
    """What this process keeps: values and their bytes; how often one was asked for and found here, not found here, of
    those found in Redis; and how often Redis failed."""

    entries: Amount
    bytes: Amount
    hits: Amount
    misses: Amount
    from_redis: Amount
    failures: Amount


class Cache:
    """Keeps at most `entries` values and `size` bytes (of names and values) in this process. From any thread; blocks
    while a value is made, so not to be asked from an event loop."""

    def __init__(
        self, behind: RedisCache | None, entries: int, size: int, clock: Callable[[], float] = monotonic
    ) -> None:
        self._behind, self._entries, self._size, self._clock = behind, entries, size, clock
        self._guard = threading.Lock()
        self._kept: OrderedDict[str, tuple[bytes, float]] = OrderedDict()
        self._makings: dict[str, _Making] = {}
        self._bytes = self._hits = self._misses = self._from_redis = 0

    def get_or_set(self, key: Key, make: Callable[[], bytes], seconds: float) -> bytes:
        """The value under this key, made if nobody has it, and kept for so long (after Redis, for so long again).

        Of several threads that miss it one makes it, and the others wait. What `make` raises goes to its caller and
        is not kept; who waited then makes it for himself, and gets errors of his own.
        """
        name = repr(key)
        with self._guard:
            found = self._look(name)
            if found is not None:
                self._hits += 1
                return found
            making = self._makings.get(name)
            if making is None:
                self._misses += 1
                mine = self._makings[name] = _Making()
        if making is None:
            return self._make(name, mine, make, seconds)
        if making.by != threading.get_ident():
            making.done.wait()
        return self._shared(making, make)

    def figures(self) -> CacheFigures:
        failures = self._behind.failures if self._behind else 0
        with self._guard:
            return CacheFigures(len(self._kept), self._bytes, self._hits, self._misses, self._from_redis, failures)

    def _look(self, name: str) -> bytes | None:
        entry = self._kept.get(name)
        if entry is None:
            return None
        if entry[1] <= self._clock():
            self._drop(name)
            return None
        self._kept.move_to_end(name)
        return entry[0]

    def _make(self, name: str, making: _Making, make: Callable[[], bytes], seconds: float) -> bytes:
        try:
            found = self._behind.get(name) if self._behind else None
            making.value = make() if found is None else found
            with self._guard:
                self._from_redis += found is not None
                self._put(name, making.value, seconds)
        finally:
            with self._guard:
                del self._makings[name]
            making.done.set()
        if self._behind and found is None:
            self._behind.set(name, making.value, seconds)
        return making.value

    def _shared(self, making: _Making, make: Callable[[], bytes]) -> bytes:
        """What another thread made, or our own when it failed (or when what makes a value asks for it itself)."""
        with self._guard:
            self._hits += making.value is not None
            self._misses += making.value is None
        return make() if making.value is None else making.value

    def _put(self, name: str, value: bytes, seconds: float) -> None:
        self._drop(name)
        size = len(name) + len(value)
        if size > self._size or seconds <= 0:
            return
        self._kept[name] = (value, self._clock() + seconds)
        self._bytes += size
        while len(self._kept) > self._entries or self._bytes > self._size:
            self._drop(next(iter(self._kept)))

    def _drop(self, name: str) -> None:
        entry = self._kept.pop(name, None)
        if entry:
            self._bytes -= len(name) + len(entry[0])
