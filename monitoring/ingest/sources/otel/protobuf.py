"""A request in protobuf, taken apart span by span, so that what was said in all of them is in memory once. Pure."""

from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
"""Wire types."""
RESOURCE_SPANS = RESOURCE = SCOPE = 1
SCOPE_SPANS = SPANS = 2
"""Field numbers of ExportTraceServiceRequest, ResourceSpans and ScopeSpans."""


class Damaged(ValueError):
    """The bytes are no message."""


def parts(message: memoryview) -> Iterator[tuple[int, memoryview]]:
    """The number and the bytes of each field that is itself a message or a text. Raises Damaged."""
    at, end = 0, len(message)
    while at < end:
        tag, at = _varint(message, at)
        number, kind = tag >> 3, tag & 7
        if not number:
            raise Damaged("a field without a number")
        if kind == BYTES:
            size, at = _varint(message, at)
            if at + size > end:
                raise Damaged("a field that is longer than its message")
            yield number, message[at : at + size]
            at += size
        elif kind == VARINT:
            _, at = _varint(message, at)
        elif kind in (FIXED64, FIXED32):
            at += 8 if kind == FIXED64 else 4
        else:
            raise Damaged(f"a field of the wire type {kind}")
    if at > end:
        raise Damaged("a field that is longer than its message")


def only(message: memoryview, number: int) -> Iterator[memoryview]:
    """The fields of this number."""
    return (part for found, part in parts(message) if found == number)


def joined(message: memoryview, number: int) -> bytes:
    """A field that stands once; where it stands again, protobuf merges, and so do bytes one behind the other."""
    return b"".join(only(message, number))


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """A number, and where the next begins."""
    value = shift = 0
    while at < len(message) and shift < 70:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
    raise Damaged("a number without an end")
