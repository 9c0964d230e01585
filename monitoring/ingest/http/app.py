"""The door over raw ASGI: a request's events are on disk and in the journal before its answer leaves. Pure."""

import asyncio
import math
from collections import Counter
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from time import time
from typing import Any

from monitoring.events.envelope import Unreadable
from monitoring.ingest.batch import Headers, IngestBatch, Protocol, Refusal, Reply, Seen
from monitoring.ingest.body import (
    MOST_BYTES,
    Broken,
    ClientDisconnected,
    MemoryBudget,
    OverBudget,
    Reservation,
    TooLarge,
    check_size,
    content_length,
    read_body,
    unpack_held,
)
from monitoring.ingest.http.auth import Authenticator, parted, secret_in
from monitoring.recording.writer import Failed, Full, Outcome, Writer

SLOWEST = 30.0
"""Seconds that a body may take to arrive."""
LARGE = 256 * 1024
"""Bytes of a body from which on it is read in a thread, so that nobody else waits."""
READERS = 2
"""Threads that read large bodies."""
EVENT_BYTES = 4096
"""Bytes that an event takes while it waits, nearly always: what is dropped of a body does not wait."""
PATIENCE = 10.0
"""Seconds for which a sender waits for the journal; then it is told to send again."""
AGAIN = "send it again later: what was kept nevertheless counts once"
FRAMING = {b"content-length", b"transfer-encoding"}
"""Headers of which one says that there is a body, be it an empty one."""
PROTOCOLS_OWN = ("snappy",)
"""Encodings that belong to a protocol, said or not: it undoes them itself."""


@dataclass
class IngestApp:
    """Takes requests in, each by the protocol of its address. `see(source, counts)` learns what was not kept."""

    writer: Writer
    gate: Authenticator
    protocols: dict[str, Protocol]
    see: Callable[[str, Seen], None]
    room: MemoryBudget = field(default_factory=lambda: MemoryBudget(8 * MOST_BYTES))
    counts: "Counter[str]" = field(default_factory=Counter)
    newest: int | None = None
    """When the last new event was taken, µs since 1970 UTC."""
    largest_bodies: "Counter[str]" = field(default_factory=Counter)
    """Bytes, by the name of the protocol."""
    most_items: int = 0
    _readers: Executor = field(default_factory=lambda: ThreadPoolExecutor(READERS, "bodies"))

    def opens(self, path: str) -> bool:
        """Whether this is an address of the door."""
        return parted(path)[1] in self.protocols

    def most_bytes(self, path: str) -> int | None:
        """Bytes of a body as it arrives at this address; None where it is not an address of the door."""
        protocol = self.protocols.get(parted(path)[1])
        return protocol.most_bytes if protocol else None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        secret, path = parted(scope["path"])
        protocol = self.protocols[path]
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        extra: list[tuple[bytes, bytes]] = []
        try:
            reply = await self._answer(protocol, secret, scope["method"], headers, receive)
        except ClientDisconnected:
            return
        except Refusal as refusal:
            self.counts["refused requests"] += 1
            self.see(protocol.name, Counter({("refused", f"whole request, {refusal.status}"): 1}))
            reply, extra = protocol.problem(headers, refusal), _advice(refusal)
        await _say(send, reply, extra)

    async def turns_away(self, secret: str, send: Any) -> bool:
        """Whether a key is not let in; then that is said."""
        try:
            await self.gate.admit(secret)
        except Refusal as refusal:
            words = f"{refusal.title}\n".encode()
            await _say(send, Reply(refusal.status, b"text/plain; charset=utf-8", words), _advice(refusal))
            return True
        return False

    async def _answer(self, protocol: Protocol, secret: str, method: str, headers: Headers, receive: Any) -> Reply:
        if method != "POST":
            raise Refusal(405, "events are sent with POST")
        _check_announced(headers, protocol.most_bytes)
        key = await self.gate.admit(secret or secret_in(headers.get(b"authorization", "")))
        with self.room.hold() as held:
            body = await _in_time(_body(headers, receive, protocol.most_bytes, held))
            parcel = await self._read(protocol, headers, body)
            self._measure(protocol.name, len(body), parcel.items)
            self.gate.limit(key, parcel.items)
            done = self._queued(parcel, min(len(body), EVENT_BYTES * len(parcel.events)))
        outcome = await _written(done)
        self._count(protocol.name, parcel, outcome)
        return protocol.reply(headers, parcel, outcome)

    async def _read(self, protocol: Protocol, headers: Headers, body: bytes) -> IngestBatch:
        try:
            if len(body) < LARGE and not protocol.busy:
                return protocol.read(headers, body)
            return await asyncio.get_running_loop().run_in_executor(self._readers, protocol.read, headers, body)
        except TooLarge as error:
            raise Refusal(413, str(error)) from None
        except (Broken, Unreadable) as error:
            raise Refusal(400, str(error)) from None

    def _queued(self, parcel: IngestBatch, size: int) -> "Future[Outcome]":
        try:
            return self.writer.submit(parcel.events, size)
        except Full as full:
            raise Refusal(503, f"slow down: {full}", 1.0) from None

    def _measure(self, name: str, size: int, items: int) -> None:
        self.largest_bodies[name] = max(size, self.largest_bodies[name])
        if items > self.most_items:
            self.most_items = items

    def figures(self) -> dict[str, int]:
        """What this process's door saw since it started."""
        counted = {name.replace(" ", "_"): number for name, number in self.counts.items()}
        return {"waiting_events": self.writer.depth, **counted}

    def _count(self, source: str, parcel: IngestBatch, outcome: Outcome) -> None:
        new = sum(outcome.new)
        self.counts["accepted events"] += new
        self.newest = int(time() * 1e6) if new else self.newest
        self.counts["duplicate events"] += len(outcome.new) - new
        self.counts["rejected events"] += len(parcel.rejected)
        self.counts["dropped fields"] += sum(event.dropped for event in parcel.events)
        self.see(source, parcel.seen)


async def _written(done: "Future[Outcome]") -> Outcome:
    """Whoever stops waiting takes back what is not being written yet."""
    answer = asyncio.wrap_future(done)
    timer = asyncio.get_running_loop().call_later(PATIENCE, answer.cancel)
    try:
        return await answer
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task and task.cancelling():  # it was the request that was ended, and not its patience
            raise
        raise Refusal(503, f"the journal has not answered for {PATIENCE:g} s; {AGAIN}", 5.0) from None
    except Failed:
        raise Refusal(503, f"the journal cannot be written right now; {AGAIN}", 5.0) from None
    finally:
        timer.cancel()


async def _in_time(body: Awaitable[bytes]) -> bytes:
    """Whoever sends too slowly gives the room back to others."""
    try:
        async with asyncio.timeout(SLOWEST):
            return await body
    except TimeoutError:
        raise Refusal(408, f"the body did not come within {SLOWEST:.0f} s") from None


def _check_announced(headers: Headers, most: int) -> None:
    """A body that says it is too large is refused before anything else is done."""
    try:
        check_size(content_length(headers.get(b"content-length", "")) or 0, most)
    except TooLarge as error:
        raise Refusal(413, str(error)) from None


async def _body(headers: Headers, receive: Any, most: int, held: Reservation) -> bytes:
    encoding = headers.get(b"content-encoding", "").strip().lower()
    try:
        raw = await read_body(receive, most, content_length(headers.get(b"content-length", "")), held)
        if not raw and not FRAMING & headers.keys():
            raise Refusal(411, "no body came: send Content-Length, or Transfer-Encoding: chunked")
        return await unpack_held(raw, "" if encoding in PROTOCOLS_OWN else encoding, most, held)
    except OverBudget as crowded:
        raise Refusal(503, f"slow down: {crowded}", 1.0) from None
    except TooLarge as error:
        raise Refusal(413, str(error)) from None
    except Broken as error:
        raise Refusal(400, str(error)) from None


async def _say(send: Any, reply: Reply, extra: list[tuple[bytes, bytes]]) -> None:
    said = [(b"content-type", reply.kind), (b"content-length", str(len(reply.body)).encode())]
    headers = [*(said if reply.status != 204 else ()), *extra]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})


def _advice(refusal: Refusal) -> list[tuple[bytes, bytes]]:
    """The headers that tell a refused sender what to do."""
    extra = []
    if refusal.retry_after is not None:
        extra.append((b"retry-after", str(max(1, math.ceil(refusal.retry_after))).encode()))
    if refusal.status == 401:
        extra.append((b"www-authenticate", b"Bearer"))
    if refusal.status == 405:
        extra.append((b"allow", b"POST"))
    return extra
