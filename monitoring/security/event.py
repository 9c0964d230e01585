"""What an entry says for the security log. Pure."""

from dataclasses import dataclass
from typing import Any

from monitoring.events.record import Record
from monitoring.events.vocabulary import Access, RateLimit, Security


@dataclass(frozen=True, slots=True)
class SecurityEvent:
    """The fields of the row of the same name."""

    key: int
    at: int
    kind: str
    name: str
    outcome: str
    reason: str | None
    person: int | None
    session_id: str | None
    details: dict[str, Any]
    """The application's own words, as far as the door lets them in."""


def event_of(record: Record) -> SecurityEvent | None:
    """The security event behind an entry; None where it speaks of something else."""
    said = _said(record)
    if said is None:
        return None
    name, outcome, reason, details = said
    place = record.position, record.at, record.type
    return SecurityEvent(*place, name, outcome, reason, record.person, record.data.session_id, details)


def _said(record: Record) -> tuple[str, str, str | None, dict[str, Any]] | None:
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
