"""CloudEvents 1.0 in: bytes become Events, or a reason that names the field. Pure. Content is dropped here.

Two manners: what a person's own program sends (`parse`) is refused where a field is of the wrong kind, so that somebody
mends it; what a source makes of others' words (`take`) is kept without the optional values that cannot be read.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, cast, overload

import msgspec
from msgspec import Raw, Struct

from monitoring.events.ids import session_number
from monitoring.events.internal import Actor
from monitoring.events.lenient import Fit, fit, with_numbers
from monitoring.events.vocabulary import (
    ERROR_LENGTH,
    HARMLESS_DETAILS,
    REQUIRED,
    TYPES,
    Data,
    Id,
    Instant,
    Message,
    Name,
    Operation,
    Security,
    is_storable,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
SINGLE, BATCH, LINES = "application/cloudevents+json", "application/cloudevents-batch+json", "application/x-ndjson"


class Envelope(Struct, frozen=True):
    """The attributes of a CloudEvent that are read; others are dropped."""

    id: Id
    source: Id
    type: Name
    time: Instant
    specversion: str
    data: Raw


OURS = "/sbdash/"
"""How the sources begin that sbdash itself speaks under."""


class Event(Struct, frozen=True):
    """One valid event. `at` is µs since 1970 UTC; `digest` stands for (source, id); `dropped` counts fields of `data`
    that nobody asked for; `unread` names those whose values could not be read, and were left out. `actor` and `reason`
    say who acted and why, where sbdash itself speaks. `former` is the digest that an event had before its id was
    redacted: entries of an earlier version have it."""

    source: str
    id: str
    type: str
    at: int
    data: Data
    digest: bytes
    dropped: int = 0
    unread: tuple[str, ...] = ()
    actor: Actor | None = None
    reason: str | None = None
    former: bytes | None = None

    @property
    def session(self) -> int | None:
        """The number of the session that it names."""
        return session_number(self.data.session_id)


class Unreadable(ValueError):
    """The request as a whole is not what its content type says."""


class Refused(ValueError):
    """One event is not taken; the text says which field and why."""


_decode_envelope = msgspec.json.Decoder(Envelope).decode
_decode_list = msgspec.json.Decoder(list[Raw]).decode
_decode_keys = msgspec.json.Decoder(dict[str, Raw]).decode
_decode_data = {name: msgspec.json.Decoder(kind).decode for name, kind in TYPES.items()}
_fields = {name: frozenset(kind.__struct_fields__) for name, kind in TYPES.items()}


def digest(source: str, id: str) -> bytes:
    """The first 16 bytes of SHA-256 over both, parted by a byte that neither can hold."""
    return sha256(f"{source}\0{id}".encode()).digest()[:16]


def micros(moment: datetime) -> int:
    """µs since 1970 UTC."""
    return (moment - EPOCH) // MICROSECOND


@overload
def instant(micros: int) -> str: ...
@overload
def instant(micros: int | None) -> str | None: ...
def instant(micros: int | None) -> str | None:
    """RFC 3339 with ms, UTC; None for None."""
    if micros is None:
        return None
    return datetime.fromtimestamp(micros / 1e6, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def split(body: bytes, content_type: str) -> list[bytes]:
    """The single events of a request's body, still undecoded. Raises Unreadable."""
    if content_type == LINES:
        return _lines(body)
    if content_type == SINGLE:
        return _one(body)
    if content_type == BATCH:
        return _split_batch(body)
    raise Unreadable(f"content type {content_type[:80]!r} is not one of {SINGLE}, {BATCH}, {LINES}")


def _lines(body: bytes) -> list[bytes]:
    lines = [line for line in body.split(b"\n") if line.strip()]
    if not lines:  # an empty batch is `[]`; no line at all may be a body that was lost on its way
        raise Unreadable("the body is empty")
    return lines


def _one(body: bytes) -> list[bytes]:
    raws = _split_batch(b"[" + body + b"]")
    if len(raws) != 1 or not raws[0].lstrip().startswith(b"{"):
        raise Unreadable("the body is not one event, a JSON object")
    return raws


def _split_batch(body: bytes) -> list[bytes]:
    try:
        return [bytes(raw) for raw in _decode_list(body)]
    except (msgspec.DecodeError, RecursionError) as error:
        return _split_tolerantly(body, str(error))


def _split_tolerantly(body: bytes, reason: str) -> list[bytes]:
    """Python writes NaN and Infinity; as words in a number's place they are refused one by one, not all together."""
    try:
        items = json.loads(body, parse_constant=lambda word: word)
    except (ValueError, RecursionError):
        raise Unreadable(f"the body is not JSON: {reason}") from None
    if not isinstance(items, list):
        raise Unreadable("the body is not a JSON array of events")
    return [json.dumps(item).encode() for item in items]


def parse(raw: bytes, latest: datetime) -> Event:
    """One CloudEvent. Raises Refused with a reason that names the field; `latest` bounds its time."""
    envelope = _decoded(_decode_envelope, raw, "")
    if envelope.type not in TYPES:
        raise Refused(f"type: unknown {envelope.type[:60]!r}; known: {', '.join(TYPES)}")
    data = _data(envelope)
    given = _decoded(_decode_keys, envelope.data, "data")
    _check(envelope, data, raw, latest)
    dropped = len(given.keys() - _fields[envelope.type])
    name = digest(envelope.source, envelope.id)
    return Event(envelope.source, envelope.id, envelope.type, micros(envelope.time), _keep(data), name, dropped)


def take(event: Mapping[str, Any], latest: datetime) -> Event:
    """One CloudEvent that a source made; what is optional in `data` and cannot be read is left out, and named. By way
    of JSON, so that one set of rules holds for all, and because that is quicker than looking at each value. Raises
    Refused."""
    try:
        raw = msgspec.json.encode(event)
        if b":null" not in raw:  # NaN is written so
            return parse(raw, latest)
    except (Refused, *_UNWRITABLE):
        pass
    data, type = event.get("data"), event.get("type")
    found = fit(type, data, EARLIEST, latest) if isinstance(data, Mapping) and type in TYPES else Fit(data)
    taken = _written({**event, "data": found.data}, latest)
    return msgspec.structs.replace(taken, unread=found.unread, dropped=taken.dropped + found.dropped)


_UNWRITABLE = (UnicodeError, OverflowError, RecursionError, TypeError, ValueError)


def _written(event: Mapping[str, Any], latest: datetime) -> Event:
    try:
        raw = msgspec.json.encode(event)
    except _UNWRITABLE as error:
        raise Refused(f"event: cannot be written as JSON: {error}") from None
    return parse(raw, latest)


def _data(envelope: Envelope) -> Data:
    """A number may be written as a text, and a whole one as 12.0."""
    decode = _decode_data[envelope.type]
    try:
        return decode(envelope.data)
    except msgspec.ValidationError:
        raw = _with_numbers(envelope)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raw = envelope.data
    return cast(Data, _decoded(decode, raw, "data"))


def _with_numbers(envelope: Envelope) -> bytes | Raw:
    given = _decoded(msgspec.json.decode, envelope.data, "data")
    try:
        return msgspec.json.encode(with_numbers(envelope.type, given)) if isinstance(given, dict) else envelope.data
    except _UNWRITABLE:
        return envelope.data


def _decoded(decode: Callable[[bytes | Raw], Any], raw: bytes | Raw, field: str) -> Any:
    try:
        return decode(raw)
    except msgspec.ValidationError as error:
        raise Refused(_reason(str(error), field)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(f"{field or 'event'}: not readable as JSON: {error}") from None


def _check(envelope: Envelope, data: Data, raw: bytes, latest: datetime) -> None:
    if envelope.specversion != "1.0":
        raise Refused("specversion: must be 1.0")
    if envelope.source.startswith(OURS):
        raise Refused(f"source: {OURS} is ours")
    _check_time("time", envelope.time, latest)
    if isinstance(data, Message) and data.completed_at is not None:
        _check_time("data.completed_at", data.completed_at, latest)
    wanted = REQUIRED.get(envelope.type)
    if wanted and getattr(data, wanted) is None:
        raise Refused(f"data.{wanted}: missing")
    if b"\\u" in raw or b"\\U" in raw:
        _check_text("", {"id": envelope.id, "source": envelope.source, "data": msgspec.structs.asdict(data)})


def _check_time(field: str, moment: datetime, latest: datetime) -> None:
    if moment < EARLIEST:
        raise Refused(f"{field}: {moment.isoformat()} lies before the year 2000")
    if moment > latest:
        raise Refused(f"{field}: {moment.isoformat()} lies more than a day in the future")


def _check_text(field: str, value: Any) -> None:
    """NUL and lone surrogates can be written in JSON, and kept by no database."""
    if isinstance(value, dict):
        for name, item in value.items():
            _check_text(f"{field}.{name}" if field else str(name), item)
    elif not is_storable(value):
        raise Refused(f"{field}: holds NUL or a lone surrogate")


_WORD = re.compile(r"[\w.:/-]{1,64}")
_PATH = re.compile(r"^(?P<what>.*?)(?: - at `\$\.?(?P<path>.*)`)?$", re.DOTALL)


def _reason(text: str, field: str) -> str:
    """msgspec's words, turned so that the field comes first."""
    found = _PATH.match(text)
    what, path = (found.group("what"), found.group("path")) if found else (text, None)
    missing = re.search(r"missing required field `(\w+)`", what)
    if missing:
        what, path = "missing", missing.group(1)
    if "matching regex" in what:
        what = "must hold something to be seen that is not only dots, and no control characters"
    name = ".".join(part for part in (field, path) if part) or "event"
    return f"{name}: {what[:1].lower()}{what[1:]}"


def _keep(data: Data) -> Data:
    """Cut what could hold words of a conversation: long errors, and details nobody has looked at."""
    if isinstance(data, Security) and data.details is not None:
        return msgspec.structs.replace(data, details=_harmless(data.details))
    if isinstance(data, Message | Operation) and data.error is not None and len(data.error) > ERROR_LENGTH:
        return msgspec.structs.replace(data, error=data.error[:ERROR_LENGTH])
    return data


def _harmless(details: dict[str, Any]) -> dict[str, Any] | None:
    return {name: value for name, value in details.items() if name in HARMLESS_DETAILS and _is_harmless(value)} or None


def _is_harmless(value: Any) -> bool:
    """A number, or one word."""
    return isinstance(value, int | float) or (isinstance(value, str) and _WORD.fullmatch(value) is not None)


def parse_all(raws: Iterable[bytes], now: datetime) -> Iterator[Event | Refused]:
    """Each event that was sent, or why it is refused, in order."""
    return _each(parse, raws, now)


def take_all(made: Iterable[Mapping[str, Any]], now: datetime) -> Iterator[Event | Refused]:
    """Each event that a source made, or why it is refused, in order."""
    return _each(take, made, now)


def _each(read: Callable[[Any, datetime], Event], items: Iterable[Any], now: datetime) -> Iterator[Event | Refused]:
    latest = now + timedelta(days=1)
    for item in items:
        try:
            yield read(item, latest)
        except Refused as refused:
            yield refused


def id_of(raw: bytes) -> str | None:
    """The id that a refused event gave itself, where one can be read."""
    try:
        found = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    name = found.get("id") if isinstance(found, dict) else None
    return name[:512] if isinstance(name, str) else None
