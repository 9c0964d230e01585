"""How an event is written in the journal, and read again."""

import json
from datetime import UTC, datetime

from msgspec import structs

from monitoring.events.envelope import Event, parse_all
from monitoring.events.internal import Actor
from monitoring.events.record import Who, personal, read, read_body, write
from monitoring.events.redaction import Redactor
from monitoring.events.vocabulary import Access

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def event() -> Event:
    data = {"user_id": "alice", "ip": "203.0.113.9", "outcome": "granted", "session_id": "s1"}
    raw = {"specversion": "1.0", "type": "access", "source": "/chat", "id": "7", "time": NOW.isoformat(), "data": data}
    made = next(iter(parse_all([json.dumps(raw).encode()], NOW)))
    assert isinstance(made, Event)
    return made


def test_the_same_event_is_the_same_bytes_with_sorted_keys_and_no_white_space() -> None:
    body = write(event(), 5, Who(9, "user", "c2VhbGVk"))
    assert body == write(event(), 5, Who(9, "user", "c2VhbGVk"))
    assert body == json.dumps(json.loads(body), sort_keys=True, separators=(",", ":")).encode()


def test_what_identifies_a_person_is_named_and_left_out_of_the_body() -> None:
    assert personal(event().data) == {"user_id": "alice", "ip": "203.0.113.9"}
    body = write(event(), 5, Who(9, "user", "c2VhbGVk"))
    assert b"alice" not in body
    assert b"203.0.113.9" not in body
    assert b"s1" in body


def test_a_body_is_read_as_it_was_written() -> None:
    body = write(event(), 5, Who(9, "user", "c2VhbGVk"))
    said = read_body(body)
    record = read(3, said, Redactor(str))
    assert (record.position, record.received, record.type, record.person) == (3, 5, "access", 9)
    assert record.at == event().at
    assert record.data.session_id == "s1"
    assert (said.source, said.id, said.who) == ("/chat", "7", Who(9, "user", "c2VhbGVk"))


def test_an_address_alone_is_nobody_s_person() -> None:
    """Else whoever's address came first would own the session."""
    body = read_body(write(event(), 5, Who(9, "address", "c2VhbGVk")))
    assert read(3, body, Redactor(str)).person is None


def test_what_an_earlier_version_kept_in_clear_is_redacted_when_it_is_read() -> None:
    made = structs.replace(event(), data=structs.replace(event().data, reason="the user wrote: my secret"))
    body = write(made, 5, None)
    assert b"my secret" in body
    record = read(3, read_body(body), Redactor(lambda text: "x" * 24))
    assert isinstance(record.data, Access)
    assert record.data.reason == "hashed-xxxxxxxxxxxxxxxx"


def test_who_acted_and_why_is_in_the_entry() -> None:
    made = structs.replace(event(), actor=Actor("user", key=7), reason="asked for")
    said = read_body(write(made, 5, None))
    record = read(3, said, Redactor(str))
    assert (record.actor, record.reason) == (Actor("user", key=7), "asked for")
