"""A span, independent of its encoding. Pure."""

from collections.abc import Iterable
from itertools import islice
from typing import Any

from msgspec import Struct

from monitoring.ingest.body import TooLarge

MAX_SPANS_PER_REQUEST = 10_000
"""Most spans in one request."""

SERVER = 2
"""SpanKind of a span that serves a request: its client address and user agent are those of the user."""


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
    attributes: dict[str, Any]
    resource: dict[str, Any]
    scope: str
    failed: bool
    events: tuple[tuple[str, int, dict[str, Any]], ...] = ()
    problem: str | None = None


def unreadable_span(resource: dict[str, Any], scope: str, reason: str) -> Span:
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
