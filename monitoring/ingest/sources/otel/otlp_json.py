"""OTLP's JSON: hex ids, 64-bit numbers as strings or numbers, enums as numbers, unknown fields passed over. Pure."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Raw, Struct

from monitoring.events.envelope import Unreadable
from monitoring.events.numbers import read_count
from monitoring.ingest.body import MAX_BODY_BYTES, TooLarge
from monitoring.ingest.sources.otel.names import LONGEST, READ, is_told
from monitoring.ingest.sources.otel.span import MOST_SPANS, SERVER, Span, at_most, hex_id, unreadable

DEEPEST = 4
"""Levels of lists and maps in an attribute's value that are read; what lies deeper is None."""
OBJECTS = 200
"""Objects in JSON for each span that a request may hold: attributes, their values, events."""
COMMAS, SPARSE = 50, 32
"""Commas in JSON for each span, and bytes for each comma: where there are more it is seen first that every span is an
object. A text may hold as many; in `[1,1]` each costs 36 bytes of memory."""
NULL = Raw(b"null")
ERROR = 2
"""The status code of a span that failed."""


class _Value(Struct, rename="camel", gc=False):
    """OTLP's AnyValue. 64-bit numbers may be strings, and NaN is a word."""

    string_value: str | None = None
    int_value: int | float | str | None = None
    double_value: int | float | str | None = None
    bool_value: bool | None = None
    array_value: "_Values | None" = None
    kvlist_value: "_Pairs | None" = None


class _Pair(Struct, rename="camel", gc=False):
    """The value stays as it was written, and in the body's own bytes, until somebody wants it: most hold content."""

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
    """A span whose fields nobody looks at."""


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
UNREADABLE = False
"""Stands for a value that is none of OTLP's: no reader takes it."""


def read_json(body: bytes, most: int = MOST_SPANS) -> list[Span]:
    """The spans of an ExportTraceServiceRequest in OTLP's JSON, in order. Raises Unreadable, and TooLarge where there
    are more."""
    objects = body.count(b"{")
    if objects > most * OBJECTS and objects - body.count(b"{\\") > most * OBJECTS:  # the latter in texts that hold JSON
        raise TooLarge(f"more than {most * OBJECTS} objects in a request")
    try:
        request = _decode(body, most)
    except (msgspec.ValidationError, RecursionError) as error:
        raise Unreadable(f"the body is not an ExportTraceServiceRequest in JSON: {str(error)[:200]}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        request = _decode_tolerantly(body, most, str(error))
    return at_most(most, _structs(request))


def _decode(body: bytes, most: int) -> _Request:
    """Where the body may hold very many spans that are none, the first of them is an error. Raises as msgspec does, and
    TooLarge."""
    if body.count(b",") > max(most * COMMAS, len(body) // SPARSE):
        groups = _decode_objects(body).resource_spans or ()
        if sum(len(scoped.spans or ()) for group in groups for scoped in group.scope_spans or ()) > most:
            raise TooLarge(f"more than {most} spans in a request")
    return _decode_request(body)


def _decode_tolerantly(body: bytes, most: int, reason: str) -> _Request:
    """A text cut in the middle of a character leaves half of it in JSON: a `?` stands for it. NaN becomes a word. That
    takes many times the memory, so that large bodies must be right."""
    try:
        if len(body) > MAX_BODY_BYTES:
            raise ValueError
        found = json.loads(body, parse_constant=lambda word: word)
        return _decode(json.dumps(found, ensure_ascii=False).encode(errors="replace"), most)
    except TooLarge:
        raise
    except (ValueError, RecursionError):
        raise Unreadable(f"the body is not JSON: {reason[:200]}") from None


def _structs(request: _Request) -> Iterator[Span]:
    for group in request.resource_spans or ():
        resource = _attributes(group.resource.attributes if group.resource else None)
        for scoped in group.scope_spans or ():
            scope = ((scoped.scope and scoped.scope.name) or "")[:LONGEST]
            for span in scoped.spans or ():
                yield _read_span(span, resource, scope)


def _read_span(raw: Raw, resource: dict[str, Any], scope: str) -> Span:
    """A span that is not as OTLP has it costs itself alone."""
    try:
        return _span(_decode_span(raw), resource, scope)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        try:
            return _span(_decode_span(_mended(raw)), resource, scope)
        except (ValueError, RecursionError):
            return unreadable(resource, scope, str(error))


def _mended(raw: Raw) -> bytes:
    """Without half characters, which a text cut in the middle leaves."""
    return json.dumps(json.loads(bytes(raw)), ensure_ascii=False).encode(errors="replace")


def _span(span: _Span, resource: dict[str, Any], scope: str) -> Span:
    return Span(
        _hex(span.trace_id, 32),
        _hex(span.span_id, 16),
        _hex(span.parent_span_id, 16),
        (span.name or "")[:LONGEST],
        _enum(span.kind, "SPAN_KIND_SERVER", SERVER),
        _nanos(span.start_time_unix_nano),
        _nanos(span.end_time_unix_nano),
        _attributes(span.attributes),
        resource,
        scope,
        span.status is not None and _enum(span.status.code, "STATUS_CODE_ERROR", ERROR) == ERROR,
        tuple(
            ((one.name or "")[:LONGEST], _nanos(one.time_unix_nano), _attributes(one.attributes))
            for one in span.events or ()
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
    """OTLP writes enums as numbers; protobuf's own JSON, which some senders use, as words."""
    if isinstance(value, str):
        return number if value == word else 0
    return value or 0


def _nanos(value: float | str | None) -> int:
    """ns since 1970, 0 where there is no such time in 64 bits."""
    return read_count(value, 2**64 - 1) or 0


def _attributes(pairs: list[_Pair] | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for pair in pairs or ():
        name = pair.key
        if name in READ:
            found[name] = _read(pair.value)
        elif is_told(name := name[:LONGEST]):
            found[name] = None
    return found


def _read(raw: Raw) -> Any:
    try:
        return _plain(_decode_value(raw), DEEPEST)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return _plain(_decode_value(_mended(raw)), DEEPEST)
    except (ValueError, RecursionError):
        return UNREADABLE


def _plain(value: _Value | None, levels: int) -> Any:
    if value is None or value.string_value is not None:
        return value and value.string_value
    if value.int_value is not None:
        return _number(value.int_value, int)
    if value.bool_value is not None:
        return value.bool_value
    if value.double_value is not None:
        return _number(value.double_value, float)
    if value.array_value is not None and levels:
        return [_plain(item, levels - 1) for item in value.array_value.values or ()]
    if value.kvlist_value is not None and levels:
        return {pair.key: _plain(pair.value, levels - 1) for pair in value.kvlist_value.values or ()}
    return None


def _number(value: float | str, kind: type[int] | type[float]) -> int | float | None:
    """A number that may have been written as a string; None where it is none."""
    if not isinstance(value, str):
        return value
    try:
        return kind(value[:40])
    except ValueError:
        return None
