"""The stored form of an event: canonical JSON, with personal data sealed. Pure."""

import msgspec
from msgspec import Raw, Struct, structs

from monitoring.events.envelope import OWN_SOURCE_PREFIX, Event
from monitoring.events.internal import INTERNAL_TYPES, Actor, Changed
from monitoring.events.origin import Origin, PersonalData
from monitoring.events.redaction import Redactor
from monitoring.events.vocabulary import PERSONAL, TYPES, Data


class Subject(Struct, frozen=True):
    """The person of an entry: the person's key, its kind (a user of the application, an address, an agent or a log-in),
    and the PersonalData sealed with it (base64)."""

    key: int
    kind: str
    sealed: str


class StoredEvent(Struct, frozen=True, omit_defaults=True):
    """The body of an entry in the journal. Times are µs since 1970 UTC."""

    at: int
    data: Raw
    id: str
    received: int
    source: str
    type: str
    who: Subject | None = None
    actor: Actor | None = None
    reason: str | None = None


class Record(Struct, frozen=True):
    """An entry as a stage reads it. `person` is the key of its user; None if the subject is only an address. `silent`
    is the time of the last activity (µs) in a session that timed out. `origin` is read for stages that need it; it is
    None if it is unknown or the person's key is destroyed."""

    position: int
    received: int
    at: int
    type: str
    data: Data
    person: int | None
    silent: int | None = None
    actor: Actor | None = None
    reason: str | None = None
    origin: Origin | None = None


CLOCK = f"{OWN_SOURCE_PREFIX}clock"
"""The source of session ends by timeout."""
_encode = msgspec.json.Encoder(order="sorted").encode
_decode_event = msgspec.json.Decoder(StoredEvent).decode
_decode_data = {name: msgspec.json.Decoder(kind).decode for name, kind in (TYPES | INTERNAL_TYPES).items()}
_WITHOUT_PERSONAL: dict[str, None] = dict.fromkeys(PERSONAL)


def personal(data: Data, country: str | None = None, asn: int | None = None) -> PersonalData:
    """Returns the fields of the data that identify a person, with the location of the address."""
    private = data.private if isinstance(data, Changed) else None
    return PersonalData(data.user_id, data.ip, data.user_agent, country, asn, private)


def write(event: Event, received: int, who: Subject | None) -> bytes:
    """Encodes an event as canonical JSON: sorted keys, no white space, no absent fields. With a subject, the personal
    data is left out, since it is sealed in the subject."""
    removed = _WITHOUT_PERSONAL | {"private": None} if isinstance(event.data, Changed) else _WITHOUT_PERSONAL
    data = structs.replace(event.data, **removed) if who else event.data
    raw, attributes = Raw(_encode(data)), (event.id, received, event.source, event.type)
    return _encode(StoredEvent(event.at, raw, *attributes, who, event.actor, event.reason))


def read_body(body: bytes) -> StoredEvent:
    """Decodes the body of an entry. Raises msgspec.DecodeError."""
    return _decode_event(body)


class _WithSession(Struct):
    session_id: str | None = None


_decode_session = msgspec.json.Decoder(_WithSession).decode


def session_in(body: StoredEvent) -> str | None:
    """Returns the session id of an event. Raises msgspec.DecodeError."""
    return _decode_session(body.data).session_id


def clock_id(session: str, since: int) -> str:
    """Returns the event id of a session's timeout; `since` is the time of its last activity (µs)."""
    return f"{session}/{since}"


def read(position: int, body: StoredEvent, redactor: Redactor, origin: Origin | None = None) -> Record:
    """Returns an entry as stages read it. Texts that an earlier version stored in clear are redacted. Raises
    msgspec.DecodeError if the bytes were altered."""
    data = redactor.data(_decode_data[body.type](body.data))
    user = body.who.key if body.who and body.who.kind == "user" else None
    silent = int(body.id.rpartition("/")[2]) if body.source == CLOCK else None
    attributes = position, body.received, body.at, body.type, data
    return Record(*attributes, user, silent, body.actor, body.reason, origin)
