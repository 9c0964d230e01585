"""A request in protobuf, taken apart span by span, so that what was said in all of them is in memory once. Pure."""

from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
"""Wire types."""
RESOURCE_SPANS = RESOURCE = SCOPE = 1
SCOPE_SPANS = SPANS = 2
"""Field numbers of ExportTraceServiceRequest, ResourceSpans and ScopeSpans."""
FIELD = 4
"""What a field costs that is found here; one that is found by protobuf itself costs 1."""
BELOW: dict[str, dict[int, str]] = {
    "span": {9: "pair", 11: "event", 13: "link"},
    "event": {3: "pair"},
    "link": {4: "pair"},
    "resource": {1: "pair"},
    "scope": {3: "pair"},
    "pair": {2: "value"},
    "value": {5: "list", 6: "map"},
    "list": {1: "value"},
    "map": {1: "pair"},
}
"""By the kind of a message and the number of a field: the kind of the message in it. Others hold a text or a number."""


class Damaged(ValueError):
    """The bytes are no message."""


class TooMany(ValueError):
    """More fields than may be looked at."""


class Budget:
    """What the fields of a request, or of a part of it, may still cost."""

    __slots__ = ("left",)

    def __init__(self, most: int) -> None:
        self.left = most

    def take(self, cost: int) -> None:
        """Raises TooMany where nothing is left."""
        self.left -= cost
        if self.left < 0:
            raise TooMany


def parts(message: memoryview, budget: Budget) -> Iterator[tuple[int, memoryview]]:
    """The number and the bytes of each field that is itself a message or a text. Raises Damaged, TooMany."""
    at, end = 0, len(message)
    while at < end:
        budget.left -= FIELD
        if budget.left < 0:
            raise TooMany
        tag, at = message[at], at + 1
        if tag > 0x7F:
            tag, at = _varint(message, at - 1)
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


def only(message: memoryview, number: int, budget: Budget) -> Iterator[memoryview]:
    """The fields of this number."""
    return (part for found, part in parts(message, budget) if found == number)


def joined(message: memoryview, number: int, budget: Budget) -> bytes:
    """A field that stands once; where it stands again, protobuf merges, and so do bytes one behind the other."""
    return b"".join(only(message, number, budget))


def charge(message: memoryview, kind: str, budget: Budget) -> None:
    """Take the cost of all fields of a message, and of the messages in it. Raises Damaged, TooMany."""
    below = BELOW[kind]
    for number, part in parts(message, budget):
        if number in below:
            charge(part, below[number], budget)


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
