"""The chat application's documents as CloudEvents. Only what `FIELDS` names is ever asked of the server.

Its times are naive UTC. An assistant message is inserted before the answer exists, and updated when it is whole: so
`created_at` is when the answer began, and `updated_at` of a finished one when it was there.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import msgspec
from bson import Decimal128

from monitoring.ingest.sources.lines import CloudEvent, cloud_event, write_time

SESSIONS, MESSAGES, USAGE, VOTES = "chat_sessions", "chat_messages", "token_usage", "message_votes"
Document = Mapping[str, Any]
FIELDS: dict[str, tuple[str, ...]] = {
    SESSIONS: ("id", "user_id", "session_type", "is_active", "created_at", "updated_at"),
    MESSAGES: (
        "id", "session_id", "user_id", "role", "status", "token_usage.model", "token_usage.prompt_tokens",
        "token_usage.completion_tokens", "token_usage.total_tokens", "token_usage.cost", "created_at", "updated_at",
    ),
    USAGE: (
        "id", "message_id", "session_id", "model", "prompt_tokens", "completion_tokens", "total_tokens", "cost",
        "created_at",
    ),
    VOTES: ("id", "message_id", "user_id", "vote_type", "created_at", "updated_at"),
}  # fmt: skip
"""Titles, contents, tool calls and queries are not among them: they never leave the server."""
TOKENS = ("prompt_tokens", "completion_tokens", "total_tokens", "cost", "model")


class Strange(ValueError):
    """A document that is not as the application writes it; the text names the field."""


def events_of(database: str, collection: str, document: Document, session: str | None = None) -> list[CloudEvent]:
    """What a document says. `session` is the session of a vote's message, which its document does not name. Raises
    Strange. The same document always gives the same ids, a newer state of it another one."""
    return _MAKERS[collection](f"mongodb/{database}", _plain(document), session)


def ended(database: str, session: str, at: datetime) -> CloudEvent:
    """A session whose document is gone."""
    data = {"session_id": session, "reason": "closed"}
    return cloud_event(f"mongodb/{database}", f"{SESSIONS}:{session}:deleted", "session.ended", write_time(at), data)


def unvoted(database: str, document: Document, session: str, at: datetime) -> CloudEvent:
    """A vote that was taken back: its document is gone."""
    data = {name: _text(document, name) for name in ("message_id", "user_id")} | {"session_id": session}
    written = document.get("updated_at")
    if isinstance(written, datetime):  # by the clock that the votes have, right behind the one that is gone
        at = written.replace(tzinfo=UTC) + timedelta(milliseconds=1)
    id = f"{VOTES}:{_text(document, 'id')}:deleted"
    return cloud_event(f"mongodb/{database}", id, "vote", write_time(at), data | {"value": "none"})


def _plain(document: Document) -> Document:
    """The document with the numbers of Python in place of the driver's own. Raises Strange."""
    return {name: _value(name, value) for name, value in document.items() if name != "_id"}


def _value(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return _plain(value)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, Decimal128):
        return float(value.to_decimal())
    if isinstance(value, str | float | datetime):
        return value
    raise Strange(f"{name}: a {type(value).__name__}")


def _session(source: str, document: Document, _: str | None) -> list[CloudEvent]:
    id = _text(document, "id")
    data = {"session_id": id, "user_id": _text(document, "user_id"), "session_type": document.get("session_type")}
    began = _time(document, "created_at")
    events = [cloud_event(source, f"{SESSIONS}:{id}", "session.started", began, data)]
    if document.get("is_active") is False:
        left = _time(document, "updated_at")
        closed = {"session_id": id, "reason": "closed"}
        events.append(cloud_event(source, f"{SESSIONS}:{id}:{left}", "session.ended", left, closed))
    return events


def _message(source: str, document: Document, _: str | None) -> list[CloudEvent]:
    id, role, status = _text(document, "id"), _word(document, "role"), _word(document, "status")
    finished = role == "assistant" and status != "pending"
    state = {
        "message_id": id,
        "session_id": _text(document, "session_id"),
        "role": role,
        "status": status,
        "completed_at": _time(document, "updated_at") if finished else None,
        "characters": document.get("characters") or None,
        **_tokens(document.get("token_usage")),
    }
    created = _time(document, "created_at")
    mark = _mark(state, f"{created} {document.get('updated_at')}")
    made = cloud_event(source, f"{MESSAGES}:{id}:{mark}", "message", created, state)
    user = document.get("user_id")
    return [made | {"data": made["data"] | ({"user_id": user} if user else {})}]


def _usage(source: str, document: Document, _: str | None) -> list[CloudEvent]:
    counts = {name: _number(document, name) or 0 for name in ("prompt_tokens", "completion_tokens", "cost")}
    total = _number(document, "total_tokens")
    counts["total_tokens"] = counts["prompt_tokens"] + counts["completion_tokens"] if total is None else total
    names = {name: _text(document, name) for name in ("message_id", "session_id")}
    data = names | counts | {"model": document.get("model")}
    at = _time(document, "created_at")
    return [cloud_event(source, f"{USAGE}:{_text(document, 'id')}", "token_usage", at, data)]


def _vote(source: str, document: Document, session: str | None) -> list[CloudEvent]:
    if session is None:
        raise Strange("message_id: its message is not there")
    names = {name: _text(document, name) for name in ("message_id", "user_id")}
    value, at = _word(document, "vote_type"), _time(document, "updated_at")
    data = names | {"session_id": session, "value": value}
    return [cloud_event(source, f"{VOTES}:{_text(document, 'id')}:{value}:{at}", "vote", at, data)]


_MAKERS: dict[str, Callable[[str, Document, str | None], list[CloudEvent]]] = {
    SESSIONS: _session,
    MESSAGES: _message,
    USAGE: _usage,
    VOTES: _vote,
}


def _tokens(usage: object) -> dict[str, Any]:
    """What a message says of its tokens itself; records of `token_usage` replace it."""
    return {name: usage.get(name) for name in TOKENS} if isinstance(usage, Mapping) else {}


def _mark(state: Mapping[str, Any], times: str) -> str:
    """Stands for one state of a message; nothing of it identifies a person."""
    return sha256(times.encode() + msgspec.json.encode(state, order="sorted")).hexdigest()[:16]


def _text(document: Document, field: str) -> str:
    value = document.get(field)
    if not isinstance(value, str) or not value:
        raise Strange(f"{field}: missing")
    return value


def _number(document: Document, field: str) -> float | None:
    value = document.get(field)
    if value is not None and not isinstance(value, int | float):
        raise Strange(f"{field}: not a number")
    return value


def _word(document: Document, field: str) -> str:
    """Roles and states are upper-case in the current application, lower-case in older documents."""
    return _text(document, field).lower()


def _time(document: Document, field: str) -> str:
    value = document.get(field)
    if not isinstance(value, datetime):
        raise Strange(f"{field}: not a time")
    return write_time(value.replace(tzinfo=UTC) if value.tzinfo is None else value)
