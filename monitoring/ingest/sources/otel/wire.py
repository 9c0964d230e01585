"""OTLP/HTTP in both its encodings: a request's bytes become spans, and the answers OTLP asks for become bytes."""

from collections.abc import Iterable, Iterator
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
from monitoring.ingest.body import TooLarge
from monitoring.ingest.sources.otel.names import LONGEST, READ, is_told
from monitoring.ingest.sources.otel.otlp_json import DEEPEST, ERROR, read_json
from monitoring.ingest.sources.otel.protobuf import (
    RESOURCE,
    RESOURCE_SPANS,
    SCOPE,
    SCOPE_SPANS,
    SPANS,
    Damaged,
    joined,
    only,
)
from monitoring.ingest.sources.otel.span import MOST_SPANS, Span, at_most, hex_id

__all__ = ["INVALID", "JSON", "PROTOBUF", "answer", "read_json", "read_protobuf", "refusal"]

PROTOBUF, JSON = "application/x-protobuf", "application/json"
INVALID = 3
"""google.rpc.Code.INVALID_ARGUMENT."""
_SCALARS = frozenset({"string_value", "int_value", "double_value", "bool_value"})


def read_protobuf(body: bytes, most: int = MOST_SPANS) -> list[Span]:
    """The spans of an ExportTraceServiceRequest, in order. Raises Unreadable, and TooLarge where there are more."""
    try:
        return at_most(most, _messages(memoryview(body)))
    except (DecodeError, Damaged, RecursionError, ValueError) as error:
        if isinstance(error, TooLarge):
            raise
        raise Unreadable(f"the body is not an ExportTraceServiceRequest in protobuf: {str(error)[:200]}") from None


def _messages(request: memoryview) -> Iterator[Span]:
    for group in only(request, RESOURCE_SPANS):
        resource = _attributes(Resource.FromString(joined(group, RESOURCE)).attributes)
        for scoped in only(group, SCOPE_SPANS):
            scope = InstrumentationScope.FromString(joined(scoped, SCOPE)).name[:LONGEST]
            for span in only(scoped, SPANS):
                yield _span(Message.FromString(bytes(span)), resource, scope)


def _span(span: Message, resource: dict[str, Any], scope: str) -> Span:
    return Span(
        hex_id(span.trace_id, 16),
        hex_id(span.span_id, 8),
        hex_id(span.parent_span_id, 8),
        span.name[:LONGEST],
        span.kind,
        span.start_time_unix_nano,
        span.end_time_unix_nano,
        _attributes(span.attributes),
        resource,
        scope,
        span.status.code == ERROR,
        tuple((one.name[:LONGEST], one.time_unix_nano, _attributes(one.attributes)) for one in span.events),
    )


def _attributes(pairs: Iterable[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for pair in pairs:
        name = pair.key
        if name in READ:
            value = pair.value
            found[name] = value.string_value or _deep(value, DEEPEST)
        elif is_told(name := name[:LONGEST]):
            found[name] = None
    return found


def _deep(value: Any, levels: int) -> Any:
    which = value.WhichOneof("value")
    if which in _SCALARS:
        return getattr(value, which)
    if which == "array_value" and levels:
        return [_deep(item, levels - 1) for item in value.array_value.values]
    if which == "kvlist_value" and levels:
        return {pair.key: _deep(pair.value, levels - 1) for pair in value.kvlist_value.values}
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


def refusal(kind: str, words: str, code: int = INVALID) -> bytes:
    """A google.rpc.Status. Its fields have the numbers and types of ExportTracePartialSuccess: a number, a text."""
    if kind == JSON:
        return msgspec.json.encode({"code": code, "message": words})
    return bytes(ExportTracePartialSuccess(rejected_spans=code, error_message=words).SerializeToString())
