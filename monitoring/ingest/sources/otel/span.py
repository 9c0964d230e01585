"""A span, independent of its encoding. Pure."""

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Protocol, TypeVar

from msgspec import Struct

from monitoring.events.json import Json
from monitoring.ingest.body import TooLarge
from monitoring.ingest.sources.otel.names import MAX_NAME_CHARS, USED_NAMES, is_name_kept

MAX_SPANS_PER_REQUEST = 10_000
"""Most spans in one request."""
MAX_OBJECTS_PER_SPAN = 200
"""Most objects (attributes, values, events) in a request, for each span that it may hold."""
MAX_VALUE_DEPTH = 4
"""Levels of lists and maps in an attribute's value; deeper values become None."""
STATUS_ERROR = 2
"""STATUS_CODE_ERROR, the status of a failed span."""
SERVER = 2
"""SpanKind of a span that serves a request: its client address and user agent are those of the user."""

Value = TypeVar("Value", covariant=True)


class Pair(Protocol[Value]):
    """An attribute in either encoding."""

    @property
    def key(self) -> str: ...
    @property
    def value(self) -> Value: ...


class Span(Struct, frozen=True):
    """`trace`, `id` and `parent` are lower-case hex, "" if missing or invalid; `start` and `end` are ns since 1970 UTC.
    `attributes` has no content and no unneeded attributes; unknown attributes have the value None. `problem` is the
    reason why the span cannot be read at all."""

    trace: str
    id: str
    parent: str
    name: str
    kind: int
    start: int
    end: int
    attributes: dict[str, Json]
    resource: dict[str, Json]
    scope: str
    failed: bool
    events: tuple[tuple[str, int, dict[str, Json]], ...] = ()
    problem: str | None = None


def kept_attributes(pairs: Iterable[Pair[Value]], read: Callable[[Value], Json]) -> dict[str, Json]:
    """Reads the values of attributes that are used. Unknown attributes have the value None, all others are dropped."""
    attributes: dict[str, Json] = {}
    for pair in pairs:
        name = pair.key
        if name in USED_NAMES:
            attributes[name] = read(pair.value)
        elif is_name_kept(name := name[:MAX_NAME_CHARS]):
            attributes[name] = None
    return attributes


def unreadable_span(resource: dict[str, Json], scope: str, reason: str) -> Span:
    """Returns an empty span with the reason why its bytes are not an OTLP span."""
    problem = f"span: not valid OTLP: {reason[:200]}"
    return Span("", "", "", "", 0, 0, 0, {}, resource, scope, False, (), problem)


def take_limited(limit: int, spans: Iterable[Span]) -> list[Span]:
    """Returns all spans. Raises TooLarge at the first one above the limit."""
    result = list(islice(spans, limit + 1))
    if len(result) > limit:
        raise TooLarge(f"more than {limit} spans in a request")
    return result


def hex_id(raw: bytes, length: int) -> str:
    """Returns lower-case hex, "" if the id has another length in bytes or is all zero (invalid in OTLP)."""
    return raw.hex() if len(raw) == length and any(raw) else ""
