"""Converts journal entries into security events. Pure."""

from dataclasses import dataclass
from typing import Any

from monitoring.events.record import Record
from monitoring.events.vocabulary import Access, RateLimit, Security


@dataclass(frozen=True, slots=True)
class SecurityEvent:
    """A row of `security_securityevent`."""

    key: int
    at: int
    kind: str
    name: str
    outcome: str
    reason: str | None
    person: int | None
    session_id: str | None
    details: dict[str, Any]
    """Details from the application, reduced to the numbers and codes that ingest accepts."""


def event_of(record: Record) -> SecurityEvent | None:
    """Returns the security event of an entry; None for an entry of another type."""
    fields = _fields_of(record)
    if fields is None:
        return None
    name, outcome, reason, details = fields
    key = record.position, record.at, record.type
    return SecurityEvent(*key, name, outcome, reason, record.person, record.data.session_id, details)


def _fields_of(record: Record) -> tuple[str, str, str | None, dict[str, Any]] | None:
    match record.data:
        case Access() as data:
            return data.action or "access", data.outcome, data.reason, {}
        case RateLimit() as data:
            limits = {"limit": data.limit, "window_seconds": data.window_seconds}
            return data.action or "rate limit", "denied", None, limits
        case Security() as data:
            return data.event_type, data.outcome, None, data.details or {}
        case _:
            return None
