"""Converts the chat application's documents to CloudEvents. Pure. Only the fields in `FIELDS` are read from the server.

Times are naive UTC. The application inserts an assistant message before the answer exists, and updates it when it is
complete: `created_at` is the answer's start, and `updated_at` of a finished answer its completion.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import TypeVar

import msgspec
from bson import ObjectId

from monitoring.events.envelope import EARLIEST
from monitoring.events.numbers import MAX_DOLLARS, read_amount, read_count
from monitoring.ingest.follow.values import plain
from monitoring.ingest.sources.cloud_event import CloudEvent, cloud_event, write_time

SESSIONS, MESSAGES, USAGE, VOTES = "chat_sessions", "chat_messages", "token_usage", "message_votes"
Document = Mapping[str, object]
Number = TypeVar("Number", int, float)
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
"""Titles, contents, tool calls and queries are not among them, so they never leave the server."""
read_dollars = partial(read_amount, maximum=MAX_DOLLARS)


class InvalidDocument(ValueError):
    """A document without a required field, or with an invalid one; the message names the field."""


class DocumentFields:
    """Parses a document's fields. Invalid optional values are dropped, and their fields added to `invalid`."""

    def __init__(self, document: Document, invalid: list[str]) -> None:
        self.document, self.invalid = document, invalid

    def get(self, field: str) -> str | int | float | None:
        """Returns a text or a number, None if the value is missing or of another type."""
        value = plain(self.document.get(field))
        if value is None or isinstance(value, str | int | float):
            return value
        self._add_invalid(field)
        return None

    def text(self, field: str) -> str:
        """Returns a required text. Raises InvalidDocument."""
        value = self.document.get(field)
        if not isinstance(value, str) or not value:
            raise InvalidDocument(f"{field}: missing")
        return value

    def word(self, field: str) -> str:
        """Returns a lower-case text: roles and states are upper-case in the current application, lower-case in older
        documents. Raises InvalidDocument."""
        return self.text(field).lower()

    def number(self, field: str, read: Callable[[object], Number | None]) -> Number | None:
        """Returns a number from 0 on, None if it is missing or invalid."""
        value = plain(self.document.get(field))
        parsed = read(value)
        if parsed is None and value is not None:
            self._add_invalid(field)
        return parsed

    def time(self, field: str) -> str | None:
        """Returns a time, also from a text; None if it is missing, outside Python's range, or before EARLIEST."""
        value = self.document.get(field)
        time = _parse_time(value)
        if time is not None and time >= EARLIEST:
            return write_time(time)
        if value is not None:
            self._add_invalid(field)
        return None

    def first_time(self, *fields: str) -> str:
        """Returns the first valid time, or else the insertion time in the `_id`. Raises InvalidDocument."""
        for field in fields:
            if parsed := self.time(field):
                return parsed
        oid = self.document.get("_id")
        if not isinstance(oid, ObjectId):
            raise InvalidDocument(f"{fields[0]}: not a time")
        return write_time(oid.generation_time)

    def subdocument(self, field: str) -> "DocumentFields":
        """Returns an embedded document, which shares `invalid`."""
        value = self.document.get(field)
        if value is not None and not isinstance(value, Mapping):
            self._add_invalid(field)
        return DocumentFields(value if isinstance(value, Mapping) else {}, self.invalid)

    def _add_invalid(self, field: str) -> None:
        if field not in self.invalid:
            self.invalid.append(field)


def events_of(
    database: str, collection: str, document: Document, session: str | None = None, invalid: list[str] | None = None
) -> list[CloudEvent]:
    """Converts a document. `session` is the session of a vote's message, which a vote does not name; names of fields
    with invalid values are added to `invalid`. Raises InvalidDocument. A document always gives the same event ids, its
    newer state others."""
    found: list[str] = []
    events = _CONVERTERS[collection](f"mongodb/{database}", DocumentFields(document, found), session)
    if invalid is not None:
        invalid += found
    return events


def session_ended(database: str, session: str, at: datetime) -> CloudEvent:
    """Returns the event for the deletion of a session's document."""
    data = {"session_id": session, "reason": "closed"}
    return cloud_event(f"mongodb/{database}", f"{SESSIONS}:{session}:deleted", "session.ended", write_time(at), data)


def vote_removed(database: str, document: Document, session: str, at: datetime) -> CloudEvent:
    """Returns the event for the deletion of a vote's document."""
    read = DocumentFields(document, [])
    data = {name: read.text(name) for name in ("message_id", "user_id")} | {"session_id": session, "value": "none"}
    updated = _parse_time(document.get("updated_at"))
    if updated and updated.year < 9999:  # by the clock of the votes, right after the deleted one
        at = updated + timedelta(milliseconds=1)
    return cloud_event(f"mongodb/{database}", f"{VOTES}:{read.text('id')}:deleted", "vote", write_time(at), data)


def _session(source: str, read: DocumentFields, _: str | None) -> list[CloudEvent]:
    id = read.text("id")
    data = {"session_id": id, "user_id": read.text("user_id"), "session_type": read.get("session_type")}
    started = read.first_time("created_at")
    events = [cloud_event(source, f"{SESSIONS}:{id}", "session.started", started, data)]
    if read.get("is_active") is False:
        ended = read.first_time("updated_at", "created_at")
        closed = {"session_id": id, "reason": "closed"}
        events.append(cloud_event(source, f"{SESSIONS}:{id}:{ended}", "session.ended", ended, closed))
    return events


def _message(source: str, read: DocumentFields, _: str | None) -> list[CloudEvent]:
    id, role, status = read.text("id"), read.word("role"), read.word("status")
    updated = read.time("updated_at")
    state = {
        "message_id": id,
        "session_id": read.text("session_id"),
        "role": role,
        "status": status,
        "completed_at": updated if role == "assistant" and status != "pending" else None,
        "characters": read.number("characters", read_count) or None,
        **_tokens(read.subdocument("token_usage")),
    }
    created = read.first_time("created_at")
    times = f"{created} {read.document.get('updated_at')}"
    state_hash = sha256(times.encode() + msgspec.json.encode(state, order="sorted")).hexdigest()[:16]
    data = state | {"user_id": read.get("user_id") or None}  # not in the hash, which identifies no person
    return [cloud_event(source, f"{MESSAGES}:{id}:{state_hash}", "message", created, data)]


def _usage(source: str, read: DocumentFields, _: str | None) -> list[CloudEvent]:
    prompt, completion = (read.number(name, read_count) or 0 for name in ("prompt_tokens", "completion_tokens"))
    total = read.number("total_tokens", read_count)
    data = {
        "message_id": read.text("message_id"),
        "session_id": read.text("session_id"),
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion if total is None else total,
        "cost": read.number("cost", read_dollars) or 0,
        "model": read.get("model"),
    }
    return [cloud_event(source, f"{USAGE}:{read.text('id')}", "token_usage", read.first_time("created_at"), data)]


def _vote(source: str, read: DocumentFields, session: str | None) -> list[CloudEvent]:
    if session is None:
        raise InvalidDocument("message_id: the message does not exist")
    data = {name: read.text(name) for name in ("message_id", "user_id")}
    value, at = read.word("vote_type"), read.first_time("updated_at", "created_at")
    data |= {"session_id": session, "value": value}
    return [cloud_event(source, f"{VOTES}:{read.text('id')}:{value}:{at}", "vote", at, data)]


_CONVERTERS: dict[str, Callable[[str, DocumentFields, str | None], list[CloudEvent]]] = {
    SESSIONS: _session,
    MESSAGES: _message,
    USAGE: _usage,
    VOTES: _vote,
}


def _tokens(usage: DocumentFields) -> dict[str, object]:
    """The token counts in a message; documents of `token_usage` replace them."""
    if not usage.document:
        return {}
    counts = {name: usage.number(name, read_count) for name in ("prompt_tokens", "completion_tokens", "total_tokens")}
    return counts | {"cost": usage.number("cost", read_dollars), "model": usage.get("model")}


def _parse_time(value: object) -> datetime | None:
    """Returns the time in UTC, None if it is invalid or outside Python's range."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value
