"""A request's body, read with bounds on what arrives and on what it unpacks to. Pure."""

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import cramjam

MOST_BYTES = 8 * 1024 * 1024
PIECE = 256 * 1024
"""Bytes that are unpacked at a time."""
MOST_MEMBERS = 64
"""Gzip streams one after another in one body; each costs a copy of the rest."""


class TooLarge(ValueError):
    """More bytes than may be, packed or unpacked."""


class Broken(ValueError):
    """The body, or its packing, is not whole."""


class ClientDisconnected(ConnectionError):
    """The sender hung up."""


class OverBudget(RuntimeError):
    """The bodies that are in hand fill the room: slow down."""


@dataclass(slots=True)
class Reservation:
    """What one request holds of a room."""

    room: "MemoryBudget"
    size: int = 0

    def grow(self, size: int) -> None:
        """Hold so many bytes, where that is more than before. Raises Crowded."""
        more = size - self.size
        if more > 0:
            if self.room.used + more > self.room.most:
                raise OverBudget(f"{self.room.used} bytes of other requests are being read")
            self.room.used += more
            self.size = size

    def __enter__(self) -> "Reservation":
        return self

    def __exit__(self, *_: object) -> None:
        self.room.used -= self.size


@dataclass(slots=True)
class MemoryBudget:
    """At most `most` bytes of bodies, packed or unpacked, are in hand at the same time; for one event loop."""

    most: int
    used: int = 0

    def hold(self) -> Reservation:
        """For a `with`: what is held is given back at its end."""
        return Reservation(self)


def content_length(header: str) -> int | None:
    """Bytes that a Content-Length header announces; None where it says nothing that can be read."""
    return int(header) if header.isascii() and header.isdigit() else None


async def read_body(
    receive: Callable[[], Awaitable[Any]],
    most: int = MOST_BYTES,
    announced: int | None = None,
    held: Reservation | None = None,
) -> bytes:
    """The body as sent, at most `most` bytes. Raises TooLarge as soon as it is, also where it is only announced to be;
    Crowded when there is no room, Gone when the sender left, Broken when fewer or more bytes came than were announced.
    """
    check_size(announced or 0, most)
    body, size, more = BytesIO(), 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnected
        part = message.get("body", b"")
        size += len(part)
        check_size(size, most)
        if held:
            held.grow(size)
        body.write(part)
        more = message.get("more_body", False)
    if announced is not None and size != announced:
        raise Broken(f"{announced} bytes were announced and {size} came")
    return body.getvalue()


def check_size(size: int, most: int) -> None:
    """Raises TooLarge where a body is."""
    if size > most:
        raise TooLarge(f"the body is larger than {most} bytes")


def unpack(body: bytes, encoding: str, most: int = MOST_BYTES) -> bytes:
    """Undo gzip, never making more than `most` + PIECE bytes. Raises TooLarge, Broken."""
    return b"".join(unpacked(body, encoding, most))


async def unpack_held(body: bytes, encoding: str, most: int, held: Reservation) -> bytes:
    """The same, holding what is made as it is made, and letting others have their turn. Raises Crowded too."""
    if encoding in ("", "identity"):
        return body
    whole, size = BytesIO(), 0
    for piece in unpacked(body, encoding, most):
        size += whole.write(piece)
        held.grow(size)
        await asyncio.sleep(0)
    return whole.getvalue()


def unpacked(body: bytes, encoding: str, most: int) -> Iterator[bytes]:
    """The bytes in a packed body, piece by piece. Raises TooLarge, Broken."""
    if encoding in ("", "identity"):
        yield body
        return
    if encoding != "gzip":
        raise Broken(f"content encoding {encoding[:40]!r} is not gzip")
    view, at, size, members = memoryview(body), 0, 0, 0
    while at < len(view):
        if members == MOST_MEMBERS:
            raise Broken(f"more than {MOST_MEMBERS} gzip streams in one body")
        packed, members = zlib.decompressobj(wbits=31), members + 1
        while not packed.eof:
            fresh = b"" if packed.unconsumed_tail else view[at : at + PIECE]
            at += len(fresh)
            piece = _piece(packed, packed.unconsumed_tail or fresh)
            size += len(piece)
            if size > most:
                raise TooLarge(f"the body unpacks to more than {most} bytes")
            yield piece
        at -= len(packed.unused_data)


def _piece(packed: "zlib._Decompress", some: bytes | memoryview) -> bytes:
    try:
        piece = packed.decompress(some, PIECE)
    except zlib.error as error:
        raise Broken(f"the gzip stream is broken: {error}") from None
    if not some and not piece and not packed.eof:
        raise Broken("the gzip stream ends too early")
    return piece


def unsnap(body: bytes) -> bytes:
    """Undo a raw snappy block, never making more than MOST_BYTES. Raises TooLarge, Broken."""
    try:
        if cramjam.snappy.decompress_raw_len(body) > MOST_BYTES:
            raise TooLarge(f"the body unpacks to more than {MOST_BYTES} bytes")
        return bytes(cramjam.snappy.decompress_raw(body))
    except cramjam.DecompressionError as error:
        raise Broken(f"the snappy block is broken: {error}") from None
