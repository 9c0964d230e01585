"""Reading of journal entries as records, for the stages of the pipeline."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat

import msgspec
from msgspec import DecodeError

from monitoring.events.envelope import digest
from monitoring.events.origin import Origin, PersonalData, origin_of
from monitoring.events.record import Record, StoredEvent, read, read_body
from monitoring.journal import store as journal
from monitoring.people import store as people
from monitoring.people.keys import DecryptionError
from monitoring.recording.agents import family
from monitoring.recording.record import redactor

_decode_personal = msgspec.json.Decoder(PersonalData).decode


@dataclass(frozen=True, slots=True)
class Batch:
    """Records in the order of their positions, and the position up to which the journal was read."""

    records: list[Record]
    reached: int


def read_records(after: int, limit: int, types: Collection[str] | None = None, origins: bool = False) -> Batch:
    """Returns the next `limit` entries after a position; with `types` only those of these types among them. With
    `origins` the records contain their Origin. Raises msgspec.DecodeError if the bytes were altered."""
    batch = journal.read(after, limit, types)
    bodies = [(position, read_body(body)) for position, body in batch.entries]
    redact = redactor()
    known = _origins([body for _, body in bodies]) if origins else repeat(None, len(bodies))
    records = [read(position, body, redact, origin) for (position, body), origin in zip(bodies, known, strict=True)]
    return Batch(records, batch.reached)


def _origins(bodies: Sequence[StoredEvent]) -> Iterator[Origin | None]:
    """Yields the origin of each entry; None if it is unknown, if the person's key is destroyed, or if it cannot be
    decoded."""
    persons = people.person_keys({body.who.key for body in bodies if body.who})
    for body in bodies:
        person = persons.get(body.who.key) if body.who else None
        if body.who is None or person is None:
            yield None
            continue
        try:
            unsealed = _decode_personal(person.open(digest(body.source, body.id), body.who.sealed))
        except (DecryptionError, DecodeError):
            yield None
        else:
            yield origin_of(unsealed, people.digest_of, family)
