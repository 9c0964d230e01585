"""The event types that sbdash accepts, as structs that decode and validate their data and drop unknown fields. Pure."""

import re
from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from monitoring.events.numbers import MAX_COUNT, MAX_DOLLARS, MAX_FIGURE

_CONTROL_CHARACTERS = r"\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069"
VISIBLE = rf"^(?=[^{_CONTROL_CHARACTERS}]*\Z)[\s.]*[^\s.]"
"""The pattern of an id: a visible character other than a dot, which a link needs, and no control or direction
characters."""
Id = Annotated[str, Meta(min_length=1, max_length=512, pattern=VISIBLE)]
Name = Annotated[str, Meta(max_length=200)]
Text = Annotated[str, Meta(max_length=100_000)]
Instant = Annotated[datetime, Meta(tz=True)]
Count = Annotated[int, Meta(ge=0, le=MAX_COUNT)]
Dollars = Annotated[float, Meta(ge=0, le=MAX_DOLLARS)]
Figure = Annotated[float, Meta(ge=0, le=MAX_FIGURE)]


class Data(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The fields of every event's data: its session, and those that identify a person (PERSONAL)."""

    session_id: Id | None = None
    user_id: Id | None = None
    ip: Annotated[str, Meta(max_length=100)] | None = None
    user_agent: Annotated[str, Meta(max_length=2000)] | None = None


class SessionStarted(Data, frozen=True, kw_only=True, omit_defaults=True):
    session_id: Id
    session_type: Name | None = None


class SessionEnded(Data, frozen=True, kw_only=True, omit_defaults=True):
    session_id: Id
    reason: Literal["closed", "timeout", "error"]


class Message(Data, frozen=True, kw_only=True, omit_defaults=True):
    message_id: Id
    session_id: Id
    role: Literal["user", "assistant", "system", "tool"]
    status: Literal["completed", "pending", "failed"]
    completed_at: Instant | None = None
    model: Name | None = None
    prompt_tokens: Count | None = None
    completion_tokens: Count | None = None
    total_tokens: Count | None = None
    cost: Dollars | None = None
    characters: Count | None = None
    error: Text | None = None


class TokenUsage(Data, frozen=True, kw_only=True, omit_defaults=True):
    message_id: Id
    session_id: Id
    model: Name | None = None
    prompt_tokens: Count
    completion_tokens: Count
    total_tokens: Count
    cost: Dollars


class Vote(Data, frozen=True, kw_only=True, omit_defaults=True):
    message_id: Id
    session_id: Id
    value: Literal["up", "down", "none"]


class Access(Data, frozen=True, kw_only=True, omit_defaults=True):
    outcome: Literal["granted", "denied"]
    action: Name | None = None
    reason: Name | None = None


class RateLimit(Data, frozen=True, kw_only=True, omit_defaults=True):
    limit: Count
    window_seconds: Figure
    action: Name | None = None


class Operation(Data, frozen=True, kw_only=True, omit_defaults=True):
    operation: Name
    outcome: Literal["ok", "failed", "timeout"]
    duration_ms: Figure | None = None
    error: Text | None = None
    memory_bytes: Count | None = None
    cpu_seconds: Figure | None = None


Details = dict[str, Any]
"""JSON values by name: fields of the application's log."""


class Security(Data, frozen=True, kw_only=True, omit_defaults=True):
    event_type: Name
    outcome: Name
    details: Details | None = None


TYPES: dict[str, type[Data]] = {
    "session.started": SessionStarted,
    "session.ended": SessionEnded,
    "message": Message,
    "token_usage": TokenUsage,
    "vote": Vote,
    "access": Access,
    "rate_limit": RateLimit,
    "operation": Operation,
    "security": Security,
}
REQUIRED = {"session.started": "user_id", "vote": "user_id"}
"""Fields of `Data` that are required for some types."""
PERSONAL = ("user_id", "ip", "user_agent")
"""Fields that identify a person; they are sealed."""
HARMLESS_DETAILS = frozenset(
    {
        "abuse_type", "action", "already_enabled", "attempt", "attempts", "blocked", "cache_ttl_seconds",
        "client_side_encryption", "count", "current_failed_attempts", "duration", "duration_seconds", "enabled",
        "error_code", "failed_attempts", "has_2fa_code", "is_active", "is_pending", "is_verified", "limit",
        "lockdown_enabled", "lockdown_type", "max_attempts", "max_requests", "method", "mfa_required", "mode",
        "new_status", "notification_sent", "operation", "period", "previous_status", "reason", "remaining",
        "reputation", "request_count", "response_time_ms", "score", "severity", "status_code", "suspicious",
        "threshold", "time_window", "trusted_ip_count", "trusted_ips_count", "trusted_user_agent_count",
        "unique_ip_count", "was_pending", "window", "window_seconds",
    }
)  # fmt: skip
"""Details of security events that never contain a secret. `code` is not listed: it may be a two-factor code."""
ERROR_LENGTH = 200
"""Characters of an error that are kept: enough to group errors by, too few for a conversation."""
_SURROGATE = re.compile("[\ud800-\udfff]")


def is_storable(value: object) -> bool:
    """False if a text in the value contains NUL or a lone surrogate: JSON can contain them, and no database stores
    them."""
    if isinstance(value, dict):
        return all(is_storable(item) for pair in value.items() for item in pair)
    if isinstance(value, list | tuple):
        return all(map(is_storable, value))
    return not isinstance(value, str) or not ("\0" in value or (not value.isascii() and _SURROGATE.search(value)))
