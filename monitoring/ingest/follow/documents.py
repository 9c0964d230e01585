"""The chat application's documents as CloudEvents. Pure. Only what `FIELDS` names is ever asked of the server.

Its times are naive UTC. An assistant message is inserted before the answer exists, and updated when it is whole: so
`created_at` is when the answer began, and `updated_at` of a finished one when it was there.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Any

import msgspec
from bson import ObjectId

from monitoring.events.envelope import EARLIEST
from monitoring.events.numbers import MAX_DOLLARS, read_amount, read_count
from monitoring.ingest.follow.values import plain
from monitoring.ingest.sources.cloud_event import CloudEvent, cloud_event, write_time

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
read_dollars = partial(read_amount, maximum=MAX_DOLLARS)


class InvalidDocument(ValueError):
    """A document that is not as the application writes it; the text names the field."""


class Reader:
    """A document, field by field: one odd value costs that value. `odd` names the fields that could not be read."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.odd: list[str] = []

    def get(self, field: str) -> Any:
        """A value as JSON can hold it; None where it is of a kind that no field has."""
        value = plain(self.document.get(field))
        if value is None or isinstance(value, str | int | float):
            return value
        self._odd(field)
        return None

    def text(self, field: str) -> str:
        """Raises Strange: without it the document says nothing."""
        value = self.document.get(field)
        if not isinstance(value, str) or not value:
            raise InvalidDocument(f"{field}: missing")
        return value

    def word(self, field: str) -> str:
        """Roles and states are upper-case in the current application, lower-case in older documents."""
        return self.text(field).lower()

    def number(self, field: str, read: Callable[[Any], Any]) -> Any:
        """A number from 0 on; None where there is none."""
        value = plain(self.document.get(field))
        found = read(value)
        if found is None and value is not None:
            self._odd(field)
        return found

    def time(self, field: str) -> str | None:
        """A moment, also where it is written as a text; None where there is none that Python can hold, or that an event
        may have."""
        value = self.document.get(field)
        moment = _moment(value)
        if moment is not None and moment >= EARLIEST:
            return write_time(moment)
        if value is not None:
            self._odd(field)
        return None

    def first_time(self, *fields: str) -> str:
        """The first of these that can be read, or when the document was inserted, by its `_id`. Raises Strange."""
        for field in fields:
            if found := self.time(field):
                return found
        oid = self.document.get("_id")
        if not isinstance(oid, ObjectId):
            raise InvalidDocument(f"{fields[0]}: not a time")
        return write_time(oid.generation_time)

    def part(self, field: str) -> "Reader":
        """The document within; its odd fields are ours."""
        value = self.document.get(field)
        inner = Reader(value if isinstance(value, Mapping) else {})
        inner.odd = self.odd
        if value is not None and not isinstance(value, Mapping):
            self._odd(field)
        return inner

    def _odd(self, field: str) -> None:
        if field not in self.odd:
            self.odd.append(field)


def events_of(
    database: str, collection: str, document: Document, session: str | None = None, odd: list[str] | None = None
) -> list[CloudEvent]:
    """What a document says. `session` is the session of a vote's message, which its document does not name; names of
    fields that could not be read are added to `odd`. Raises Strange. The same document always gives the same ids, a
    newer state of it another one."""
    reader = Reader(document)
    made = _MAKERS[collection](f"mongodb/{database}", reader, session)
    if odd is not None:
        odd += reader.odd
    return made


def ended(database: str, session: str, at: datetime) -> CloudEvent:
    """A session whose document is gone."""
    data = {"session_id": session, "reason": "closed"}
    return cloud_event(f"mongodb/{database}", f"{SESSIONS}:{session}:deleted", "session.ended", write_time(at), data)


def unvoted(database: str, document: Document, session: str, at: datetime) -> CloudEvent:
    """A vote that was taken back: its document is gone."""
    reader = Reader(document)
    data = {name: reader.text(name) for name in ("message_id", "user_id")} | {"session_id": session}
    written = _moment(document.get("updated_at"))
    if written and written.year < 9999:  # by the clock that the votes have, right behind the one that is gone
        at = written + timedelta(milliseconds=1)
    id = f"{VOTES}:{reader.text('id')}:deleted"
    return cloud_event(f"mongodb/{database}", id, "vote", write_time(at), data | {"value": "none"})


def _session(source: str, read: Reader, _: str | None) -> list[CloudEvent]:
    id = read.text("id")
    data = {"session_id": id, "user_id": read.text("user_id"), "session_type": read.get("session_type")}
    began = read.first_time("created_at")
    events = [cloud_event(source, f"{SESSIONS}:{id}", "session.started", began, data)]
    if read.get("is_active") is False:
        left = read.first_time("updated_at", "created_at")
        closed = {"session_id": id, "reason": "closed"}
        events.append(cloud_event(source, f"{SESSIONS}:{id}:{left}", "session.ended", left, closed))
    return events


def _message(source: str, read: Reader, _: str | None) -> list[CloudEvent]:
    id, role, status = read.text("id"), read.word("role"), read.word("status")
    updated = read.time("updated_at")
    state = {
        "message_id": id,
        "session_id": read.text("session_id"),
        "role": role,
        "status": status,
        "completed_at": updated if role == "assistant" and status != "pending" else None,
        "characters": read.number("characters", read_count) or None,
        **_tokens(read.part("token_usage")),
    }
    created = read.first_time("created_at")
    mark = _mark(state, f"{created} {read.document.get('updated_at')}")
    made = cloud_event(source, f"{MESSAGES}:{id}:{mark}", "message", created, state)
    user = read.get("user_id")
    return [made | {"data": made["data"] | ({"user_id": user} if user else {})}]


def _usage(source: str, read: Reader, _: str | None) -> list[CloudEvent]:
    counts = {name: read.number(name, read_count) or 0 for name in ("prompt_tokens", "completion_tokens")}
    total = read.number("total_tokens", read_count)
    counts["total_tokens"] = sum(counts.values()) if total is None else total
    counts["cost"] = read.number("cost", read_dollars) or 0
    names = {name: read.text(name) for name in ("message_id", "session_id")}
    data = names | counts | {"model": read.get("model")}
    return [cloud_event(source, f"{USAGE}:{read.text('id')}", "token_usage", read.first_time("created_at"), data)]


def _vote(source: str, read: Reader, session: str | None) -> list[CloudEvent]:
    if session is None:
        raise InvalidDocument("message_id: its message is not there")
    names = {name: read.text(name) for name in ("message_id", "user_id")}
    value, at = read.word("vote_type"), read.first_time("updated_at", "created_at")
    data = names | {"session_id": session, "value": value}
    return [cloud_event(source, f"{VOTES}:{read.text('id')}:{value}:{at}", "vote", at, data)]


_MAKERS: dict[str, Callable[[str, Reader, str | None], list[CloudEvent]]] = {
    SESSIONS: _session,
    MESSAGES: _message,
    USAGE: _usage,
    VOTES: _vote,
}


def _tokens(usage: Reader) -> dict[str, Any]:
    """What a message says of its tokens itself; records of `token_usage` replace it."""
    if not usage.document:
        return {}
    counts = {name: usage.number(name, read_count) for name in TOKENS[:3]}
    return counts | {"cost": usage.number("cost", read_dollars), "model": usage.get("model")}


def _mark(state: Mapping[str, Any], times: str) -> str:
    """Stands for one state of a message; nothing of it identifies a person."""
    return sha256(times.encode() + msgspec.json.encode(state, order="sorted")).hexdigest()[:16]


def _moment(value: Any) -> datetime | None:
    """A time of the application, which is UTC; None where Python can hold none."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value
