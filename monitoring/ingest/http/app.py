"""The ingest application (raw ASGI): commits a request's events to the journal, then responds. Pure."""

import asyncio
import math
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from time import time

from monitoring.events.envelope import Unreadable
from monitoring.ingest.batch import Headers, IngestBatch, InputCounts, Protocol, Refusal, Reply
from monitoring.ingest.body import (
    MAX_BODY_BYTES,
    Broken,
    ClientDisconnected,
    MemoryBudget,
    OverBudget,
    Reservation,
    TooLarge,
    check_size,
    content_length,
    decompress_reserved,
    read_body,
)
from monitoring.ingest.http.auth import Authenticator, read_secret, split_key
from monitoring.messaging.asgi_types import Receive, Scope, Send
from monitoring.recording.writer import Failed, Full, Outcome, Writer

BODY_TIMEOUT = 30.0
"""Seconds in which a body must arrive."""
LARGE_BODY_BYTES = 256 * 1024
"""Bodies of at least so many bytes are parsed in a thread, so that the event loop is free for other requests."""
READER_THREADS = 2
"""Threads that parse large bodies."""
QUEUED_EVENT_BYTES = 4096
"""Upper estimate of the bytes of a queued event; dropped parts of a body are not queued."""
WRITE_TIMEOUT = 10.0
"""Seconds in which the journal must commit a request; after that the client gets a 503."""
RETRY_ADVICE = "send it again later: events that were kept nevertheless count once"
BODY_HEADERS = {b"content-length", b"transfer-encoding"}
"""A request with a body, also with an empty one, has one of these headers (RFC 9112, section 6)."""
PROTOCOL_ENCODINGS = ("snappy",)
"""Encodings that a protocol decodes itself, because its clients do not always send the header."""


@dataclass
class IngestApp:
    """Handles requests by the protocol of their path. `count_input(source, counts)` receives counts for the list of
    ignored input."""

    writer: Writer
    authenticator: Authenticator
    protocols: dict[str, Protocol]
    count_input: Callable[[str, InputCounts], None]
    budget: MemoryBudget = field(default_factory=lambda: MemoryBudget(8 * MAX_BODY_BYTES))
    counts: "Counter[str]" = field(default_factory=Counter)
    accepted: "Counter[str]" = field(default_factory=Counter)
    """New events by name of the protocol."""
    refused: "Counter[int]" = field(default_factory=Counter)
    """Requests that were refused as a whole, by status."""
    last_event_at: int | None = None
    """Receipt of the last new event, µs since 1970 UTC."""
    largest_bodies: "Counter[str]" = field(default_factory=Counter)
    """Bytes by name of the protocol."""
    max_items_seen: int = 0
    _readers: Executor = field(default_factory=lambda: ThreadPoolExecutor(READER_THREADS, "bodies"))

    def handles(self, path: str) -> bool:
        """Returns whether a protocol has this path, with or without a key in it."""
        return split_key(path)[1] in self.protocols

    def max_bytes(self, path: str) -> int | None:
        """Returns the most bytes of a body at this path, None if no protocol has it."""
        protocol = self.protocols.get(split_key(path)[1])
        return protocol.max_bytes if protocol else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        secret, path = split_key(scope["path"])
        protocol = self.protocols[path]
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        extra_headers: list[tuple[bytes, bytes]] = []
        try:
            reply = await self._handle(protocol, secret, scope["method"], headers, receive)
        except ClientDisconnected:
            return
        except (Refusal, Unreadable, Broken, TooLarge, OverBudget, Full) as error:
            refusal = _refusal_of(error)
            self.counts["refused requests"] += 1
            self.refused[refusal.status] += 1
            self.count_input(protocol.name, Counter({("refused", f"whole request, {refusal.status}"): 1}))
            reply, extra_headers = protocol.problem(headers, refusal), _retry_headers(refusal)
        await _send_reply(send, reply, extra_headers)

    async def rejects_key(self, secret: str, send: Send) -> bool:
        """Returns whether a key may not ingest; if so, the refusal has been sent."""
        try:
            await self.authenticator.admit(secret)
        except Refusal as refusal:
            text = f"{refusal.title}\n".encode()
            await _send_reply(send, Reply(refusal.status, b"text/plain; charset=utf-8", text), _retry_headers(refusal))
            return True
        return False

    async def _handle(self, protocol: Protocol, secret: str, method: str, headers: Headers, receive: Receive) -> Reply:
        if method != "POST":
            raise Refusal(405, "events are sent with POST")
        expected = content_length(headers.get(b"content-length", ""))
        check_size(expected or 0, protocol.max_bytes)  # before the key is looked up or anything is read
        key = await self.authenticator.admit(secret or read_secret(headers.get(b"authorization", "")))
        with self.budget.hold() as reservation:
            body = await _receive_body(headers, receive, protocol.max_bytes, expected, reservation)
            if len(body) < LARGE_BODY_BYTES and not protocol.busy:
                batch = protocol.read(headers, body)
            else:
                loop = asyncio.get_running_loop()
                batch = await loop.run_in_executor(self._readers, protocol.read, headers, body)
            self.largest_bodies[protocol.name] = max(len(body), self.largest_bodies[protocol.name])
            self.max_items_seen = max(batch.items, self.max_items_seen)
            self.authenticator.limit(key, batch.items)
            pending = self.writer.submit(batch.events, min(len(body), QUEUED_EVENT_BYTES * len(batch.events)))
        outcome = await _wait_for_commit(pending)
        self._count(protocol.name, batch, outcome)
        return protocol.reply(headers, batch, outcome)

    def figures(self) -> dict[str, int]:
        """Returns the counters since the start of this process."""
        counted = {name.replace(" ", "_"): number for name, number in self.counts.items()}
        return {"waiting_events": self.writer.depth, **counted}

    def _count(self, source: str, batch: IngestBatch, outcome: Outcome) -> None:
        new = sum(outcome.new)
        self.counts["accepted events"] += new
        self.accepted[source] += new
        self.last_event_at = int(time() * 1e6) if new else self.last_event_at
        self.counts["duplicate events"] += len(outcome.new) - new
        self.counts["rejected events"] += len(batch.rejected)
        self.counts["dropped fields"] += sum(event.dropped for event in batch.events)
        self.count_input(source, batch.counts)


async def _wait_for_commit(pending: "Future[Outcome]") -> Outcome:
    """Returns the outcome. A timeout withdraws the request if its commit has not begun. Raises Refusal 503."""
    result = asyncio.wrap_future(pending)
    timer = asyncio.get_running_loop().call_later(WRITE_TIMEOUT, result.cancel)
    try:
        return await result
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task and task.cancelling():  # the request was cancelled, not the wait
            raise
        raise Refusal(503, f"the journal has not answered for {WRITE_TIMEOUT:g} s; {RETRY_ADVICE}", 5.0) from None
    except Failed:
        raise Refusal(503, f"the journal cannot be written right now; {RETRY_ADVICE}", 5.0) from None
    finally:
        timer.cancel()


async def _receive_body(
    headers: Headers, receive: Receive, max_bytes: int, expected: int | None, reservation: Reservation
) -> bytes:
    """A slow client must not hold its part of the memory budget for ever. Raises Refusal 408."""
    encoding = headers.get(b"content-encoding", "").strip().lower()
    try:
        async with asyncio.timeout(BODY_TIMEOUT):
            raw = await read_body(receive, max_bytes, expected, reservation)
            if not raw and not BODY_HEADERS & headers.keys():
                raise Refusal(411, "no body: send Content-Length, or Transfer-Encoding: chunked")
            packing = "" if encoding in PROTOCOL_ENCODINGS else encoding
            return await decompress_reserved(raw, packing, max_bytes, reservation)
    except TimeoutError:
        raise Refusal(408, f"the body did not come within {BODY_TIMEOUT:.0f} s") from None


def _refusal_of(error: Exception) -> Refusal:
    if isinstance(error, Refusal):
        return error
    if isinstance(error, OverBudget | Full):
        return Refusal(503, f"slow down: {error}", 1.0)
    return Refusal(413 if isinstance(error, TooLarge) else 400, str(error))


async def _send_reply(send: Send, reply: Reply, extra_headers: list[tuple[bytes, bytes]]) -> None:
    body_headers = [(b"content-type", reply.content_type), (b"content-length", str(len(reply.body)).encode())]
    headers = [*(body_headers if reply.status != 204 else ()), *extra_headers]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers, "trailers": False})
    await send({"type": "http.response.body", "body": reply.body, "more_body": False})


def _retry_headers(refusal: Refusal) -> list[tuple[bytes, bytes]]:
    """Returns the headers Retry-After, WWW-Authenticate or Allow of a refusal."""
    extra_headers = []
    if refusal.retry_after is not None:
        extra_headers.append((b"retry-after", str(max(1, math.ceil(refusal.retry_after))).encode()))
    if refusal.status == 401:
        extra_headers.append((b"www-authenticate", b"Bearer"))
    if refusal.status == 405:
        extra_headers.append((b"allow", b"POST"))
    return extra_headers
