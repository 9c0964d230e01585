"""Who may come in, and how much of them: keys, in whichever way a sender can show one. Pure."""

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
KEPT, FRESH = 5.0, 2.5
"""Seconds for which a key's answer is kept (a revoked key ends no later), and after which it is looked up anew while
who shows it still comes in."""
MOST_KEPT = 1_000
"""Keys that are remembered; so many again that are none, and as many limits."""
MOST_ASKED = 100
"""Unknown secrets that are being looked up at the same time."""
DEAF = 1.0
"""Seconds for which nobody is looked up after that failed: who asks next would only wait for the same."""
LONGEST = 200
"""Characters of a secret: a longer one is no key."""
PATH = "/k/"
"""Who can set nothing but an address puts the key into it: /k/KEY/ before the path."""


@dataclass(frozen=True, slots=True)
class Key:
    """What the door needs to know of an API key."""

    name: str
    scopes: frozenset[str]
    rate: float | None
    burst: float


def parted(path: str) -> tuple[str, str]:
    """The key in an address whose segments are percent-encoded, and the address without it. Doubled slashes and one at
    the end change nothing."""
    secret, rest = "", "/" + path.lstrip("/")
    if rest.startswith(PATH):
        secret, _, rest = rest.removeprefix(PATH).partition("/")
    return unquote(secret), "/" + "/".join(part for part in rest.split("/") if part)


def secret_in(authorization: str) -> str:
    """The key in an Authorization header: a bearer's, or the password (or else the user) of basic authentication
    (RFC 6750, RFC 7617)."""
    scheme, _, words = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return words.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        user, _, password = b64decode(words.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""
    return password or user


class CircuitOpen:
    """The answer that there is none: keys cannot be looked up."""


@dataclass
class Authenticator:
    """Knows keys by `find_key(secret)`, which may block, and how much each has sent."""

    find_key: Callable[[str], Key | None]
    _kept: dict[str, tuple[float, Key | None]] = field(default_factory=dict)
    _strange: dict[str, tuple[float, Key | None]] = field(default_factory=dict)
    _asking: "dict[str, asyncio.Task[Key | CircuitOpen | None]]" = field(default_factory=dict)
    _look_ups: Executor = field(default_factory=lambda: ThreadPoolExecutor(2, "keys"))
    _renewals: Executor = field(default_factory=lambda: ThreadPoolExecutor(1, "known-keys"))
    _deaf_until: float = 0.0
    _buckets: dict[str, TokenBucket] = field(default_factory=dict)

    def figures(self) -> dict[str, int]:
        """How many keys, strange secrets and limits are remembered, and how many secrets are being looked up."""
        kept = {"keys": len(self._kept), "strange": len(self._strange), "limits": len(self._buckets)}
        return kept | {"asked": len(self._asking)}

    async def admit(self, secret: str) -> Key:
        """The key behind a secret. Raises Refusal 401, 403 or 503."""
        if not secret:
            raise Refusal(401, "send the header `Authorization: Bearer KEY`")
        key = await self._known(secret)
        if key is None:
            raise Refusal(401, "this key is not known, or was revoked")
        if "ingest" not in key.scopes:
            raise Refusal(403, "this key does not have the scope `ingest`")
        return key

    async def _known(self, secret: str) -> Key | None:
        kept, now = self._kept.get(secret) or self._strange.get(secret), monotonic()
        if kept and kept[0] > now:
            if kept[1] and kept[0] - now < KEPT - FRESH and now >= self._deaf_until:
                self._look_up(secret)
            return kept[1]
        if len(secret) > LONGEST:
            return None
        found = CircuitOpen() if now < self._deaf_until else await self._asked(secret)
        if isinstance(found, CircuitOpen):
            raise Refusal(503, "keys cannot be looked up right now; send it again later", 5.0)
        return found

    async def _asked(self, secret: str) -> "Key | CircuitOpen | None":
        if secret not in self._asking and secret not in self._kept and self._unknown_asked() >= MOST_ASKED:
            raise Refusal(503, f"slow down: {MOST_ASKED} keys are being looked up", 1.0)
        return await asyncio.shield(self._look_up(secret))

    def _unknown_asked(self) -> int:
        return sum(secret not in self._kept for secret in self._asking)

    def _look_up(self, secret: str) -> "asyncio.Task[Key | CircuitOpen | None]":
        """One question for all who show the same secret. Known keys do not wait behind unknown ones."""
        asking = self._asking.get(secret)
        if asking is None:
            pool = self._renewals if secret in self._kept else self._look_ups
            asking = self._asking[secret] = asyncio.get_running_loop().create_task(self._ask(pool, secret))
        return asking

    async def _ask(self, pool: Executor, secret: str) -> "Key | CircuitOpen | None":
        try:
            key = await asyncio.get_running_loop().run_in_executor(pool, self.find_key, secret)
        except Exception:
            if not self._deaf_until:  # said once, and not every second
                log.exception("an API key could not be looked up")
            self._deaf_until = monotonic() + DEAF
            return CircuitOpen()
        finally:
            del self._asking[secret]
        self._deaf_until = 0.0
        (self._strange if key else self._kept).pop(secret, None)
        _put(self._kept if key else self._strange, secret, (monotonic() + KEPT, key))
        return key

    def limit(self, key: Key, amount: int) -> None:
        """Raises Refusal 429 when the key sends more than it may."""
        if key.rate is None:
            return
        bucket = self._buckets.get(key.name)
        if bucket is None or (bucket.rate, bucket.burst) != (key.rate, key.burst):
            bucket = TokenBucket(key.rate, key.burst, key.burst, monotonic())
            _put(self._buckets, key.name, bucket)
        wait = bucket.wait(amount, monotonic())
        if wait:
            raise Refusal(429, f"over this key's limit of {key.rate:g} events a second", wait)


def _put(kept: dict[str, T], name: str, value: T) -> None:
    """Remember something; the oldest is forgotten for it where there is no room."""
    if name not in kept and len(kept) >= MOST_KEPT:
        del kept[next(iter(kept))]
    kept[name] = value
