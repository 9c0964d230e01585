"""The stored form of an event."""

import json
from datetime import UTC, datetime

from msgspec import structs

from monitoring.events.envelope import Event, parse_all
from monitoring.events.internal import Actor
from monitoring.events.origin import PersonalData
from monitoring.events.record import Subject, personal, read, read_body, write
from monitoring.events.redaction import Redactor
from monitoring.events.vocabulary import Access

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def event() -> Event:
    data = {"user_id": "alice", "ip": "203.0.113.9", "outcome": "granted", "session_id": "s1"}
    raw = {"specversion": "1.0", "type": "access", "source": "/chat", "id": "7", "time": NOW.isoformat(), "data": data}
    made = next(iter(parse_all([json.dumps(raw).encode()], NOW)))
    assert isinstance(made, Event)
    return made


def test_equal_events_are_equal_bytes_with_sorted_keys_and_no_white_space() -> None:
    body = write(event(), 5, Subject(9, "user", "c2VhbGVk"))
    assert body == write(event(), 5, Subject(9, "user", "c2VhbGVk"))
    assert body == json.dumps(json.loads(body), sort_keys=True, separators=(",", ":")).encode()


def test_personal_fields_are_returned_and_left_out_of_the_body() -> None:
    assert personal(event().data, "GB") == PersonalData(user_id="alice", ip="203.0.113.9", country="GB")
    body = write(event(), 5, Subject(9, "user", "c2VhbGVk"))
    assert b"alice" not in body
    assert b"203.0.113.9" not in body
    assert b"s1" in body


def test_a_body_is_read_as_it_was_written() -> None:
    body = write(event(), 5, Subject(9, "user", "c2VhbGVk"))
    stored = read_body(body)
    record = read(3, stored, Redactor(str))
    assert (record.position, record.received, record.type, record.person) == (3, 5, "access", 9)
    assert record.at == event().at
    assert record.data.session_id == "s1"
    assert (stored.source, stored.id, stored.who) == ("/chat", "7", Subject(9, "user", "c2VhbGVk"))


def test_a_subject_that_is_only_an_address_is_no_person() -> None:
    """Otherwise the first address would own the session."""
    body = read_body(write(event(), 5, Subject(9, "address", "c2VhbGVk")))
    assert read(3, body, Redactor(str)).person is None


def test_a_text_that_an_earlier_version_stored_in_clear_is_redacted_when_it_is_read() -> None:
    made = structs.replace(event(), data=structs.replace(event().data, reason="the user wrote: my secret"))
    body = write(made, 5, None)
    assert b"my secret" in body
    record = read(3, read_body(body), Redactor(lambda text: "x" * 24))
    assert isinstance(record.data, Access)
    assert record.data.reason == "hashed-xxxxxxxxxxxxxxxx"


def test_actor_and_reason_are_in_the_entry() -> None:
    made = structs.replace(event(), actor=Actor("user", key=7), reason="asked for")
    stored = read_body(write(made, 5, None))
    record = read(3, stored, Redactor(str))
    assert (record.actor, record.reason) == (Actor("user", key=7), "asked for")
