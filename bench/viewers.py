"""Many browsers in one process, as cheap as can be: they note when a frame came and how it began."""

import asyncio
import resource
from collections.abc import Callable
from time import monotonic
from typing import cast

KEPT = 160
"""Bytes of each frame that are handed on."""
AT_ONCE = 40
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
Seen = Callable[[float, bytes], None]


def many_files(wanted: int = 8_192) -> None:
    """Raise the bound on open files, for this process and those it starts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        bound = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (bound, hard))


def handshake(port: int, path: str, cookie: str = "") -> bytes:
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        "Sec-WebSocket-Version: 13",
        *([f"Cookie: {cookie}"] if cookie else []),
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def masked(kind: int, payload: bytes) -> bytes:
    """A short client's frame; its mask is zero, which leaves the payload as it is."""
    if len(payload) > 125:
        raise ValueError("only short frames are sent here")
    return bytes([0x80 | kind, 0x80 | len(payload), 0, 0, 0, 0]) + payload


class Viewer(asyncio.Protocol):
    """One socket. `opened` is done when the handshake is, `seen` is told of every text frame."""

    def __init__(self, hello: bytes, greeting: bytes, seen: Seen) -> None:
        self.hello, self.greeting, self.seen = hello, greeting, seen
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.buffer = bytearray()
        self.transport: asyncio.Transport | None = None
        self.ended = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by name
        self.transport.write(self.hello)

    def connection_lost(self, error: Exception | None) -> None:
        self.ended = self.ended or f"lost: {error}"
        if not self.opened.done():
            self.opened.set_exception(ConnectionError(self.ended))

    def data_received(self, data: bytes) -> None:
        now = monotonic()
        self.buffer += data
        if self.opened.done() or self._open():
            self._frames(now)

    def _open(self) -> bool:
        head, found, rest = bytes(self.buffer).partition(b"\r\n\r\n")
        if not found:
            return False
        if b" 101 " not in head.partition(b"\r\n")[0]:
            self.opened.set_exception(ConnectionError(head[:200].decode("latin-1")))
            self.close()
            return False
        self.buffer = bytearray(rest)
        if self.greeting and self.transport:
            self.transport.write(masked(TEXT, self.greeting))
        self.opened.set_result(None)
        return True

    def _frames(self, now: float) -> None:
        at, buffer = 0, self.buffer
        while bounds := _bounds(buffer, at):
            start, end = bounds
            if (kind := buffer[at] & 15) == TEXT:
                self.seen(now, bytes(buffer[start : min(end, start + KEPT)]))
            elif kind:
                self._control(kind, bytes(buffer[start:end]))
            at = end
        del buffer[:at]

    def _control(self, kind: int, payload: bytes) -> None:
        if kind == PING and self.transport:
            self.transport.write(masked(PONG, payload))
        elif kind == CLOSE:
            self.ended = f"closed with {int.from_bytes(payload[:2], 'big')}"

    def close(self) -> None:
        if self.transport:
            self.transport.abort()


def _bounds(buffer: bytearray, at: int) -> tuple[int, int] | None:
    """The begin and end of the payload of the frame at `at`; None while it is not whole."""
    there = len(buffer) - at
    if there < 2:
        return None
    size, start = buffer[at + 1] & 127, at + 2
    if size > 125:
        start += 2 if size == 126 else 8
        if there < start - at:
            return None
        size = int.from_bytes(buffer[at + 2 : start], "big")
    return (start, start + size) if len(buffer) >= start + size else None


async def connect(count: int, port: int, hello: bytes, greeting: bytes, seen: Seen) -> list[Viewer]:
    """So many open sockets, a few at a time: a server's backlog is short."""
    loop, viewers = asyncio.get_running_loop(), list[Viewer]()

    async def one() -> Viewer:
        viewer = (await loop.create_connection(lambda: Viewer(hello, greeting, seen), "127.0.0.1", port))[1]
        await asyncio.wait_for(viewer.opened, 30)
        return viewer

    while len(viewers) < count:
        viewers += await asyncio.gather(*(one() for _ in range(min(AT_ONCE, count - len(viewers)))))
    return viewers


def ended(viewers: list[Viewer]) -> list[str]:
    """The reasons for which those that are no longer open ended."""
    return [viewer.ended for viewer in viewers if viewer.ended]


async def until(found: Callable[[], object], seconds: float) -> None:
    """Until `found()` is true, or the time is over."""
    end = monotonic() + seconds
    while not found() and monotonic() < end:  # noqa: ASYNC110  what is waited for tells nobody
        await asyncio.sleep(0.02)
