"""What a protocol makes of a request, and what the door says to it. Pure."""

import typing
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from monitoring.events.envelope import Event, take_all
from monitoring.recording.writer import Outcome

Headers = Mapping[bytes, str]
Seen = Counter[tuple[str, str]]
MOST_ITEMS = 10_000
"""Events, spans or lines in one request."""
OTHERS = "(others)"
"""The name under which is counted what has too many names, or an odd one."""


@dataclass
class Refusal(Exception):
    """The request as a whole is not taken: `status` and one sentence."""

    status: int
    title: str
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class IngestBatch:
    """What one request brings: its valid events; what each of the others lacks; and by (kind, name) what was seen.
    `items` counts against the key's limit."""

    events: Sequence[Event]
    items: int
    rejected: Sequence[Any] = ()
    seen: Seen = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Reply:
    """The body of an answer, and its content type."""

    status: int
    kind: bytes
    body: bytes


class Protocol(typing.Protocol):
    """One way of sending. `most_bytes` bounds a body as it arrives; servers and door obey it. `read` raises Refusal,
    Unreadable, TooLarge or Broken; it may be called from any thread, and is not called from the loop's while it is
    `busy`: it would wait for another."""

    name: str
    most_bytes: int

    @property
    def busy(self) -> bool: ...

    def read(self, headers: Headers, body: bytes) -> IngestBatch: ...
    def reply(self, headers: Headers, parcel: IngestBatch, outcome: Outcome) -> Reply: ...
    def problem(self, headers: Headers, refusal: Refusal) -> Reply: ...


def media_type(headers: Headers) -> str:
    """The content type without its parameters."""
    return headers.get(b"content-type", "").partition(";")[0].strip().lower()


def validate_all(made: Iterable[Mapping[str, Any]]) -> tuple[list[Event], list[str]]:
    """The valid ones of a source's events, and why the others are none."""
    events, reasons = list[Event](), list[str]()
    for found in take_all(made, datetime.now(UTC)):
        if isinstance(found, Event):
            events.append(found)
        else:
            reasons.append(str(found))
    return events, reasons


def seen_of(events: Iterable[Event], reasons: Iterable[str]) -> Seen:
    """What is told where people look: fields whose values could not be read, and fields for which an event was refused.
    Of a reason only the field, for what follows may quote a value."""
    seen: Seen = Counter(("unreadable", name) for event in events for name in event.unread)
    seen.update(("refused", ".".join(reason.partition(":")[0].split(".")[:2])) for reason in reasons)
    return seen


def check_size(items: int, what: str) -> None:
    """Raises Refusal where it is more than a request may hold."""
    if items > MOST_ITEMS:
        raise Refusal(413, f"{items} {what}; at most {MOST_ITEMS} a request")
