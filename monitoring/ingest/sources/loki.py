"""The chat application's security log, as its logger sends it to Loki: security events are kept, all else is counted.

A line is a logging record in JSON, whose `message` is what Python prints of a dictionary; of it only the fields named
here are read, and of `details` only numbers and single words under harmless names.
"""

import ast
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from monitoring.events.envelope import EPOCH
from monitoring.events.vocabulary import HARMLESS_DETAILS, VISIBLE
from monitoring.ingest.sources.lines import CloudEvent, cloud_event, read_time, write_time
from monitoring.ingest.sources.loki_wire import Line

ENTRIES = frozenset(
    {
        "ip_lockdown_violation", "login", "login_failed", "logout", "registration", "token_ownership_validation_failed",
        "totp_validation", "trusted_ip_lockdown_block", "user_agent_lockdown_violation",
    }
)  # fmt: skip
"""What is an attempt to get in; the others are told as they are."""
LIMITS, WINDOWS = ("limit", "max_requests", "max_attempts"), ("window_seconds", "window", "period", "period_seconds")
FREE = "free text"
MOST = 64 * 1024
"""Characters of a message that are looked at."""
_VISIBLE = re.compile(VISIBLE)
_WORD = re.compile(r"[\w.:-]{1,64}", re.ASCII)
_EVENT = re.compile(r"""['"]event['"]: ['"]([\w.:-]{1,64})['"]""", re.ASCII)
_FIELD = re.compile(
    r"'(event|event_type|timestamp|success|user_id|ip_address|app)': "
    r"""('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|True|False|None)"""
)
REFUSALS = ("_violation", "_block", "_failed")
"""How the names of attempts end that never succeed."""
Said = Mapping[str, Any]
Blind = Callable[[bytes], str]


@dataclass(frozen=True, slots=True)
class Pushed:
    """The events of a push, and how many lines of each name were not kept."""

    events: list[CloudEvent]
    seen: Counter[str] = field(default_factory=Counter)


def read(lines: Sequence[Line], blind: Blind) -> Pushed:
    """What a push says. `blind(text)` gives a name that tells nothing of the text: a line sent again has the same."""
    pushed, times = Pushed([]), Counter[str]()
    for line in lines:
        said = _said(line.text)
        kind = said.get("event_type") if said.get("event") == "security_event" else None
        if not isinstance(kind, str) or not _WORD.fullmatch(kind):
            pushed.seen[_name(said)] += 1
            continue
        name = blind(f"{sorted(line.labels.items())}\0{line.at}\0{line.text}".encode(errors="replace"))
        times[name] += 1
        id = name if times[name] == 1 else f"{name}-{times[name]}"
        pushed.events.append(_event(line, said, kind, id))
    return pushed


def _said(text: str) -> Said:
    """What a line says: itself, or the message in it."""
    record = _object(text)
    if "event" in record:
        return record
    message = record.get("message", text if not record else "")
    if isinstance(message, dict):
        return message
    return _object(message) if isinstance(message, str) else {}


def _object(text: str) -> Said:
    """JSON, or what Python prints of a dictionary. Empty where it is neither."""
    text = text.strip()
    if not text.startswith("{") or len(text) > MOST:
        return {}
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return _printed(text)
    return found if isinstance(found, dict) else {}


def _printed(text: str) -> Said:
    """A printed dictionary. Where something in it cannot be read back, what stands before `details` is enough."""
    if "'security_event'" not in text:
        found = _EVENT.search(text)
        return {"event": found[1]} if found else {}
    try:
        read = ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        read = {name: ast.literal_eval(value) for name, value in _FIELD.findall(text.partition("'details':")[0])}
    return read if isinstance(read, dict) else {}


def _name(said: Said) -> str:
    event = said.get("event")
    return event if isinstance(event, str) and _WORD.fullmatch(event) else FREE


def _event(line: Line, said: Said, kind: str, id: str) -> CloudEvent:
    details = said.get("details")
    known = details if isinstance(details, dict) else {}
    type, data = _sorted(kind, said, known)
    who = {
        "user_id": _known(said.get("user_id"), "anonymous", 512),
        "ip": _known(said.get("ip_address"), "unknown", 100),
        "user_agent": _known(known.get("user_agent"), "unknown", 2_000),
    }
    source = _code(line.labels.get("app")) or _code(said.get("app")) or "unknown"
    return cloud_event(f"loki/{source}", id, type, _time(line, said), who | data)


def _sorted(kind: str, said: Said, details: Said) -> tuple[str, dict[str, Any]]:
    """The type of the event, and what belongs to it."""
    fine = said.get("success") is True
    if kind in ENTRIES:
        return "access", {"action": kind, **_entry(kind, fine, details)}
    limit, window = _first(details, LIMITS), _first(details, WINDOWS)
    if kind == "rate_limit_exceeded" and limit is not None and window is not None:
        return "rate_limit", {"limit": int(limit), "window_seconds": window, "action": _code(details.get("action"))}
    harmless = {name: value for name, value in details.items() if name in HARMLESS_DETAILS and _plain(value)}
    return "security", {"event_type": kind, "outcome": "success" if fine else "failure", "details": harmless or None}


def _entry(kind: str, fine: bool, details: Said) -> dict[str, str | None]:
    """An attempt to get in: granted, or denied and why."""
    never = kind.endswith(REFUSALS)
    if fine and not never:
        return {"outcome": "granted"}
    return {"outcome": "denied", "reason": _code(details.get("reason")) or (kind if never else None)}


def _first(details: Said, names: Sequence[str]) -> float | None:
    """The first of these that is a number in bounds."""
    for name in names:
        value = details.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e12:
            return value
    return None


def _plain(value: object) -> bool:
    return isinstance(value, bool | int | float) or _code(value) is not None


def _code(value: object) -> str | None:
    return value if isinstance(value, str) and _WORD.fullmatch(value) else None


def _known(value: object, absent: str, most: int) -> str | None:
    """A name as the vocabulary takes it; an event is kept without one rather than not at all."""
    fits = isinstance(value, str) and value != absent and _VISIBLE.match(value)
    return str(value)[:most] if fits else None


def _time(line: Line, said: Said) -> str:
    """The record's own time, or that of its line."""
    try:
        return write_time(read_time("timestamp", said.get("timestamp")))
    except ValueError:
        return write_time(_moment(line.at))


def _moment(ns: int) -> datetime:
    try:
        return EPOCH + timedelta(microseconds=ns // 1000)
    except OverflowError:
        return datetime.now(UTC)
