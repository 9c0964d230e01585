"""The interface between the ingest application and its protocols: a request's batch, refusals, replies. Pure."""

import typing
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from monitoring.events.envelope import Event, take_all
from monitoring.recording.writer import Outcome

Headers = Mapping[bytes, str]
InputCounts = Counter[tuple[str, str]]
"""Counts of input by (kind, name), for the list of ignored input."""
MAX_ITEMS = 10_000
"""Most events, spans or lines in one request."""
OTHERS = "(others)"
"""Stands for names that are invalid, or above the limit of names."""


@dataclass
class Refusal(Exception):
    """Refuses a whole request: HTTP status, one sentence, and seconds for Retry-After."""

    status: int
    title: str
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class IngestBatch:
    """The events of one request. `items` counts against the key's rate limit; `rejected` has the reason for each
    invalid event."""

    events: Sequence[Event]
    items: int
    rejected: Sequence[Any] = ()
    counts: InputCounts = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP response without its headers."""

    status: int
    content_type: bytes
    body: bytes


class Protocol(typing.Protocol):
    """One protocol of ingest. `max_bytes` limits a body as it arrives; servers and the ingest application enforce it.
    `read` raises Refusal, Unreadable, TooLarge or Broken and is thread-safe. While `busy` is true it would block on
    another thread, so it is not called from the event loop."""

    name: str
    max_bytes: int

    @property
    def busy(self) -> bool: ...

    def read(self, headers: Headers, body: bytes) -> IngestBatch: ...
    def reply(self, headers: Headers, batch: IngestBatch, outcome: Outcome) -> Reply: ...
    def problem(self, headers: Headers, refusal: Refusal) -> Reply: ...


def media_type(headers: Headers) -> str:
    """Returns the lower-case content type without its parameters."""
    return headers.get(b"content-type", "").partition(";")[0].strip().lower()


def validate_all(cloud_events: Iterable[Mapping[str, Any]]) -> tuple[list[Event], list[str]]:
    """Returns the valid events, and a reason for each invalid one."""
    events, reasons = list[Event](), list[str]()
    for parsed in take_all(cloud_events, datetime.now(UTC)):
        if isinstance(parsed, Event):
            events.append(parsed)
        else:
            reasons.append(str(parsed))
    return events, reasons


def count_problems(events: Iterable[Event], reasons: Iterable[str]) -> InputCounts:
    """Counts fields with unreadable values, and fields for which an event was refused. Only the field of a reason is
    counted, because the rest may quote a value."""
    counts: InputCounts = Counter(("unreadable", name) for event in events for name in event.unread)
    counts.update(("refused", ".".join(reason.partition(":")[0].split(".")[:2])) for reason in reasons)
    return counts


def check_size(items: int, what: str) -> None:
    """Raises Refusal 413 above MAX_ITEMS; `what` names the items."""
    if items > MAX_ITEMS:
        raise Refusal(413, f"{items} {what}; at most {MAX_ITEMS} a request")
