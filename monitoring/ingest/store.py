"""Events become entries: what identifies a person is sealed, then the journal appends."""

from collections.abc import Mapping, Sequence
from functools import cache
from time import time
from typing import Any

import msgspec
from django.conf import settings
from django.db import connections

from monitoring.events.envelope import Event
from monitoring.events.record import Who, personal, write
from monitoring.ingest.door import Door, Key
from monitoring.ingest.models import Place
from monitoring.ingest.writer import Writer
from monitoring.journal import store as journal
from monitoring.people import store as people

_SUBJECTS = (("user_id", "user"), ("ip", "address"), ("user_agent", "agent"))


def commit(events: Sequence[Event]) -> tuple[list[bool], int]:
    """Append in one transaction. For each event whether it was new, and the journal's size; on disk on return."""
    received = int(time() * 1e6)
    try:
        appended = journal.append(events, received, _bodies)
    except Exception:
        connections.close_all()
        raise
    return appended.new, appended.head


def _bodies(first: int, received: int, events: Sequence[Event]) -> list[bytes]:
    said = [personal(event.data) for event in events]
    subjects = [_subject(words) for words in said]
    named: dict[bytes, int] = {}
    for position, (_, digest) in enumerate(subjects, first):
        if digest:
            named.setdefault(digest, position)
    persons = people.meet(named)
    bodies = []
    for event, words, (kind, digest) in zip(events, said, subjects, strict=True):
        bodies.append(write(event, received, _sealed(persons[digest], kind, event, words) if digest else None))
    return bodies


def _subject(words: dict[str, str]) -> tuple[str, bytes]:
    """Whose entry it is: the user's, or where no user is named the address's, or the user agent's; or nobody's."""
    found = ((kind, people.digest_of(kind, words[name])) for name, kind in _SUBJECTS if name in words)
    return next(found, ("", b""))


def _sealed(person: people.Sealer, kind: str, event: Event, words: dict[str, str]) -> Who:
    return Who(person.key, kind, person.seal(event.digest, msgspec.json.encode(words)))


def recall(name: str) -> dict[str, Any]:
    """What a source left under its name; empty when it left nothing."""
    found = Place.objects.filter(name=name).values_list("state", flat=True).first()
    return dict(msgspec.json.decode(found)) if found else {}


def remember(name: str, state: Mapping[str, Any], term: int = 0) -> bool:
    """Keep a source's place. False, and nothing kept, when somebody with a later term has written it."""
    kept = {"state": msgspec.json.encode(state).decode(), "term": term, "at": int(time() * 1e6)}
    Place.objects.get_or_create(name=name)
    return Place.objects.filter(name=name, term__lte=term).update(**kept) == 1


def forget(name: str) -> None:
    """Let a source begin anew."""
    Place.objects.filter(name=name).delete()


def find_key(secret: str) -> Key | None:
    """An API key as the door knows it. A connection that broke is thrown away, so that the next question mends it."""
    try:
        found = people.find_api_key(secret)
    except Exception:
        connections.close_all()
        raise
    return Key(found.name, frozenset(found.scopes.split()), found.rate, found.burst) if found else None


@cache
def the_door() -> Door:
    """This process's door, with the writer behind it; whoever composes the river starts the writer."""
    return Door(Writer(commit, settings.INGEST_QUEUE_EVENTS, settings.INGEST_QUEUE_BYTES), find_key)
