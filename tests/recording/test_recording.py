"""`commit` redacts, seals and appends; stages read the result."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from mmdb import write
from running import event, message

from monitoring.events.envelope import Event, digest, parse_all
from monitoring.events.origin import Origin
from monitoring.events.record import Record, read_body
from monitoring.events.redaction import HASHED, Redactor
from monitoring.journal import store as journal
from monitoring.journal.verify import verify_journal
from monitoring.people import store as people
from monitoring.people.models import Person
from monitoring.pipeline.advance import advance, rebuild
from monitoring.recording import record as store
from monitoring.recording.geo import GeoLocator
from monitoring.recording.record import commit, kept_id

pytestmark = pytest.mark.django_db
SECRET = "the user wrote: my secret"


def events(*raws: dict[str, Any]) -> list[Event]:
    found = parse_all([json.dumps(raw).encode() for raw in raws], datetime.now(UTC))
    return [one for one in found if isinstance(one, Event)]


def bodies() -> bytes:
    return b"".join(body for _, body in journal.read(0, 1_000).entries)


# --- no sentences, no names in clear


def test_no_text_of_any_field_is_in_the_journal() -> None:
    session = {"session_id": "s", "user_id": "alice"}
    commit(
        events(
            message("s", "m", "assistant", status="failed", error=f"ValueError: {SECRET}", model=SECRET),
            message("Alice Smith", "m of alice@example.org", "user"),
            event("session.started", session | {"session_type": SECRET}),
            event("operation", {"operation": SECRET, "outcome": "failed", "error": SECRET}),
            event("access", session | {"outcome": "denied", "action": SECRET, "reason": SECRET}),
            event("rate_limit", {"limit": 1, "window_seconds": 1, "action": SECRET}),
            event("security", {"event_type": SECRET, "outcome": SECRET, "details": {"reason": "alice@example.org"}}),
            event("vote", session | {"message_id": "m", "value": "up"}, id="vote of alice@example.org"),
            event("vote", session | {"message_id": "m", "value": "up"}) | {"source": "mailto:alice@example.org"},
        )
    )
    assert journal.size() == 9
    for words in (b"secret", b"alice", b"Alice", b"example.org"):
        assert words not in bodies()
    assert b'"error":"ValueError"' in bodies()
    assert verify_journal().bad is None


def test_an_event_s_id_that_holds_a_name_is_hashed_and_counts_once() -> None:
    made = events(message("alice.smith", "m", "user") | {"id": "chat_sessions:alice.smith"})
    assert commit(made) == ([True], 1)
    assert commit(made) == ([False], 1)
    assert b"alice" not in bodies()


def test_an_event_with_an_id_that_is_hashed_counts_once() -> None:
    one = events(message("s", "m", "user"))[0]
    named = events(event("vote", {"session_id": "s", "user_id": "a", "message_id": "m", "value": "up"}, id="a@b.org"))
    assert commit([one, *named]) == ([True, True], 2)
    assert commit([*named, one]) == ([False, False], 2)


def test_an_entry_of_an_earlier_version_is_known_by_its_id_in_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    named = events(event("vote", {"session_id": "s", "user_id": "a", "message_id": "m", "value": "up"}, id="a@b.org"))
    with monkeypatch.context() as earlier:
        earlier.setattr(store, "_redacted", lambda event: event)
        commit(named)
    assert b"a@b.org" in bodies()
    assert commit(named) == ([False], 1)


def test_every_id_gets_a_stand_in_with_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = Redactor(people.keyed_hash, all_ids=True)
    monkeypatch.setattr(store, "redactor", lambda: rule)
    commit(events(message("session-1", "message-1", "user")))
    assert b"session-1" not in bodies()
    assert b"message-1" not in bodies()
    assert kept_id("session-1").startswith(HASHED)
    assert kept_id(kept_id("session-1")) == kept_id("session-1")


# --- who and from where


@dataclass
class Watches:
    """A stage that stores the origins of its records."""

    name: str = "watches"
    origins: bool = True
    needs: Sequence[str] = ()
    types: Sequence[str] = ("access",)
    parts: int = 1
    seen: list[Origin | None] = field(default_factory=list)

    def part_of(self, record: Record) -> int:
        return 0

    def apply(self, batch: Sequence[Record], received: int) -> tuple[Callable[[], None], frozenset[int]]:
        self.seen += [record.origin for record in batch]
        return lambda: None, frozenset({0})

    def clear(self) -> None:
        self.seen.clear()


def access(user: str | None, ip: str, agent: str = "Mozilla/5.0 (X11; Linux) Firefox/145.0") -> dict[str, Any]:
    who = {"user_id": user} if user else {}
    return event("access", {"outcome": "denied", "ip": ip, "user_agent": agent} | who)


def seen(*raws: dict[str, Any]) -> list[Origin]:
    commit(events(*raws))
    stage = Watches()
    assert advance(stage)
    assert all(stage.seen)
    return [one for one in stage.seen if one]


def test_a_stage_sees_that_two_users_came_from_one_address() -> None:
    alice, bob, nobody, other = seen(
        access("alice", "203.0.113.9"),
        access("bob", "203.0.113.9", "Mozilla/5.0 (X11; Linux) Firefox/146.0"),
        access(None, "203.0.113.77"),
        access("bob", "198.51.100.1", "curl/8.5"),
    )
    assert alice == bob, "the same address, and the same family of agents"
    assert (nobody.network, nobody.agent) == (alice.network, alice.agent)
    assert nobody.address != alice.address
    assert not {other.address, other.network, other.agent} & {alice.address, alice.network, alice.agent}


def test_the_hashes_are_not_in_the_journal_and_are_gone_with_the_key_of_the_person() -> None:
    (alice,) = seen(access("alice", "203.0.113.9"))
    raw = bodies()
    for found in (alice.address, alice.network, alice.agent):
        assert found
        assert found not in raw
        assert found.hex().encode() not in raw
    Person.objects.all().delete()
    stage = Watches()
    rebuild(stage, lambda position, size: None)
    assert stage.seen == [None]
    assert verify_journal().bad is None


def test_the_country_at_the_time_is_sealed_with_the_address(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = write(tmp_path / "a.mmdb", {"81.2.69.0/24": {"country_code": "GB", "asn": 1234}})
    locator = GeoLocator([file])
    with monkeypatch.context() as patch:
        patch.setattr(store, "geo_locator", lambda: locator)
        commit(events(access("alice", "81.2.69.160"), access("bob", "192.168.1.1")))
    assert b"country" not in bodies()
    stage = Watches()
    advance(stage)
    assert [(one.country, one.asn) for one in stage.seen if one] == [("GB", 1234), (None, None)]


def test_a_stage_without_origins_gets_none_and_decrypts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    commit(events(access("alice", "203.0.113.9")))
    monkeypatch.setattr(people.PersonKey, "open", lambda *given: pytest.fail("a text was decrypted"))
    stage = Watches(origins=False)
    assert advance(stage)
    assert stage.seen == [None]


def test_personal_data_sealed_for_another_entry_has_no_origin() -> None:
    """The state after the subjects of two entries were exchanged in the file."""
    commit(events(access("alice", "203.0.113.9"), access("alice", "198.51.100.1")))
    one, two = (read_body(body) for _, body in journal.read(0, 10).entries)
    assert one.who
    assert two.who
    person = people.person_keys([one.who.key])[one.who.key]
    with pytest.raises(people.DecryptionError):
        person.open(digest(two.source, two.id), one.who.sealed)
