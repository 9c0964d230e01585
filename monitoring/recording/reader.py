"""Entries of the journal as stages read them."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import msgspec

from monitoring.events.envelope import digest
from monitoring.events.origin import Origin, origin_of
from monitoring.events.record import Record, StoredEvent, Subject, read, read_body
from monitoring.journal import store as journal
from monitoring.people import store as people
from monitoring.people.keys import DecryptionError
from monitoring.recording.agents import family
from monitoring.recording.record import redactor


@dataclass(frozen=True, slots=True)
class Batch:
    """Some records in order of positions, and the position up to which they are all that was asked for."""

    records: list[Record]
    reached: int


def read_records(after: int, limit: int, types: Collection[str] | None = None, origins: bool = False) -> Batch:
    """The next entries as stages read them: of these types alone among the next `limit`; with their origins where they
    are asked for. Raises msgspec.DecodeError when the bytes were bent."""
    found = journal.read(after, limit, types)
    bodies = [(position, read_body(body)) for position, body in found.entries]
    rule = redactor()
    if not origins:
        return Batch([read(position, body, rule) for position, body in bodies], found.reached)
    whence = _origins([body for _, body in bodies])
    records = [read(position, body, rule, origin) for (position, body), origin in zip(bodies, whence, strict=True)]
    return Batch(records, found.reached)


def _origins(bodies: Sequence[StoredEvent]) -> Iterator[Origin | None]:
    """Where each entry came from; None where nothing tells, or the key of its person is destroyed."""
    persons = people.person_keys({body.who.key for body in bodies if body.who})
    for body in bodies:
        person = persons.get(body.who.key) if body.who else None
        yield _origin(body, body.who, person) if body.who and person else None


def _origin(body: StoredEvent, who: Subject, person: people.PersonKey) -> Origin | None:
    try:
        words = msgspec.json.decode(person.open(digest(body.source, body.id), who.sealed))
    except DecryptionError:
        return None
    return origin_of(words, people.digest_of, family)
