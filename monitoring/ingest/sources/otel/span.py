"""A span as every room of this shelf sees it, whichever way it was written down. Pure."""

from collections.abc import Iterable
from itertools import islice
from typing import Any

from msgspec import Struct

from monitoring.ingest.body import TooLarge

MOST_SPANS = 10_000
"""Spans of one request."""

SERVER = 2
"""The kind of a span that answers a request: its client's address and program are the person's."""


class Span(Struct, frozen=True):
    """`trace`, `id` and `parent` are lower-case hex, "" where there is none that can be used; `start` and `end` are ns
    since 1970 UTC. Attributes that hold content, or that nobody needs, are left out already; of one that nobody
    understands only the name is kept. `problem`: it cannot be read at all, and why."""

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


def unreadable(resource: dict[str, Any], scope: str, why: str) -> Span:
    """A span that is not as OTLP has it."""
    problem = f"span: not as OTLP has it: {why[:200]}"
    return Span("", "", "", "", 0, 0, 0, {}, resource, scope, False, (), problem)


def at_most(most: int, spans: Iterable[Span]) -> list[Span]:
    """All of them. Raises TooLarge as soon as there are more."""
    found = list(islice(spans, most + 1))
    if len(found) > most:
        raise TooLarge(f"more than {most} spans in a request")
    return found


def hex_id(raw: bytes, length: int) -> str:
    """Hex, or "" where the length is wrong or all is zero: OTLP calls such an id invalid."""
    return raw.hex() if len(raw) == length and any(raw) else ""
