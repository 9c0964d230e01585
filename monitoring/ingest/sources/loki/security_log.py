"""Converts lines of the chat application's security log to CloudEvents, and counts all other lines. Pure.

Only the fields named here are read of a line, and of `details` only numbers and single words under harmless names.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from monitoring.events.envelope import EARLIEST, EPOCH
from monitoring.events.numbers import MAX_COUNT, read_amount
from monitoring.events.redaction import holds_address
from monitoring.events.vocabulary import HARMLESS_DETAILS
from monitoring.ingest.sources.cloud_event import CloudEvent, cloud_event, read_time, write_time
from monitoring.ingest.sources.loki.log_record import Fields, parse_line
from monitoring.ingest.sources.loki.wire import Line

ACCESS_ATTEMPTS = frozenset(
    {
        "2fa_verification", "ip_lockdown_violation", "login", "logout", "registration", "token_refresh",
        "token_ownership_validation_failed", "totp_validation", "trusted_ip_lockdown_block",
        "user_agent_lockdown_violation",
    }
)  # fmt: skip
"""Event types that become access events; other types become security events."""
OUTCOME_PREFIXES = ("2fa_verification_", "login_", "registration_")
"""Prefixes of event types with the outcome of an attempt: login_invalid_password, login_successful."""
ANNOUNCEMENT_SUFFIX = "_attempt"
"""Event types such as login_attempt precede every attempt, also a successful one, and always have success=False."""
DENIED_SUFFIXES = ("_violation", "_block", "_failed")
"""Suffixes of event types of attempts that are always denied."""
LIMIT_FIELDS = ("limit", "max_requests", "rate_limit", "rate_limit_requests", "requests_allowed", "max_attempts")
WINDOW_FIELDS = (
    "window_seconds", "window", "period_seconds", "period", "rate_limit_period", "rate_limit_period_seconds",
)  # fmt: skip
APPLICATION_LABELS = ("app", "application", "service_name", "service")
OUTCOMES = {True: "success", False: "failure", None: "unknown"}
STATUSES = {"SUCCESS": True, "FAILURE": False}
"""The outcome of a line without the field `success`, by its field `status`."""
FREE_TEXT = "free text"
INVALID_EVENT_TYPE = "security_event whose event_type is no word"
MAX_DETAIL = 10**15
"""Largest absolute value of a number in `details`."""
_WORD = re.compile(r"[\w.:-]{1,64}", re.ASCII)
_NO_WORD = re.compile(r"[^\w.:-]+", re.ASCII)
KeyedHash = Callable[[bytes], str]


@dataclass(frozen=True, slots=True)
class ParsedPush:
    """The events of a push, and the number of ignored lines by name."""

    events: list[CloudEvent]
    counts: Counter[str] = field(default_factory=Counter)


def read(lines: Sequence[Line], keyed_hash: KeyedHash) -> ParsedPush:
    """Parses the lines of a push. `keyed_hash(text)` makes the event ids: opaque, and equal for a line that is sent
    again."""
    parsed, repeats = ParsedPush([]), Counter[str]()
    stream, labels = "", None
    for line in lines:
        if line.labels is not labels:  # once a stream: its lines share them
            labels = line.labels
            stream = str(sorted(labels.items()))
        fields = parse_line(line.text)
        event_type = fields.get("event_type") if fields.get("event") == "security_event" else None
        if not isinstance(event_type, str) or not _WORD.fullmatch(event_type):
            name = INVALID_EVENT_TYPE if event_type is not None else _code(fields.get("event")) or FREE_TEXT
            parsed.counts[name] += 1
            continue
        name = keyed_hash(f"{stream}\0{line.at}\0{line.text}".encode(errors="replace"))
        repeats[name] += 1
        id = name if repeats[name] == 1 else f"{name}-{repeats[name]}"
        parsed.events.append(_event(line, fields, event_type, id))
    return parsed


def _event(line: Line, fields: Fields, event_type: str, id: str) -> CloudEvent:
    details = fields.get("details")
    if not isinstance(details, dict):
        details = {}
    agent = details.get("user_agent") or details.get("attempted_user_agent")
    subject: dict[str, object] = {
        "user_id": _bounded(fields.get("user_id"), "anonymous", 512),
        "ip": _bounded(fields.get("ip_address"), "unknown", 100)
        or _bounded(details.get("attempted_ip"), "unknown", 100),
        "user_agent": _bounded(agent, "unknown", 2_000),
    }
    type, data = _classify(event_type, fields, details)
    return cloud_event(f"loki/{_source(line, fields)}", id, type, _time(line, fields), subject | data)


def _source(line: Line, fields: Fields) -> str:
    """Returns the application's name as a code; unchanged if it contains an address, which `recording` then hashes."""
    name = next((line.labels[name] for name in APPLICATION_LABELS if line.labels.get(name)), fields.get("app"))
    if isinstance(name, str) and holds_address(name):
        return name
    return _NO_WORD.sub("-", name).strip("-")[:64] or "unknown" if isinstance(name, str) else "unknown"


def _classify(event_type: str, fields: Fields, details: Fields) -> tuple[str, dict[str, object]]:
    """Returns the CloudEvent's type, and the data that depends on it."""
    success = fields.get("success")
    if not isinstance(success, bool):
        success = STATUSES.get(str(fields.get("status")))
    access = _access(event_type, success, details)
    if access:
        return "access", {"action": event_type, **access}
    limit, window = _first_number(details, LIMIT_FIELDS), _first_number(details, WINDOW_FIELDS)
    if event_type == "rate_limit_exceeded" and limit is not None and window is not None:
        return "rate_limit", {"limit": int(limit), "window_seconds": window, "action": _code(details.get("action"))}
    harmless = {name: value for name, value in details.items() if name in HARMLESS_DETAILS and _is_harmless(value)}
    return "security", {"event_type": event_type, "outcome": OUTCOMES[success], "details": harmless or None}


def _access(event_type: str, success: bool | None, details: Fields) -> dict[str, str | None]:
    """Returns outcome and reason of an access attempt; empty if it is none, or its outcome is unknown."""
    always_denied, exact_name = event_type.endswith(DENIED_SUFFIXES), event_type in ACCESS_ATTEMPTS
    if not exact_name and (not event_type.startswith(OUTCOME_PREFIXES) or event_type.endswith(ANNOUNCEMENT_SUFFIX)):
        return {}
    if success is None and not always_denied:
        return {}
    if success and not always_denied:
        return {"outcome": "granted"}
    return {
        "outcome": "denied",
        "reason": _code(details.get("reason")) or (None if exact_name and not always_denied else event_type),
    }


def _first_number(details: Fields, names: Sequence[str]) -> float | None:
    """Returns the first field that is a number within limits."""
    amounts = (read_amount(details.get(name), MAX_COUNT) for name in names)
    return next((amount for amount in amounts if amount is not None), None)


def _is_harmless(value: object) -> bool:
    """True for a number that every database can store, and for a single word."""
    return abs(value) <= MAX_DETAIL if isinstance(value, int | float) else _code(value) is not None


def _code(value: object) -> str | None:
    return value if isinstance(value, str) and _WORD.fullmatch(value) else None


def _bounded(value: object, absent: str, max_chars: int) -> object:
    """Cuts a text to its limit. The envelope drops and counts a value that is invalid."""
    if not isinstance(value, str):
        return value
    return value[:max_chars] if value not in ("", absent) else None


def _time(line: Line, fields: Fields) -> str:
    """Returns the record's own time if it is plausible, else the line's."""
    now = datetime.now(UTC)
    try:
        recorded = read_time("timestamp", fields.get("timestamp"))
    except ValueError:
        recorded = EPOCH
    if EARLIEST <= recorded <= now + timedelta(days=1):
        return write_time(recorded)
    try:
        return write_time(EPOCH + timedelta(microseconds=line.at // 1000))
    except OverflowError:
        return write_time(now)
