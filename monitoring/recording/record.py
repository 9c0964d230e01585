"""`commit` records events: it redacts their texts, seals personal data and appends them to the journal."""

from collections.abc import Sequence
from functools import cache
from time import time

import msgspec
from django.conf import settings
from msgspec import structs

from monitoring.db.transactions import reconnect_on_error
from monitoring.events.envelope import OWN_SOURCE_PREFIX, Event, digest
from monitoring.events.internal import Changed
from monitoring.events.record import Subject, personal, write
from monitoring.events.redaction import Redactor
from monitoring.events.vocabulary import Data
from monitoring.journal import store as journal
from monitoring.people import store as people
from monitoring.recording.geo import UNKNOWN, GeoLocator


@cache
def redactor() -> Redactor:
    """Returns the redactor with the keyed hash of this installation."""
    return Redactor(people.keyed_hash, settings.HASH_ALL_IDS)


def kept_id(id: str) -> str:
    """Returns the stored id of a session or message: the id itself, or its stand-in."""
    return redactor().id(id)


@cache
def geo_locator() -> GeoLocator:
    """Returns the databases of GEO_DATABASE."""
    return GeoLocator(settings.GEO_DATABASE)


@reconnect_on_error
def commit(events: Sequence[Event]) -> tuple[list[bool], int]:
    """Appends events in one transaction, which is on disk when this returns. Returns for each event True if it is new,
    and the size of the journal."""
    received = int(time() * 1e6)
    appended = journal.append([_redacted(event) for event in events], received, _bodies)
    return appended.new, appended.head


def _redacted(event: Event) -> Event:
    """Returns the event with redacted texts. Events of sbdash itself are unchanged."""
    if event.source.startswith(OWN_SOURCE_PREFIX):
        return event
    redact = redactor()
    data, source = redact.data(event.data), redact.source(event.source)
    id = redact.event_id(event.id, event.data, data)
    if id is event.id and source is event.source:
        return event if data is event.data else structs.replace(event, data=data)
    new_digest = digest(source, id)
    return structs.replace(event, data=data, id=id, source=source, digest=new_digest, former=event.digest)


def _bodies(first: int, received: int, events: Sequence[Event]) -> list[bytes]:
    """Returns the bodies of new entries, whose positions begin at `first`."""
    subjects = [_subject_of(event.data) for event in events]
    first_named: dict[bytes, int] = {}
    for position, (_, person) in enumerate(subjects, first):
        if person:
            first_named.setdefault(person, position)
    persons = people.get_or_create_persons(first_named)
    bodies = []
    for event, (kind, person) in zip(events, subjects, strict=True):
        subject = _sealed(persons[person], kind, event) if person else None
        bodies.append(write(event, received, subject))
    return bodies


def _subject_of(data: Data) -> tuple[str, bytes]:
    """Returns kind and digest of the event's person: the user, or without one the address, or without one the user
    agent; the log-in in a change of a user. The digest is empty if there is none."""
    if isinstance(data, Changed) and data.private:
        return "login", people.digest_of("login", data.object_key)
    for kind, name in (("user", data.user_id), ("address", data.ip), ("agent", data.user_agent)):
        if name is not None:
            return kind, people.digest_of(kind, name)
    return "", b""


def _sealed(person: people.PersonKey, kind: str, event: Event) -> Subject:
    geo = geo_locator().locate(event.data.ip) if event.data.ip is not None else UNKNOWN
    fields = personal(event.data, geo.country, geo.asn)
    return Subject(person.key, kind, person.seal(event.digest, msgspec.json.encode(fields)))
