"""Pure. The chat application's security log, as its logger sends it to Loki: security events are kept, all else is
counted.

Of a line only the fields named here are read, and of `details` only numbers and single words under harmless names.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from monitoring.events.envelope import EARLIEST, EPOCH
from monitoring.events.numbers import MAX_COUNT, read_amount
from monitoring.events.redaction import holds_address
from monitoring.events.vocabulary import HARMLESS_DETAILS
from monitoring.ingest.sources.cloud_event import CloudEvent, cloud_event, read_time, write_time
from monitoring.ingest.sources.loki.log_record import Said, understand
from monitoring.ingest.sources.loki.wire import Line

ENTRIES = frozenset(
    {
        "2fa_verification", "ip_lockdown_violation", "login", "logout", "registration", "token_refresh",
        "token_ownership_validation_failed", "totp_validation", "trusted_ip_lockdown_block",
        "user_agent_lockdown_violation",
    }
)  # fmt: skip
"""What is an attempt to get in; the others are told as they are."""
FAMILIES = ("2fa_verification_", "login_", "registration_")
"""What says how such an attempt went: login_invalid_password, login_successful."""
ANNOUNCED = "_attempt"
"""login_attempt and the like come before each attempt, also one that goes well, and always say that it failed."""
REFUSALS = ("_violation", "_block", "_failed")
"""How the names of attempts end that never succeed."""
LIMITS = ("limit", "max_requests", "rate_limit", "rate_limit_requests", "requests_allowed", "max_attempts")
WINDOWS = ("window_seconds", "window", "period_seconds", "period", "rate_limit_period", "rate_limit_period_seconds")
APPS = ("app", "application", "service_name", "service")
OUTCOMES = {True: "success", False: "failure", None: "unknown"}
FREE = "free text"
NAMELESS = "security_event whose event_type is no word"
LARGEST = 10**15
"""Of a number in details."""
_WORD = re.compile(r"[\w.:-]{1,64}", re.ASCII)
_NO_WORD = re.compile(r"[^\w.:-]+", re.ASCII)
Blind = Callable[[bytes], str]


@dataclass(frozen=True, slots=True)
class Pushed:
    """The events of a push, and how many lines of each name were not kept."""

    events: list[CloudEvent]
    seen: Counter[str] = field(default_factory=Counter)


def read(lines: Sequence[Line], blind: Blind) -> Pushed:
    """What a push says. `blind(text)` gives a name that tells nothing of the text: a line sent again has the same."""
    pushed, times = Pushed([]), Counter[str]()
    stream, labels = "", None
    for line in lines:
        if line.labels is not labels:  # once a stream: its lines share them
            labels = line.labels
            stream = str(sorted(labels.items()))
        said = understand(line.text)
        kind = said.get("event_type") if said.get("event") == "security_event" else None
        if not isinstance(kind, str) or not _WORD.fullmatch(kind):
            pushed.seen[_name(said) if kind is None else NAMELESS] += 1
            continue
        name = blind(f"{stream}\0{line.at}\0{line.text}".encode(errors="replace"))
        times[name] += 1
        id = name if times[name] == 1 else f"{name}-{times[name]}"
        pushed.events.append(_event(line, said, kind, id))
    return pushed


def _name(said: Said) -> str:
    event = said.get("event")
    return event if isinstance(event, str) and _WORD.fullmatch(event) else FREE


def _event(line: Line, said: Said, kind: str, id: str) -> CloudEvent:
    details = said.get("details")
    known = details if isinstance(details, dict) else {}
    type, data = _sorted(kind, said, known)
    agent = known.get("user_agent") or known.get("attempted_user_agent")
    who = {
        "user_id": _known(said.get("user_id"), "anonymous", 512),
        "ip": _known(said.get("ip_address"), "unknown", 100) or _known(known.get("attempted_ip"), "unknown", 100),
        "user_agent": _known(agent, "unknown", 2_000),
    }
    return cloud_event(f"loki/{_source(line, said)}", id, type, _time(line, said), who | data)


def _source(line: Line, said: Said) -> str:
    """The name of the application, made a code; as it is where an address is in it, which is redacted later."""
    named = next((line.labels[name] for name in APPS if line.labels.get(name)), said.get("app"))
    if isinstance(named, str) and holds_address(named):
        return named
    return _NO_WORD.sub("-", named).strip("-")[:64] or "unknown" if isinstance(named, str) else "unknown"


def _sorted(kind: str, said: Said, details: Said) -> tuple[str, dict[str, Any]]:
    """The type of the event, and what belongs to it."""
    fine = _fine(said)
    entry = _entry(kind, fine, details)
    if entry:
        return "access", {"action": kind, **entry}
    limit, window = _first(details, LIMITS), _first(details, WINDOWS)
    if kind == "rate_limit_exceeded" and limit is not None and window is not None:
        return "rate_limit", {"limit": int(limit), "window_seconds": window, "action": _code(details.get("action"))}
    harmless = {name: value for name, value in details.items() if name in HARMLESS_DETAILS and _plain(value)}
    return "security", {"event_type": kind, "outcome": OUTCOMES[fine], "details": harmless or None}


def _fine(said: Said) -> bool | None:
    """Whether it went well; None where nothing tells."""
    success, status = said.get("success"), said.get("status")
    if isinstance(success, bool):
        return success
    return {"SUCCESS": True, "FAILURE": False}.get(status) if isinstance(status, str) else None


def _entry(kind: str, fine: bool | None, details: Said) -> dict[str, str | None]:
    """An attempt to get in: granted, or denied and why. Empty where it is none, or nobody knows how it went."""
    never, plain = kind.endswith(REFUSALS), kind in ENTRIES
    if not plain and (not kind.startswith(FAMILIES) or kind.endswith(ANNOUNCED)):
        return {}
    if fine is None and not never:
        return {}
    if fine and not never:
        return {"outcome": "granted"}
    return {"outcome": "denied", "reason": _code(details.get("reason")) or (None if plain and not never else kind)}


def _first(details: Said, names: Sequence[str]) -> float | None:
    """The first of these that is a number in bounds."""
    for name in names:
        value = read_amount(details.get(name), MAX_COUNT)
        if value is not None:
            return value
    return None


def _plain(value: object) -> bool:
    """A number that every database can hold, or a single word."""
    return abs(value) <= LARGEST if isinstance(value, int | float) else _code(value) is not None


def _code(value: object) -> str | None:
    return value if isinstance(value, str) and _WORD.fullmatch(value) else None


def _known(value: object, absent: str, most: int) -> str | None:
    """A name of bounded length; where it can be none, the envelope leaves it out, and counts it."""
    return value[:most] if isinstance(value, str) and value not in ("", absent) else None


def _time(line: Line, said: Said) -> str:
    """The record's own time, or that of its line."""
    try:
        own = read_time("timestamp", said.get("timestamp"))
    except ValueError:
        return write_time(_moment(line.at))
    return write_time(own if EARLIEST <= own <= datetime.now(UTC) + timedelta(days=1) else _moment(line.at))


def _moment(ns: int) -> datetime:
    try:
        return EPOCH + timedelta(microseconds=ns // 1000)
    except OverflowError:
        return datetime.now(UTC)
