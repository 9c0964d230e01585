"""A span as every room of this shelf sees it, whichever way it was written down."""

from typing import Any

from msgspec import Struct

SERVER = 2
"""The kind of a span that answers a request: its client's address and program are the person's."""


class Span(Struct, frozen=True):
    """`trace`, `id` and `parent` are lower-case hex, "" where there is none that can be used; `start` and `end` are ns
    since 1970 UTC. Attributes that hold content, or that nobody needs, are left out already; of one that nobody
    understands only the name is kept."""

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


def hex_id(raw: bytes, length: int) -> str:
    """Hex, or "" where the length is wrong or all is zero: OTLP calls such an id invalid."""
    return raw.hex() if len(raw) == length and any(raw) else ""
