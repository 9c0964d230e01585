"""The only way into the journal: texts are redacted, what identifies a person is sealed, then the journal appends."""

from collections.abc import Sequence
from functools import cache
from time import time
from typing import Any

import msgspec
from django.conf import settings
from msgspec import structs

from monitoring.db.transactions import reconnect_on_error
from monitoring.events.envelope import OWN_SOURCE_PREFIX, Event, digest
from monitoring.events.internal import Changed
from monitoring.events.record import Subject, personal, write
from monitoring.events.redaction import Redactor
from monitoring.journal import store as journal
from monitoring.people import store as people
from monitoring.recording.geo import Places

_SUBJECTS = (("user_id", "user"), ("ip", "address"), ("user_agent", "agent"))


@cache
def redactor() -> Redactor:
    """The rule by which texts are kept, with this installation's keyed hash."""
    return Redactor(people.keyed_hash, settings.HASH_ALL_IDS)


def kept_id(id: str) -> str:
    """The id under which a session or message of this id is kept: the same, or what stands for it."""
    return redactor().id(id)


@cache
def places() -> Places:
    """The databases of GEO_DATABASE."""
    return Places(settings.GEO_DATABASE)


@reconnect_on_error
def commit(events: Sequence[Event]) -> tuple[list[bool], int]:
    """Append in one transaction. For each event whether it was new, and the journal's size; on disk on return."""
    received = int(time() * 1e6)
    appended = journal.append([_redacted(event) for event in events], received, _bodies)
    return appended.new, appended.head


def _redacted(event: Event) -> Event:
    """The event with its texts as the rule leaves them; what sbdash itself says is left as it is."""
    if event.source.startswith(OWN_SOURCE_PREFIX):
        return event
    rule = redactor()
    data, source = rule.data(event.data), rule.source(event.source)
    id = rule.event_id(event.id, event.data, data)
    if id is event.id and source is event.source:
        return event if data is event.data else structs.replace(event, data=data)
    name = digest(source, id)
    return structs.replace(event, data=data, id=id, source=source, digest=name, former=event.digest)


def _bodies(first: int, received: int, events: Sequence[Event]) -> list[bytes]:
    said = [_words(event) for event in events]
    subjects = [_subject(event, words) for event, words in zip(events, said, strict=True)]
    named: dict[bytes, int] = {}
    for position, (_, who) in enumerate(subjects, first):
        if who:
            named.setdefault(who, position)
    persons = people.get_or_create_persons(named)
    bodies = []
    for event, words, (kind, who) in zip(events, said, subjects, strict=True):
        bodies.append(write(event, received, _sealed(persons[who], kind, event, words) if who else None))
    return bodies


def _words(event: Event) -> dict[str, Any]:
    """What identifies a person, with the place of the address as it is known now: databases change."""
    words = personal(event.data)
    return words | places().of(words["ip"]).words() if "ip" in words else words


def _subject(event: Event, words: dict[str, Any]) -> tuple[str, bytes]:
    """Whose entry it is: the user's, or where no user is named the address's, or the user agent's; the log-in's that
    was changed; or nobody's."""
    if "private" in words and isinstance(event.data, Changed):
        return "login", people.digest_of("login", event.data.object_key)
    found = ((kind, people.digest_of(kind, words[name])) for name, kind in _SUBJECTS if name in words)
    return next(found, ("", b""))


def _sealed(person: people.PersonKey, kind: str, event: Event, words: dict[str, Any]) -> Subject:
    return Subject(person.key, kind, person.seal(event.digest, msgspec.json.encode(words)))
