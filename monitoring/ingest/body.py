"""Reads and decompresses request bodies, with limits on size and memory. Pure."""

import asyncio
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

import cramjam

from monitoring.messaging.asgi_types import Receive

MAX_BODY_BYTES = 8 * 1024 * 1024
CHUNK_BYTES = 256 * 1024
"""Bytes that one call of the decompressor takes and returns at most."""
MAX_GZIP_STREAMS = 64
"""Most concatenated gzip streams in one body; each costs a copy of the rest."""


class TooLarge(ValueError):
    """The body exceeds its limit, compressed or decompressed."""


class Broken(ValueError):
    """The body is incomplete, or its compression is invalid."""


class ClientDisconnected(ConnectionError):
    """The client closed the connection before the body's end."""


class OverBudget(RuntimeError):
    """The memory budget for bodies is used up; the client sends the request again later."""


@dataclass(slots=True)
class Reservation:
    """The bytes that one request holds of a memory budget."""

    budget: "MemoryBudget"
    size: int = 0

    def grow(self, size: int) -> None:
        """Raises the reservation to `size` bytes; never lowers it. Raises OverBudget."""
        more = size - self.size
        if more > 0:
            if self.budget.used + more > self.budget.max_bytes:
                raise OverBudget(f"{self.budget.used} bytes of other requests are being read")
            self.budget.used += more
            self.size = size

    def __enter__(self) -> "Reservation":
        return self

    def __exit__(self, *_: object) -> None:
        self.budget.used -= self.size


@dataclass(slots=True)
class MemoryBudget:
    """Limits the bytes of bodies, compressed and decompressed, in memory at the same time. For one event loop."""

    max_bytes: int
    used: int = 0

    def hold(self) -> Reservation:
        """Returns an empty reservation; its `with` block releases it."""
        return Reservation(self)


def content_length(header: str) -> int | None:
    """Returns the bytes of a Content-Length header, None if it is absent or invalid."""
    return int(header) if header.isascii() and header.isdigit() else None


async def read_body(
    receive: Receive,
    max_bytes: int = MAX_BODY_BYTES,
    expected: int | None = None,
    reservation: Reservation | None = None,
) -> bytes:
    """Returns the body as sent. Raises TooLarge as soon as `expected` (its Content-Length) or the received part exceeds
    `max_bytes`, OverBudget, ClientDisconnected, and Broken when the size differs from `expected`."""
    check_size(expected or 0, max_bytes)
    body, size, more = BytesIO(), 0, True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientDisconnected
        chunk = message.get("body", b"")
        size += len(chunk)
        check_size(size, max_bytes)
        if reservation:
            reservation.grow(size)
        body.write(chunk)
        more = message.get("more_body", False)
    if expected is not None and size != expected:
        raise Broken(f"Content-Length is {expected}, but {size} bytes arrived")
    return body.getvalue()


def check_size(size: int, max_bytes: int) -> None:
    """Raises TooLarge if `size` exceeds `max_bytes`."""
    if size > max_bytes:
        raise TooLarge(f"the body is larger than {max_bytes} bytes")


async def decompress_reserved(body: bytes, encoding: str, max_bytes: int, reservation: Reservation) -> bytes:
    """Returns a body without gzip. Reserves memory for each chunk, and yields to the event loop
    after it. Raises TooLarge, Broken, OverBudget."""
    if encoding in ("", "identity"):
        return body
    result, size = BytesIO(), 0
    for chunk in iter_decompressed(body, encoding, max_bytes):
        size += result.write(chunk)
        reservation.grow(size)
        await asyncio.sleep(0)
    return result.getvalue()


def iter_decompressed(body: bytes, encoding: str, max_bytes: int) -> Iterator[bytes]:
    """Yields the decompressed body in chunks; never more than `max_bytes` + CHUNK_BYTES. Raises TooLarge, Broken."""
    if encoding != "gzip":
        raise Broken(f"content encoding {encoding[:40]!r} is not gzip")
    compressed, at, size, streams = memoryview(body), 0, 0, 0
    while at < len(compressed):
        if streams == MAX_GZIP_STREAMS:
            raise Broken(f"more than {MAX_GZIP_STREAMS} gzip streams in one body")
        decompressor, streams = zlib.decompressobj(wbits=31), streams + 1
        while not decompressor.eof:
            next_input = b"" if decompressor.unconsumed_tail else compressed[at : at + CHUNK_BYTES]
            at += len(next_input)
            chunk = _decompress_chunk(decompressor, decompressor.unconsumed_tail or next_input)
            size += len(chunk)
            if size > max_bytes:
                raise TooLarge(f"the body unpacks to more than {max_bytes} bytes")
            yield chunk
        at -= len(decompressor.unused_data)


def _decompress_chunk(decompressor: "zlib._Decompress", data: bytes | memoryview) -> bytes:
    try:
        chunk = decompressor.decompress(data, CHUNK_BYTES)
    except zlib.error as error:
        raise Broken(f"invalid gzip stream: {error}") from None
    if not data and not chunk and not decompressor.eof:
        raise Broken("the gzip stream ends too early")
    return chunk


def decompress_snappy(body: bytes) -> bytes:
    """Returns the content of a raw snappy block; never makes more than MAX_BODY_BYTES. Raises TooLarge, Broken."""
    try:
        if cramjam.snappy.decompress_raw_len(body) > MAX_BODY_BYTES:
            raise TooLarge(f"the body unpacks to more than {MAX_BODY_BYTES} bytes")
        return bytes(cramjam.snappy.decompress_raw(body))
    except cramjam.DecompressionError as error:
        raise Broken(f"invalid snappy block: {error}") from None
