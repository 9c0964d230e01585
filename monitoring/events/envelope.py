"""Decoding of CloudEvents 1.0 into Events, or into an error that names the field. Pure. Content is dropped here.

`parse` is strict: it refuses an event with a field of the wrong type, so that its sender is corrected. `take` is
lenient: it is for events that a source builds from foreign data, and leaves out optional values that cannot be read.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TypeVar, overload

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

T = TypeVar("T")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
SINGLE, BATCH, LINES = "application/cloudevents+json", "application/cloudevents-batch+json", "application/x-ndjson"


class Envelope(Struct, frozen=True):
    """The attributes of a CloudEvent that are read. Others are dropped."""

    id: Id
    source: Id
    type: Name
    time: Instant
    specversion: str
    data: Raw


OWN_SOURCE_PREFIX = "/sbdash/"
"""The prefix of the sources under which sbdash itself writes events."""


class Event(Struct, frozen=True):
    """A valid event. `at` is µs since 1970 UTC. `digest` identifies (source, id). `dropped` counts the unknown fields
    of `data`. `unread` names the fields that were left out because their values could not be read. `actor` and `reason`
    are set in events of sbdash itself: the acting user or command, and the reason. `former` is the digest of the event
    before its id was redacted, which entries of earlier versions have."""

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
        """The number of the event's session (`session_number`)."""
        return session_number(self.data.session_id)


class Unreadable(ValueError):
    """A request body that does not match its content type."""


class Refused(ValueError):
    """An event is refused. The text names the field and the reason."""


_decode_envelope = msgspec.json.Decoder(Envelope).decode
_decode_list = msgspec.json.Decoder(list[Raw]).decode
_decode_keys = msgspec.json.Decoder(dict[str, Raw]).decode
_decode_data = {name: msgspec.json.Decoder(kind).decode for name, kind in TYPES.items()}
_fields = {name: frozenset(kind.__struct_fields__) for name, kind in TYPES.items()}


def digest(source: str, id: str) -> bytes:
    """Returns the first 16 bytes of SHA-256 over both, separated by a NUL, which neither can contain."""
    return sha256(f"{source}\0{id}".encode()).digest()[:16]


def micros(moment: datetime) -> int:
    """µs since 1970 UTC."""
    return (moment - EPOCH) // MICROSECOND


@overload
def instant(micros: int) -> str: ...
@overload
def instant(micros: int | None) -> str | None: ...
def instant(micros: int | None) -> str | None:
    """Returns µs since 1970 as RFC 3339 with ms, UTC; None for None."""
    if micros is None:
        return None
    return datetime.fromtimestamp(micros / 1e6, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def split(body: bytes, content_type: str) -> list[bytes]:
    """Returns the undecoded events of a request body. Raises Unreadable."""
    if content_type == LINES:
        lines = [line for line in body.split(b"\n") if line.strip()]
        if not lines:  # an empty batch is `[]`; a body without lines may be one that was lost
            raise Unreadable("the body is empty")
        return lines
    if content_type == SINGLE:
        raws = _split_batch(b"[" + body + b"]")
        if len(raws) != 1 or not raws[0].lstrip().startswith(b"{"):
            raise Unreadable("the body is not one event, a JSON object")
        return raws
    if content_type == BATCH:
        return _split_batch(body)
    raise Unreadable(f"content type {content_type[:80]!r} is not one of {SINGLE}, {BATCH}, {LINES}")


def _split_batch(body: bytes) -> list[bytes]:
    try:
        return [bytes(raw) for raw in _decode_list(body)]
    except (msgspec.DecodeError, RecursionError) as error:
        reason = str(error)
    try:  # NaN and Infinity, which Python's JSON encoder writes, become strings: only their own events are refused
        items = json.loads(body, parse_constant=lambda word: word)
    except (ValueError, RecursionError):
        raise Unreadable(f"the body is not JSON: {reason}") from None
    if not isinstance(items, list):
        raise Unreadable("the body is not a JSON array of events")
    return [json.dumps(item).encode() for item in items]


def parse(raw: bytes, latest: datetime) -> Event:
    """Decodes a CloudEvent strictly. Raises Refused, also if its time is after `latest`."""
    envelope = _decoded(_decode_envelope, raw, "")
    if envelope.type not in TYPES:
        raise Refused(f"type: unknown {envelope.type[:60]!r}; known: {', '.join(TYPES)}")
    data = _data(envelope)
    fields = _decoded(_decode_keys, envelope.data, "data")
    _check(envelope, data, raw, latest)
    dropped = len(fields.keys() - _fields[envelope.type])
    key = digest(envelope.source, envelope.id)
    return Event(
        envelope.source, envelope.id, envelope.type, micros(envelope.time), _without_content(data), key, dropped
    )


def take(event: Mapping[str, object], latest: datetime) -> Event:
    """Decodes a CloudEvent that a source built. Optional fields of `data` that cannot be read are left out and named in
    `unread`. Raises Refused.

    The event is encoded as JSON and parsed again: the same rules then apply as in `parse`, and this is faster than a
    check of each value.
    """
    try:
        raw = msgspec.json.encode(event)
        if b":null" not in raw:  # msgspec encodes NaN as null
            return parse(raw, latest)
    except (Refused, *_ENCODING_ERRORS):
        pass
    data, type = event.get("data"), event.get("type")
    if isinstance(data, Mapping) and isinstance(type, str) and type in TYPES:
        readable = fit(type, data, EARLIEST, latest)
    else:
        readable = Fit(data)
    try:
        raw = msgspec.json.encode({**event, "data": readable.data})
    except _ENCODING_ERRORS as error:
        raise Refused(f"event: cannot be encoded as JSON: {error}") from None
    parsed = parse(raw, latest)
    return msgspec.structs.replace(parsed, unread=readable.unread, dropped=parsed.dropped + readable.dropped)


_ENCODING_ERRORS = (UnicodeError, OverflowError, RecursionError, TypeError, ValueError)


def _data(envelope: Envelope) -> Data:
    """Decodes the data of an event. A number may be a string, and an integer may be written as 12.0."""
    decode = _decode_data[envelope.type]
    raw: bytes | Raw = envelope.data
    try:
        return decode(raw)
    except msgspec.ValidationError:
        data = _decoded(msgspec.json.decode, raw, "data")
        if isinstance(data, dict):
            with suppress(*_ENCODING_ERRORS):
                raw = msgspec.json.encode(with_numbers(envelope.type, data))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass  # decoded again for its reason
    return _decoded(decode, raw, "data")


def _decoded(decode: Callable[[bytes | Raw], T], raw: bytes | Raw, field: str) -> T:
    try:
        return decode(raw)
    except msgspec.ValidationError as error:
        raise Refused(_reason(str(error), field)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(f"{field or 'event'}: not readable as JSON: {error}") from None


def _check(envelope: Envelope, data: Data, raw: bytes, latest: datetime) -> None:
    if envelope.specversion != "1.0":
        raise Refused("specversion: must be 1.0")
    if envelope.source.startswith(OWN_SOURCE_PREFIX):
        raise Refused(f"source: the prefix {OWN_SOURCE_PREFIX} is reserved")
    _check_time("time", envelope.time, latest)
    if isinstance(data, Message) and data.completed_at is not None:
        _check_time("data.completed_at", data.completed_at, latest)
    required = REQUIRED.get(envelope.type)
    if required and getattr(data, required) is None:
        raise Refused(f"data.{required}: missing")
    if b"\\u" in raw or b"\\U" in raw:
        _check_text("", {"id": envelope.id, "source": envelope.source, "data": msgspec.structs.asdict(data)})


def _check_time(field: str, moment: datetime, latest: datetime) -> None:
    if moment < EARLIEST:
        raise Refused(f"{field}: {moment.isoformat()} is before the year 2000")
    if moment > latest:
        raise Refused(f"{field}: {moment.isoformat()} is more than a day in the future")


def _check_text(field: str, value: object) -> None:
    """Refuses NUL and lone surrogates: JSON can contain them, and no database stores them."""
    if isinstance(value, dict):
        for name, item in value.items():
            _check_text(f"{field}.{name}" if field else str(name), item)
    elif not is_storable(value):
        raise Refused(f"{field}: contains NUL or a lone surrogate")


_WORD = re.compile(r"[\w.:/-]{1,64}")
_ERROR_WITH_PATH = re.compile(r"^(?P<what>.*?)(?: - at `\$\.?(?P<path>.*)`)?$", re.DOTALL)


def _reason(text: str, field: str) -> str:
    """Returns the text of an error of msgspec, with the field first."""
    match = _ERROR_WITH_PATH.match(text)
    what, path = (match.group("what"), match.group("path")) if match else (text, None)
    missing = re.search(r"missing required field `(\w+)`", what)
    if missing:
        what, path = "missing", missing.group(1)
    if "matching regex" in what:
        what = "must contain a visible character other than a dot, and no control characters"
    name = ".".join(part for part in (field, path) if part) or "event"
    return f"{name}: {what[:1].lower()}{what[1:]}"


def _without_content(data: Data) -> Data:
    """Removes possible text of a conversation: the end of long errors, and details that are not listed."""
    if isinstance(data, Security) and data.details is not None:
        known = {name: data.details[name] for name in data.details if name in HARMLESS_DETAILS}
        harmless = {name: value for name, value in known.items() if _is_harmless(value)}
        return msgspec.structs.replace(data, details=harmless or None)
    if isinstance(data, Message | Operation) and data.error is not None and len(data.error) > ERROR_LENGTH:
        return msgspec.structs.replace(data, error=data.error[:ERROR_LENGTH])
    return data


def _is_harmless(value: object) -> bool:
    """True for a number or a single word."""
    return isinstance(value, int | float) or (isinstance(value, str) and _WORD.fullmatch(value) is not None)


def parse_all(raws: Iterable[bytes], now: datetime) -> Iterator[Event | Refused]:
    """Yields each event or its refusal, in order. A time may be up to a day after `now`, since clocks differ."""
    return _read_each(parse, raws, now)


def take_all(events: Iterable[Mapping[str, object]], now: datetime) -> Iterator[Event | Refused]:
    """Does the same for events that a source built (`take`)."""
    return _read_each(take, events, now)


def _read_each(read: Callable[[T, datetime], Event], items: Iterable[T], now: datetime) -> Iterator[Event | Refused]:
    latest = now + timedelta(days=1)
    for item in items:
        try:
            yield read(item, latest)
        except Refused as refused:
            yield refused


def id_of(raw: bytes) -> str | None:
    """Returns the id of a refused event, at most 512 characters; None if it cannot be read."""
    try:
        event = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    id = event.get("id") if isinstance(event, dict) else None
    return id[:512] if isinstance(id, str) else None
