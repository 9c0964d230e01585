"""`POST /api/v1/events`, raw ASGI: a Django view costs more than the rest of the way together."""

import asyncio
import logging
import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import msgspec

from monitoring.events.envelope import Event, Unreadable, id_of, parse_all, split
from monitoring.ingest.body import Broken, Gone, TooLarge, read_body, unpack
from monitoring.ingest.limits import TokenBucket
from monitoring.ingest.writer import Failed, Full, Outcome, Writer

log = logging.getLogger(__name__)
MOST_EVENTS = 10_000
KEY_KEPT = 5.0
"""Seconds for which a key's answer is kept: a revoked key ends no later."""
MOST_KEYS_KEPT = 1_000


@dataclass(frozen=True, slots=True)
class Key:
    """What the door needs to know of an API key."""

    name: str
    scopes: frozenset[str]
    rate: float | None
    burst: float


@dataclass
class Answer(Exception):
    """A refusal of the whole request, as problem details (RFC 9457)."""

    status: int
    title: str
    retry_after: float | None = None


@dataclass
class Door:
    """Takes requests in; `find_key(secret)` looks a key up and may block."""

    writer: Writer
    find_key: Callable[[str], Key | None]
    counts: "Counter[str]" = field(default_factory=Counter)
    _kept: dict[str, tuple[float, Key | None]] = field(default_factory=dict)
    _buckets: dict[str, TokenBucket] = field(default_factory=dict)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        extra: list[tuple[bytes, bytes]] = []
        try:
            status, body = 200, await self._answer(scope, receive)
        except Gone:
            return
        except Answer as refusal:
            self.counts["refused requests"] += 1
            status, (body, extra) = refusal.status, _problem(refusal)
        kind = b"application/json" if status == 200 else b"application/problem+json"
        headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), *extra]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Any, receive: Any) -> bytes:
        if scope["method"] != "POST":
            raise Answer(405, "events are sent with POST")
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        key = await self._key(headers.get(b"authorization", ""))
        events = await _raw_events(headers, receive)
        self._limit(key, len(events))
        return await self._take(events)

    async def _key(self, authorization: str) -> Key:
        scheme, _, secret = authorization.partition(" ")
        if scheme.lower() != "bearer" or not secret:
            raise Answer(401, "send the header `Authorization: Bearer KEY`")
        key = await self._known(secret.strip())
        if key is None:
            raise Answer(401, "this key is not known, or was revoked")
        if "ingest" not in key.scopes:
            raise Answer(403, "this key does not have the scope `ingest`")
        return key

    async def _known(self, secret: str) -> Key | None:
        kept = self._kept.get(secret)
        if kept and kept[0] > monotonic():
            return kept[1]
        try:
            key = await asyncio.to_thread(self.find_key, secret)
        except Exception:
            log.exception("an API key could not be looked up")
            raise Answer(503, "keys cannot be looked up right now; send it again later", 5.0) from None
        if len(self._kept) >= MOST_KEYS_KEPT:
            self._kept.clear()
        self._kept[secret] = (monotonic() + KEY_KEPT, key)
        return key

    def _limit(self, key: Key, amount: int) -> None:
        if key.rate is None:
            return
        bucket = self._buckets.get(key.name)
        if bucket is None or (bucket.rate, bucket.burst) != (key.rate, key.burst):
            bucket = self._buckets[key.name] = TokenBucket(key.rate, key.burst, key.burst, monotonic())
        wait = bucket.wait(amount, monotonic())
        if wait:
            raise Answer(429, f"over this key's limit of {key.rate:g} events a second", wait)

    async def _take(self, raws: Sequence[bytes]) -> bytes:
        events, rejected = _sorted_out(raws)
        self.counts["dropped fields"] += sum(event.dropped for event in events)
        self.counts["rejected events"] += len(rejected)
        outcome = await self._written(events, sum(map(len, raws)))
        accepted = sum(outcome.new)
        duplicate = len(outcome.new) - accepted
        self.counts["accepted events"] += accepted
        self.counts["duplicate events"] += duplicate
        said = {"accepted": accepted, "duplicate": duplicate, "rejected": rejected, "position": outcome.position}
        return msgspec.json.encode(said)

    async def _written(self, events: Sequence[Event], size: int) -> Outcome:
        try:
            return await asyncio.wrap_future(self.writer.submit(events, size))
        except Full as full:
            raise Answer(503, f"slow down: {full}", 1.0) from None
        except Failed:
            raise Answer(
                503, "the journal cannot be written right now; nothing was kept, send it again later", 5.0
            ) from None


async def _raw_events(headers: dict[bytes, str], receive: Any) -> list[bytes]:
    try:
        body = unpack(await read_body(receive), headers.get(b"content-encoding", "").strip().lower())
        raws = split(body, headers.get(b"content-type", "").partition(";")[0].strip().lower())
    except TooLarge as error:
        raise Answer(413, str(error)) from None
    except (Broken, Unreadable) as error:
        raise Answer(400, str(error)) from None
    if len(raws) > MOST_EVENTS:
        raise Answer(413, f"{len(raws)} events; at most {MOST_EVENTS} a request")
    return raws


def _sorted_out(raws: Sequence[bytes]) -> tuple[list[Event], list[dict[str, Any]]]:
    events, rejected = [], []
    for index, (raw, found) in enumerate(zip(raws, parse_all(list(raws), datetime.now(UTC)), strict=True)):
        if isinstance(found, Event):
            events.append(found)
        else:
            rejected.append({"index": index, "id": id_of(raw), "reason": str(found)})
    return events, rejected


def _problem(refusal: Answer) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    extra = []
    if refusal.retry_after is not None:
        extra.append((b"retry-after", str(max(1, math.ceil(refusal.retry_after))).encode()))
    if refusal.status == 401:
        extra.append((b"www-authenticate", b"Bearer"))
    if refusal.status == 405:
        extra.append((b"allow", b"POST"))
    return msgspec.json.encode({"type": "about:blank", "title": refusal.title, "status": refusal.status}), extra
