"""Parses OTLP's JSON. Pure.

Ids are hex, 64-bit integers strings or numbers, enums numbers; unknown fields are ignored.
"""

import json
from collections.abc import Iterator

import msgspec
from msgspec import Raw, Struct

from monitoring.events.envelope import Unreadable
from monitoring.events.json import Json
from monitoring.events.numbers import read_count
from monitoring.ingest.body import MAX_BODY_BYTES, TooLarge
from monitoring.ingest.sources.otel.names import MAX_NAME_CHARS
from monitoring.ingest.sources.otel.span import (
    MAX_OBJECTS_PER_SPAN,
    MAX_SPANS_PER_REQUEST,
    MAX_VALUE_DEPTH,
    SERVER,
    STATUS_ERROR,
    Span,
    hex_id,
    kept_attributes,
    take_limited,
    unreadable_span,
)

MAX_COMMAS_PER_SPAN, MIN_BYTES_PER_COMMA = 50, 32
"""Above so many commas for each span, and with fewer bytes for each comma, the body is first checked: every span must
be an object. A text may hold as many commas; in `[1,1]` each costs 36 bytes of memory."""
NULL = Raw(b"null")


class _Value(Struct, rename="camel", gc=False):
    """OTLP's AnyValue. 64-bit integers may be strings, and NaN is a string."""

    string_value: str | None = None
    int_value: int | float | str | None = None
    double_value: int | float | str | None = None
    bool_value: bool | None = None
    array_value: "_Values | None" = None
    kvlist_value: "_Pairs | None" = None


class _Pair(Struct, rename="camel", gc=False):
    """The value is a view of the body's bytes and is parsed only if needed, because most values hold content."""

    key: str = ""
    value: Raw = NULL


class _Values(Struct, rename="camel", gc=False):
    values: list[_Value] | None = None


class _Item(Struct, rename="camel", gc=False):
    key: str = ""
    value: _Value | None = None


class _Pairs(Struct, rename="camel", gc=False):
    values: list[_Item] | None = None


class _Event(Struct, rename="camel", gc=False):
    name: str | None = None
    time_unix_nano: int | float | str | None = None
    attributes: list[_Pair] | None = None


class _Status(Struct, rename="camel", gc=False):
    code: int | str | None = None


class _Span(Struct, rename="camel", gc=False):
    trace_id: str | None = None
    span_id: str | None = None
    parent_span_id: str | None = None
    name: str | None = None
    kind: int | str | None = None
    start_time_unix_nano: int | float | str | None = None
    end_time_unix_nano: int | float | str | None = None
    attributes: list[_Pair] | None = None
    events: list[_Event] | None = None
    status: _Status | None = None


class _Scope(Struct, rename="camel", gc=False):
    name: str | None = None


class _ScopeSpans(Struct, rename="camel", gc=False):
    scope: _Scope | None = None
    spans: list[Raw] | None = None


class _Resource(Struct, rename="camel", gc=False):
    attributes: list[_Pair] | None = None


class _ResourceSpans(Struct, rename="camel", gc=False):
    resource: _Resource | None = None
    scope_spans: list[_ScopeSpans] | None = None


class _Request(Struct, rename="camel", gc=False):
    resource_spans: list[_ResourceSpans] | None = None


class _Object(Struct, gc=False):
    """A span whose fields are not parsed."""


class _ScopeObjects(Struct, rename="camel", gc=False):
    spans: list[_Object] | None = None


class _ResourceObjects(Struct, rename="camel", gc=False):
    scope_spans: list[_ScopeObjects] | None = None


class _Objects(Struct, rename="camel", gc=False):
    resource_spans: list[_ResourceObjects] | None = None


_decode_request = msgspec.json.Decoder(_Request).decode
_decode_objects = msgspec.json.Decoder(_Objects).decode
_decode_span = msgspec.json.Decoder(_Span).decode
_decode_value = msgspec.json.Decoder(_Value | None).decode
INVALID_VALUE = False
"""Stands for a value that is not an AnyValue; every parser refuses it."""


def read_json(body: bytes, max_spans: int = MAX_SPANS_PER_REQUEST) -> list[Span]:
    """Returns the spans of an ExportTraceServiceRequest in OTLP's JSON, in order. Raises Unreadable, TooLarge."""
    objects, max_objects = body.count(b"{"), max_spans * MAX_OBJECTS_PER_SPAN
    if objects > max_objects and objects - body.count(b"{\\") > max_objects:  # "{\" is in texts that hold JSON
        raise TooLarge(f"more than {max_objects} objects in a request")
    try:
        request = _decode(body, max_spans)
    except (msgspec.ValidationError, RecursionError) as error:
        raise Unreadable(f"the body is not an ExportTraceServiceRequest in JSON: {str(error)[:200]}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        request = _decode_tolerantly(body, max_spans, str(error))
    return take_limited(max_spans, _read_spans(request))


def _decode(body: bytes, max_spans: int) -> _Request:
    """Checks a body with very many commas first, so that one with many invalid spans fails at the first of them. Raises
    the errors of msgspec, and TooLarge."""
    if body.count(b",") > max(max_spans * MAX_COMMAS_PER_SPAN, len(body) // MIN_BYTES_PER_COMMA):
        groups = _decode_objects(body).resource_spans or ()
        if sum(len(scope_group.spans or ()) for group in groups for scope_group in group.scope_spans or ()) > max_spans:
            raise TooLarge(f"more than {max_spans} spans in a request")
    return _decode_request(body)


def _decode_tolerantly(body: bytes, max_spans: int, reason: str) -> _Request:
    """Replaces lone surrogates, which a text cut within a character leaves, by `?`, and NaN by a string. That takes
    many times the memory, so bodies above MAX_BODY_BYTES are refused."""
    try:
        if len(body) > MAX_BODY_BYTES:
            raise ValueError
        parsed = json.loads(body, parse_constant=lambda word: word)
        return _decode(json.dumps(parsed, ensure_ascii=False).encode(errors="replace"), max_spans)
    except TooLarge:
        raise
    except (ValueError, RecursionError):
        raise Unreadable(f"the body is not JSON: {reason[:200]}") from None


def _read_spans(request: _Request) -> Iterator[Span]:
    for group in request.resource_spans or ():
        resource = kept_attributes((group.resource and group.resource.attributes) or (), _read)
        for scope_group in group.scope_spans or ():
            scope = ((scope_group.scope and scope_group.scope.name) or "")[:MAX_NAME_CHARS]
            for span in scope_group.spans or ():
                yield _read_span(span, resource, scope)


def _read_span(raw: Raw, resource: dict[str, Json], scope: str) -> Span:
    """An invalid span does not affect the others."""
    try:
        return _span(_decode_span(raw), resource, scope)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        try:
            return _span(_decode_span(_replace_surrogates(raw)), resource, scope)
        except (ValueError, RecursionError):
            return unreadable_span(resource, scope, str(error))


def _replace_surrogates(raw: Raw) -> bytes:
    """Replaces lone surrogates, which a text cut within a character leaves, by `?`."""
    return json.dumps(json.loads(bytes(raw)), ensure_ascii=False).encode(errors="replace")


def _span(span: _Span, resource: dict[str, Json], scope: str) -> Span:
    return Span(
        _hex(span.trace_id, 32),
        _hex(span.span_id, 16),
        _hex(span.parent_span_id, 16),
        (span.name or "")[:MAX_NAME_CHARS],
        _enum(span.kind, "SPAN_KIND_SERVER", SERVER),
        _nanos(span.start_time_unix_nano),
        _nanos(span.end_time_unix_nano),
        kept_attributes(span.attributes or (), _read),
        resource,
        scope,
        span.status is not None and _enum(span.status.code, "STATUS_CODE_ERROR", STATUS_ERROR) == STATUS_ERROR,
        tuple(
            (
                (event.name or "")[:MAX_NAME_CHARS],
                _nanos(event.time_unix_nano),
                kept_attributes(event.attributes or (), _read),
            )
            for event in span.events or ()
        ),
    )


def _hex(text: str | None, length: int) -> str:
    if text is None or len(text) != length:
        return ""
    try:
        return hex_id(bytes.fromhex(text), length // 2)
    except ValueError:
        return ""


def _enum(value: int | str | None, word: str, number: int) -> int:
    """OTLP's JSON has enums as numbers; protobuf's own JSON, which some clients send, has them as names."""
    if isinstance(value, str):
        return number if value == word else 0
    return value or 0


def _nanos(value: float | str | None) -> int:
    """Returns ns since 1970, 0 if the value is not an unsigned 64-bit integer."""
    return read_count(value, 2**64 - 1) or 0


def _read(raw: Raw) -> Json:
    try:
        return _to_python(_decode_value(raw), MAX_VALUE_DEPTH)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return _to_python(_decode_value(_replace_surrogates(raw)), MAX_VALUE_DEPTH)
    except (ValueError, RecursionError):
        return INVALID_VALUE


def _to_python(value: _Value | None, levels: int) -> Json:
    if value is None:
        return None
    if value.string_value is not None:
        return value.string_value
    if value.int_value is not None:
        return _number(value.int_value, int)
    if value.bool_value is not None:
        return value.bool_value
    if value.double_value is not None:
        return _number(value.double_value, float)
    if value.array_value is not None and levels:
        return [_to_python(item, levels - 1) for item in value.array_value.values or ()]
    if value.kvlist_value is not None and levels:
        return {pair.key: _to_python(pair.value, levels - 1) for pair in value.kvlist_value.values or ()}
    return None


def _number(value: float | str, kind: type[int] | type[float]) -> int | float | None:
    """Returns a number, also from a string; None if it is invalid."""
    if not isinstance(value, str):
        return value
    try:
        return kind(value[:40])
    except ValueError:
        return None
