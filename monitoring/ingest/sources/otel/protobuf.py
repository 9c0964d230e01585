"""Splits a protobuf request into its spans without copying, so that content is in memory only once. Pure."""

from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
"""Wire types of the protobuf encoding."""
RESOURCE_SPANS = RESOURCE = SCOPE = 1
SCOPE_SPANS = SPANS = 2
"""Field numbers of ExportTraceServiceRequest, ResourceSpans and ScopeSpans."""
FIELD_COST = 4
"""Cost of a field that this module parses; a field that the protobuf library parses costs 1."""
LARGE_MESSAGE_BYTES = 256 * 1024
"""A larger message has its fields counted before the protobuf library parses it, into up to 30 times the memory."""
SUBMESSAGES: dict[str, dict[int, str]] = {
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
"""The kind of a submessage by the kind of its message and the field's number. All other fields hold a text or a
number."""


class InvalidMessage(ValueError):
    """The bytes are not a protobuf message."""


class TooManyFields(ValueError):
    """The cost of the fields exceeds the budget."""


class Budget:
    """The remaining cost of fields that a request, or a part of it, may have."""

    __slots__ = ("left",)

    def __init__(self, limit: int) -> None:
        self.left = limit

    def take(self, cost: int) -> None:
        """Raises TooManyFields."""
        self.left -= cost
        if self.left < 0:
            raise TooManyFields


def iter_fields(message: memoryview, budget: Budget) -> Iterator[tuple[int, memoryview]]:
    """Yields number and bytes of each length-delimited field. Raises InvalidMessage, TooManyFields."""
    offset, end = 0, len(message)
    while offset < end:
        budget.left -= FIELD_COST
        if budget.left < 0:
            raise TooManyFields
        tag, offset = message[offset], offset + 1
        if tag > 0x7F:
            tag, offset = _varint(message, offset - 1)
        number, wire_type = tag >> 3, tag & 7
        if not number:
            raise InvalidMessage("field number 0")
        if wire_type == BYTES:
            size, offset = _varint(message, offset)
            if offset + size > end:
                raise InvalidMessage("field longer than its message")
            yield number, message[offset : offset + size]
            offset += size
        elif wire_type == VARINT:
            _, offset = _varint(message, offset)
        elif wire_type in (FIXED64, FIXED32):
            offset += 8 if wire_type == FIXED64 else 4
        else:
            raise InvalidMessage(f"unknown wire type {wire_type}")
    if offset > end:
        raise InvalidMessage("field longer than its message")


def fields(message: memoryview, number: int, budget: Budget) -> Iterator[memoryview]:
    """Yields the bytes of the length-delimited fields of one number."""
    return (content for field_number, content in iter_fields(message, budget) if field_number == number)


def merged_field(message: memoryview, number: int, budget: Budget, kind: str) -> bytes:
    """Returns a singular submessage. Protobuf merges repeated occurrences, and so does their concatenation. Raises
    TooManyFields if it is large and its fields exceed the budget."""
    merged = b"".join(fields(message, number, budget))
    if len(merged) > LARGE_MESSAGE_BYTES:
        charge(memoryview(merged), kind, budget)
    return merged


def charge(message: memoryview, kind: str, budget: Budget) -> None:
    """Takes the cost of all fields of a message and of its submessages. Raises InvalidMessage, TooManyFields."""
    submessages = SUBMESSAGES[kind]
    for number, content in iter_fields(message, budget):
        if number in submessages:
            charge(content, submessages[number], budget)


def _varint(message: memoryview, offset: int) -> tuple[int, int]:
    """Returns the value, and the offset after it."""
    value = shift = 0
    while offset < len(message) and shift < 70:
        byte = message[offset]
        value |= (byte & 0x7F) << shift
        offset, shift = offset + 1, shift + 7
        if byte < 0x80:
            return value, offset
    raise InvalidMessage("unterminated varint")
