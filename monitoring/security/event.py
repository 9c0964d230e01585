"""Converts journal entries into security events. Pure."""

from dataclasses import dataclass

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
    details: dict[str, object]
    """Details from the application, reduced to the numbers and codes that ingest accepts."""


def event_of(record: Record) -> SecurityEvent | None:
    """Returns the security event of an entry; None for an entry of another type."""
    outcome: str
    reason, details = None, dict[str, object]()
    match record.data:
        case Access() as data:
            name, outcome, reason = data.action or "access", data.outcome, data.reason
        case RateLimit() as data:
            name, outcome = data.action or "rate limit", "denied"
            details = {"limit": data.limit, "window_seconds": data.window_seconds}
        case Security() as data:
            name, outcome, details = data.event_type, data.outcome, data.details or {}
        case _:
            return None
    key = record.position, record.at, record.type
    return SecurityEvent(*key, name, outcome, reason, record.person, data.session_id, details)
