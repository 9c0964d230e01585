"""Authenticates ingest requests by API key, and limits the rate of each key. Pure."""

import asyncio
import binascii
import logging
from base64 import b64decode
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from time import monotonic
from typing import TypeVar
from urllib.parse import unquote

from monitoring.ingest.batch import Refusal
from monitoring.ingest.http.rate_limit import TokenBucket

log = logging.getLogger(__name__)
T = TypeVar("T")
KEY_LIFETIME, KEY_REFRESH_AGE = 5.0, 2.5
"""Seconds for which a look-up is valid (a revoked key is refused after them), and after which a request with a known
key starts a new look-up without waiting for it."""
MAX_CACHED_KEYS = 1_000
"""Most cached keys; the same limit holds for cached unknown keys and for token buckets."""
MAX_LOOKUPS = 100
"""Most unknown secrets that are looked up at the same time."""
CIRCUIT_OPEN_SECONDS = 1.0
"""Circuit breaker: for so long after a failed look-up, requests get a 503 without asking the database."""
MAX_SECRET_CHARS = 200
"""A longer secret is refused without a look-up."""
KEY_PREFIX = "/k/"
"""A client that can configure only a URL sends the key in its path: /k/KEY/ before the protocol's path."""


@dataclass(frozen=True, slots=True)
class Key:
    """An API key's scopes and its limit: `rate` events a second (None: no limit), `burst` events at once."""

    name: str
    scopes: frozenset[str]
    rate: float | None
    burst: float


def split_key(path: str) -> tuple[str, str]:
    """Returns the key in a percent-encoded path ("" if none), and the path without it, without doubled and trailing
    slashes."""
    secret, rest = "", "/" + path.lstrip("/")
    if rest.startswith(KEY_PREFIX):
        secret, _, rest = rest.removeprefix(KEY_PREFIX).partition("/")
    return unquote(secret), "/" + "/".join(segment for segment in rest.split("/") if segment)


def read_secret(authorization: str) -> str:
    """Returns the key in an Authorization header, "" if none: the bearer token (RFC 6750), or the password or else the
    user of basic authentication (RFC 7617)."""
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return credentials.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        user, _, password = b64decode(credentials.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""
    return password or user


class CircuitOpen:
    """The result of a look-up that failed, or was not tried after a failure."""


@dataclass
class Authenticator:
    """Caches the keys that `find_key(secret)` finds, and holds their token buckets. `find_key` may block."""

    find_key: Callable[[str], Key | None]
    _known_keys: dict[str, tuple[float, Key | None]] = field(default_factory=dict)
    _unknown_keys: dict[str, tuple[float, Key | None]] = field(default_factory=dict)
    _lookups: "dict[str, asyncio.Task[Key | CircuitOpen | None]]" = field(default_factory=dict)
    _lookup_pool: Executor = field(default_factory=lambda: ThreadPoolExecutor(2, "keys"))
    _refresh_pool: Executor = field(default_factory=lambda: ThreadPoolExecutor(1, "known-keys"))
    _circuit_open_until: float = 0.0
    _buckets: dict[str, TokenBucket] = field(default_factory=dict)

    def figures(self) -> dict[str, int]:
        """Returns the sizes of the caches, and the number of running look-ups."""
        cached = {"keys": len(self._known_keys), "unknown": len(self._unknown_keys), "limits": len(self._buckets)}
        return cached | {"lookups": len(self._lookups)}

    async def admit(self, secret: str) -> Key:
        """Returns the key of a secret. Raises Refusal 401, 403 or 503."""
        if not secret:
            raise Refusal(401, "send the header `Authorization: Bearer KEY`")
        key = await self._cached_key(secret)
        if key is None:
            raise Refusal(401, "this key is unknown, or was revoked")
        if "ingest" not in key.scopes:
            raise Refusal(403, "this key does not have the scope `ingest`")
        return key

    async def _cached_key(self, secret: str) -> Key | None:
        cached, now = self._known_keys.get(secret) or self._unknown_keys.get(secret), monotonic()
        if cached and cached[0] > now:
            if cached[1] and cached[0] - now < KEY_LIFETIME - KEY_REFRESH_AGE and now >= self._circuit_open_until:
                self._start_lookup(secret)
            return cached[1]
        if len(secret) > MAX_SECRET_CHARS:
            return None
        result = CircuitOpen() if now < self._circuit_open_until else await self._await_lookup(secret)
        if isinstance(result, CircuitOpen):
            raise Refusal(503, "keys cannot be looked up right now; send it again later", 5.0)
        return result

    async def _await_lookup(self, secret: str) -> "Key | CircuitOpen | None":
        if secret not in self._lookups and secret not in self._known_keys and self._unknown_lookups() >= MAX_LOOKUPS:
            raise Refusal(503, f"slow down: {MAX_LOOKUPS} keys are being looked up", 1.0)
        return await asyncio.shield(self._start_lookup(secret))

    def _unknown_lookups(self) -> int:
        return sum(secret not in self._known_keys for secret in self._lookups)

    def _start_lookup(self, secret: str) -> "asyncio.Task[Key | CircuitOpen | None]":
        """Requests with the same secret share one look-up. Known keys have a pool of their own, so that they do not
        wait behind unknown ones."""
        lookup = self._lookups.get(secret)
        if lookup is None:
            pool = self._refresh_pool if secret in self._known_keys else self._lookup_pool
            lookup = self._lookups[secret] = asyncio.get_running_loop().create_task(self._run_lookup(pool, secret))
        return lookup

    async def _run_lookup(self, pool: Executor, secret: str) -> "Key | CircuitOpen | None":
        try:
            key = await asyncio.get_running_loop().run_in_executor(pool, self.find_key, secret)
        except Exception:
            if not self._circuit_open_until:  # logged once an outage, not every second
                log.exception("API key look-up failed")
            self._circuit_open_until = monotonic() + CIRCUIT_OPEN_SECONDS
            return CircuitOpen()
        finally:
            del self._lookups[secret]
        self._circuit_open_until = 0.0
        (self._unknown_keys if key else self._known_keys).pop(secret, None)
        _put_bounded(self._known_keys if key else self._unknown_keys, secret, (monotonic() + KEY_LIFETIME, key))
        return key

    def limit(self, key: Key, amount: int) -> None:
        """Takes `amount` items from the key's token bucket. Raises Refusal 429."""
        if key.rate is None:
            return
        bucket = self._buckets.get(key.name)
        if bucket is None or (bucket.rate, bucket.burst) != (key.rate, key.burst):
            bucket = TokenBucket(key.rate, key.burst, key.burst, monotonic())
            _put_bounded(self._buckets, key.name, bucket)
        wait = bucket.wait(amount, monotonic())
        if wait:
            raise Refusal(429, f"over this key's limit of {key.rate:g} events a second", wait)


def _put_bounded(cache: dict[str, T], name: str, value: T) -> None:
    """Evicts the oldest entry of a full cache."""
    if name not in cache and len(cache) >= MAX_CACHED_KEYS:
        del cache[next(iter(cache))]
    cache[name] = value
