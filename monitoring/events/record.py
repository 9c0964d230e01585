"""How an event is written in the journal: canonical JSON, with what identifies a person sealed."""

import msgspec
from msgspec import Raw, Struct, structs

from monitoring.events.envelope import OURS, Event
from monitoring.events.vocabulary import PERSONAL, TYPES, Data


class Who(Struct, frozen=True):
    """Whom an entry speaks of: their key, whether it is a user, an address or an agent that has this key, and their
    words sealed (base64) with it."""

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


class Record(Struct, frozen=True):
    """An entry as a stage reads it. `person` is the user it speaks of; an address alone is nobody. `silent`: since when
    the session was silent that the clock ended, µs."""

    position: int
    received: int
    at: int
    type: str
    data: Data
    person: int | None
    silent: int | None = None


CLOCK = f"{OURS}clock"
"""The source of the ends that the clock says."""
_encode = msgspec.json.Encoder(order="sorted").encode
_decode_body = msgspec.json.Decoder(Body).decode
_decode_data = {name: msgspec.json.Decoder(kind).decode for name, kind in TYPES.items()}
_NOBODY = dict.fromkeys(PERSONAL)


def personal(data: Data) -> dict[str, str]:
    """What in the data identifies a person."""
    return {name: value for name in PERSONAL if (value := getattr(data, name)) is not None}


def write(event: Event, received: int, who: Who | None) -> bytes:
    """Canonical JSON: keys sorted, no white space, absent fields left out."""
    data = structs.replace(event.data, **_NOBODY) if who else event.data
    return _encode(Body(event.at, Raw(_encode(data)), event.id, received, event.source, event.type, who))


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


def read(position: int, body: bytes) -> Record:
    """What a stage needs of an entry. Raises msgspec.DecodeError when the bytes were bent."""
    found = _decode_body(body)
    data = _decode_data[found.type](found.data)
    return Record(position, found.received, found.at, found.type, data, _user(found.who), _silent(found))
