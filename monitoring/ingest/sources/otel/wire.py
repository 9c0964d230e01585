"""OTLP/HTTP in both its encodings: a request's bytes become spans, and the answers OTLP asks for become bytes. Pure."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Message

from monitoring.events.envelope import Unreadable
from monitoring.events.shape import Shape, encode
from monitoring.ingest.body import TooLarge
from monitoring.ingest.sources.otel.names import LONGEST, READ, is_told
from monitoring.ingest.sources.otel.otlp_json import DEEPEST, ERROR, OBJECTS, read_json
from monitoring.ingest.sources.otel.protobuf import (
    RESOURCE,
    RESOURCE_SPANS,
    SCOPE,
    SCOPE_SPANS,
    SPANS,
    Budget,
    Damaged,
    TooMany,
    charge,
    joined,
    only,
)
from monitoring.ingest.sources.otel.span import MOST_SPANS, Span, at_most, hex_id, unreadable

__all__ = ["INVALID", "JSON", "PROTOBUF", "answer", "read_json", "read_protobuf", "refusal"]

PROTOBUF, JSON = "application/x-protobuf", "application/json"
INVALID = 3
"""google.rpc.Code.INVALID_ARGUMENT."""
GROUP, EVENT = 16, 4
"""What a group of spans and an event cost, besides their fields."""
LARGE = 256 * 1024
"""Bytes of a message that protobuf reads unseen, into up to 30 times the memory; a larger one is counted first."""
MOST_IN_SPAN = 200_000
"""What a large span's fields may cost: 10,000 attributes cost 160,000."""
_SCALARS = frozenset({"string_value", "int_value", "double_value", "bool_value"})


def read_protobuf(body: bytes, most: int = MOST_SPANS) -> list[Span]:
    """The spans of an ExportTraceServiceRequest, in order. Raises Unreadable, and TooLarge where there are more."""
    try:
        return at_most(most, _messages(memoryview(body), Budget(most * OBJECTS)))
    except TooMany:
        raise TooLarge(f"more fields in a request than {most} spans have") from None
    except (DecodeError, Damaged, RecursionError, ValueError) as error:
        if isinstance(error, TooLarge):
            raise
        raise Unreadable(f"the body is not an ExportTraceServiceRequest in protobuf: {str(error)[:200]}") from None


def _messages(request: memoryview, budget: Budget) -> Iterator[Span]:
    for group in only(request, RESOURCE_SPANS, budget):
        budget.take(GROUP)
        told = _bounded(joined(group, RESOURCE, budget), "resource", budget)
        resource = _attributes(Resource.FromString(told).attributes, budget)
        for scoped in only(group, SCOPE_SPANS, budget):
            budget.take(GROUP)
            told = _bounded(joined(scoped, SCOPE, budget), "scope", budget)
            scope = InstrumentationScope.FromString(told).name[:LONGEST]
            for span in only(scoped, SPANS, budget):
                if len(span) > LARGE and not _is_readable(span, budget):
                    yield unreadable(resource, scope, "more attributes and events than a span may hold")
                else:
                    yield _span(Message.FromString(bytes(span)), resource, scope, budget)


def _bounded(message: bytes, kind: str, budget: Budget) -> bytes:
    """The same message. Raises TooMany where it is large and holds more fields than may be read."""
    if len(message) > LARGE:
        charge(memoryview(message), kind, budget)
    return message


def _is_readable(span: memoryview, budget: Budget) -> bool:
    """Whether a large span's fields are not too many."""
    own = Budget(MOST_IN_SPAN)
    try:
        charge(span, "span", own)
    except TooMany:
        budget.take(MOST_IN_SPAN)
        return False
    budget.take(MOST_IN_SPAN - own.left)
    return True


def _span(span: Message, resource: dict[str, Any], scope: str, budget: Budget) -> Span:
    events = span.events
    return Span(
        hex_id(span.trace_id, 16),
        hex_id(span.span_id, 8),
        hex_id(span.parent_span_id, 8),
        span.name[:LONGEST],
        span.kind,
        span.start_time_unix_nano,
        span.end_time_unix_nano,
        _attributes(span.attributes, budget),
        resource,
        scope,
        span.status.code == ERROR,
        _events(events, budget) if events else (),
    )


def _events(events: Sequence[Any], budget: Budget) -> tuple[tuple[str, int, dict[str, Any]], ...]:
    budget.take(EVENT * len(events))
    return tuple((one.name[:LONGEST], one.time_unix_nano, _attributes(one.attributes, budget)) for one in events)


def _attributes(pairs: Sequence[Any], budget: Budget) -> dict[str, Any]:
    budget.take(len(pairs))
    found: dict[str, Any] = {}
    for pair in pairs:
        name = pair.key
        if name in READ:
            value = pair.value
            found[name] = value.string_value or _deep(value, DEEPEST, budget)
        elif is_told(name := name[:LONGEST]):
            found[name] = None
    return found


def _deep(value: Any, levels: int, budget: Budget) -> Any:
    which = value.WhichOneof("value")
    if which in _SCALARS:
        return getattr(value, which)
    if which == "array_value" and levels:
        budget.take(len(value.array_value.values))
        return [_deep(item, levels - 1, budget) for item in value.array_value.values]
    if which == "kvlist_value" and levels:
        budget.take(len(value.kvlist_value.values))
        return {pair.key: _deep(pair.value, levels - 1, budget) for pair in value.kvlist_value.values}
    return None


def answer(kind: str, rejected: int, words: str) -> bytes:
    """An ExportTraceServiceResponse, in the encoding of the request's content type: all was taken, or all but some."""
    if kind == JSON:
        part = {"partialSuccess": {"rejectedSpans": str(rejected), "errorMessage": words}}
        return msgspec.json.encode(part if rejected else {})
    response = ExportTraceServiceResponse()
    if rejected:
        response.partial_success.rejected_spans = rejected
        response.partial_success.error_message = words
    return bytes(response.SerializeToString())


class RpcStatus(Shape, frozen=True):
    """google.rpc.Status, as OTLP answers."""

    code: int
    message: str


def refusal(kind: str, words: str, code: int = INVALID) -> bytes:
    """A google.rpc.Status. Its fields have the numbers and types of ExportTracePartialSuccess: a number, a text."""
    if kind == JSON:
        return encode(RpcStatus(code, words))
    return bytes(ExportTracePartialSuccess(rejected_spans=code, error_message=words).SerializeToString())
