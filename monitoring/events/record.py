"""How an event is written in the journal: canonical JSON, with what identifies a person sealed. Pure."""

from typing import Any

import msgspec
from msgspec import Raw, Struct, structs

from monitoring.events.envelope import OURS, Event
from monitoring.events.internal import INTERNAL_TYPES, Actor, Changed
from monitoring.events.origin import Origin
from monitoring.events.redaction import Redactor
from monitoring.events.vocabulary import PERSONAL, TYPES, Data


class Who(Struct, frozen=True):
    """Whom an entry speaks of: their key, whether a user of the application, an address, an agent or a log-in has it,
    and their words sealed (base64) with it. The words hold where they came from, too (Origin)."""

    key: int
    kind: str
    sealed: str


class Body(Struct, frozen=True, omit_defaults=True):
    """The stored form. Times are µs since 1970 UTC."""

    at: int
    data: Raw
    id: str
    received: int
    source: str
    type: str
    who: Who | None = None
    actor: Actor | None = None
    reason: str | None = None


class Record(Struct, frozen=True):
    """An entry as a stage reads it. `person` is the user it speaks of; an address alone is nobody. `silent`: since when
    the session was silent that the clock ended, µs. `origin`: for stages that ask for it, None where it is unknown or
    the person's key is destroyed."""

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


CLOCK = f"{OURS}clock"
"""The source of the ends that the clock says."""
_encode = msgspec.json.Encoder(order="sorted").encode
_decode_body = msgspec.json.Decoder(Body).decode
_decode_data = {name: msgspec.json.Decoder(kind).decode for name, kind in (TYPES | INTERNAL_TYPES).items()}
_NOBODY: dict[str, None] = dict.fromkeys(PERSONAL)


def personal(data: Data) -> dict[str, Any]:
    """What in the data identifies a person, by the name of its field."""
    said = {name: value for name in PERSONAL if (value := getattr(data, name)) is not None}
    return said | {"private": data.private} if isinstance(data, Changed) and data.private else said


def write(event: Event, received: int, who: Who | None) -> bytes:
    """Canonical JSON: keys sorted, no white space, absent fields left out."""
    nobody = _NOBODY | {"private": None} if isinstance(event.data, Changed) else _NOBODY
    data = structs.replace(event.data, **nobody) if who else event.data
    raw, place = Raw(_encode(data)), (event.id, received, event.source, event.type)
    return _encode(Body(event.at, raw, *place, who, event.actor, event.reason))


def read_body(body: bytes) -> Body:
    """The stored form again. Raises msgspec.DecodeError."""
    return _decode_body(body)


class _Named(Struct):
    session_id: str | None = None


_decode_named = msgspec.json.Decoder(_Named).decode


def session_in(body: Body) -> str | None:
    """The session that it names. Raises msgspec.DecodeError."""
    return _decode_named(body.data).session_id


def _user(who: Who | None) -> int | None:
    return who.key if who and who.kind == "user" else None


def clock_id(session: str, since: int) -> str:
    """What the clock calls the end of a session that has been silent since then (µs)."""
    return f"{session}/{since}"


def _silent(body: Body) -> int | None:
    return int(body.id.rpartition("/")[2]) if body.source == CLOCK else None


def read(position: int, body: Body, redactor: Redactor, origin: Origin | None = None) -> Record:
    """What a stage needs of an entry. Texts that an earlier version kept in clear are redacted. Raises
    msgspec.DecodeError when the bytes were bent."""
    data = redactor.data(_decode_data[body.type](body.data))
    place = position, body.received, body.at, body.type
    return Record(*place, data, _user(body.who), _silent(body), body.actor, body.reason, origin)
