"""Events become entries: what identifies a person is sealed, then the journal appends."""

from collections.abc import Sequence
from time import time

import msgspec

from monitoring.events.envelope import Event
from monitoring.events.record import Who, personal, write
from monitoring.journal import store as journal
from monitoring.people import store as people
from monitoring.tables.store import mending

_SUBJECTS = (("user_id", "user"), ("ip", "address"), ("user_agent", "agent"))


@mending
def commit(events: Sequence[Event]) -> tuple[list[bool], int]:
    """Append in one transaction. For each event whether it was new, and the journal's size; on disk on return."""
    received = int(time() * 1e6)
    appended = journal.append(events, received, _bodies)
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
