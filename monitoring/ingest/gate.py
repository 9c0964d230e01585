"""Who may come in, and how much of them: keys, in whichever way a sender can show one."""

import asyncio
import binascii
import logging
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from monitoring.ingest.limits import TokenBucket
from monitoring.ingest.protocols.parcel import Refusal

log = logging.getLogger(__name__)
KEPT = 5.0
"""Seconds for which a key's answer is kept: a revoked key ends no later."""
MOST_KEPT = 1_000
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
    """The key in an address, and the address without it."""
    if not path.startswith(PATH):
        return "", path
    secret, _, rest = path.removeprefix(PATH).partition("/")
    return secret, f"/{rest}"


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


@dataclass
class Gate:
    """Knows keys by `find_key(secret)`, which may block, and how much each has sent."""

    find_key: Callable[[str], Key | None]
    _kept: dict[str, tuple[float, Key | None]] = field(default_factory=dict)
    _buckets: dict[str, TokenBucket] = field(default_factory=dict)

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
        kept = self._kept.get(secret)
        if kept and kept[0] > monotonic():
            return kept[1]
        try:
            key = await asyncio.to_thread(self.find_key, secret)
        except Exception:
            log.exception("an API key could not be looked up")
            raise Refusal(503, "keys cannot be looked up right now; send it again later", 5.0) from None
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        self._kept[secret] = (monotonic() + KEPT, key)
        return key

    def limit(self, key: Key, amount: int) -> None:
        """Raises Refusal 429 when the key sends more than it may."""
        if key.rate is None:
            return
        bucket = self._buckets.get(key.name)
        if bucket is None or (bucket.rate, bucket.burst) != (key.rate, key.burst):
            bucket = self._buckets[key.name] = TokenBucket(key.rate, key.burst, key.burst, monotonic())
        wait = bucket.wait(amount, monotonic())
        if wait:
            raise Refusal(429, f"over this key's limit of {key.rate:g} events a second", wait)
