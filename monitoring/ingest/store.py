"""Events become entries: what identifies a person is sealed, then the journal appends."""

from collections.abc import Sequence
from functools import cache
from time import time

import msgspec
from django.conf import settings
from django.db import connections

from monitoring.events.envelope import Event
from monitoring.events.record import Who, personal, write
from monitoring.ingest.door import Door, Key
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
    digests = [_subject(words) for words in said]
    named: dict[bytes, int] = {}
    for position, digest in enumerate(digests, first):
        if digest is not None:
            named.setdefault(digest, position)
    persons = people.meet(named)
    bodies = []
    for event, words, digest in zip(events, said, digests, strict=True):
        bodies.append(write(event, received, None if digest is None else _sealed(persons[digest], event, words)))
    return bodies


def _subject(words: dict[str, str]) -> bytes | None:
    """Whose entry it is: the user's, or where no user is named the address's, or the user agent's."""
    return next((people.digest_of(kind, words[name]) for name, kind in _SUBJECTS if name in words), None)


def _sealed(person: people.Sealer, event: Event, words: dict[str, str]) -> Who:
    return Who(person.key, person.seal(event.digest, msgspec.json.encode(words)))


def find_key(secret: str) -> Key | None:
    """An API key as the door knows it."""
    found = people.find_api_key(secret)
    return Key(found.name, frozenset(found.scopes.split()), found.rate, found.burst) if found else None


@cache
def the_door() -> Door:
    """This process's door, with the writer behind it; whoever composes the river starts the writer."""
    return Door(Writer(commit, settings.INGEST_QUEUE_EVENTS, settings.INGEST_QUEUE_BYTES), find_key)
