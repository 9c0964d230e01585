"""OTLP/HTTP in both encodings: parses requests into spans, and encodes OTLP's responses. Pure."""

from collections.abc import Iterator, Sequence

import msgspec
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Message

from monitoring.events.envelope import Unreadable
from monitoring.events.json import Json
from monitoring.events.shape import Shape, encode
from monitoring.ingest.body import TooLarge
from monitoring.ingest.sources.otel.names import MAX_NAME_CHARS
from monitoring.ingest.sources.otel.otlp_json import read_json
from monitoring.ingest.sources.otel.protobuf import (
    LARGE_MESSAGE_BYTES,
    RESOURCE,
    RESOURCE_SPANS,
    SCOPE,
    SCOPE_SPANS,
    SPANS,
    Budget,
    InvalidMessage,
    TooManyFields,
    charge,
    fields,
    merged_field,
)
from monitoring.ingest.sources.otel.span import (
    MAX_OBJECTS_PER_SPAN,
    MAX_SPANS_PER_REQUEST,
    MAX_VALUE_DEPTH,
    STATUS_ERROR,
    Span,
    hex_id,
    kept_attributes,
    take_limited,
    unreadable_span,
)

__all__ = ["INVALID_ARGUMENT", "JSON", "PROTOBUF", "export_response", "read_json", "read_protobuf", "status_response"]

PROTOBUF, JSON = "application/x-protobuf", "application/json"
INVALID_ARGUMENT = 3
"""google.rpc.Code.INVALID_ARGUMENT."""
GROUP_COST, EVENT_COST = 16, 4
"""Cost of a group of spans and of an event, without their fields."""
MAX_SPAN_COST = 200_000
"""Most cost of a large span's fields; 10,000 attributes cost 160,000."""
_SCALARS = frozenset({"string_value", "int_value", "double_value", "bool_value"})


def read_protobuf(body: bytes, max_spans: int = MAX_SPANS_PER_REQUEST) -> list[Span]:
    """Returns the spans of an ExportTraceServiceRequest, in order. Raises Unreadable, TooLarge."""
    try:
        return take_limited(max_spans, _read_spans(memoryview(body), Budget(max_spans * MAX_OBJECTS_PER_SPAN)))
    except TooManyFields:
        raise TooLarge(f"more fields in a request than {max_spans} spans have") from None
    except (DecodeError, InvalidMessage, RecursionError, ValueError) as error:
        if isinstance(error, TooLarge):
            raise
        raise Unreadable(f"the body is not an ExportTraceServiceRequest in protobuf: {str(error)[:200]}") from None


def _read_spans(request: memoryview, budget: Budget) -> Iterator[Span]:
    for group in fields(request, RESOURCE_SPANS, budget):
        budget.take(GROUP_COST)
        message = merged_field(group, RESOURCE, budget, "resource")
        resource = _attributes(Resource.FromString(message).attributes, budget)
        for scope_group in fields(group, SCOPE_SPANS, budget):
            budget.take(GROUP_COST)
            message = merged_field(scope_group, SCOPE, budget, "scope")
            scope = InstrumentationScope.FromString(message).name[:MAX_NAME_CHARS]
            for span in fields(scope_group, SPANS, budget):
                if len(span) > LARGE_MESSAGE_BYTES and not _is_affordable(span, budget):
                    yield unreadable_span(resource, scope, "more attributes and events than a span may hold")
                else:
                    yield _span(Message.FromString(bytes(span)), resource, scope, budget)


def _is_affordable(span: memoryview, budget: Budget) -> bool:
    """Returns whether the fields of a large span cost at most MAX_SPAN_COST."""
    span_budget = Budget(MAX_SPAN_COST)
    try:
        charge(span, "span", span_budget)
    except TooManyFields:
        budget.take(MAX_SPAN_COST)
        return False
    budget.take(MAX_SPAN_COST - span_budget.left)
    return True


def _span(span: Message, resource: dict[str, Json], scope: str, budget: Budget) -> Span:
    events = span.events
    return Span(
        hex_id(span.trace_id, 16),
        hex_id(span.span_id, 8),
        hex_id(span.parent_span_id, 8),
        span.name[:MAX_NAME_CHARS],
        span.kind,
        span.start_time_unix_nano,
        span.end_time_unix_nano,
        _attributes(span.attributes, budget),
        resource,
        scope,
        span.status.code == STATUS_ERROR,
        _events(events, budget) if events else (),
    )


def _events(events: Sequence[Message.Event], budget: Budget) -> tuple[tuple[str, int, dict[str, Json]], ...]:
    budget.take(EVENT_COST * len(events))
    return tuple(
        (event.name[:MAX_NAME_CHARS], event.time_unix_nano, _attributes(event.attributes, budget)) for event in events
    )


def _attributes(pairs: Sequence[KeyValue], budget: Budget) -> dict[str, Json]:
    budget.take(len(pairs))
    return kept_attributes(pairs, lambda value: value.string_value or _to_python(value, MAX_VALUE_DEPTH, budget))


def _to_python(value: AnyValue, levels: int, budget: Budget) -> Json:
    field = value.WhichOneof("value")
    if field in _SCALARS:
        scalar: Json = getattr(value, field)
        return scalar
    if field == "array_value" and levels:
        budget.take(len(value.array_value.values))
        return [_to_python(item, levels - 1, budget) for item in value.array_value.values]
    if field == "kvlist_value" and levels:
        budget.take(len(value.kvlist_value.values))
        return {pair.key: _to_python(pair.value, levels - 1, budget) for pair in value.kvlist_value.values}
    return None


def export_response(content_type: str, rejected: int, message: str) -> bytes:
    """Returns an ExportTraceServiceResponse in the request's encoding, with a partial success if spans were
    rejected."""
    if content_type == JSON:
        partial_success = {"partialSuccess": {"rejectedSpans": str(rejected), "errorMessage": message}}
        return msgspec.json.encode(partial_success if rejected else {})
    response = ExportTraceServiceResponse()
    if rejected:
        response.partial_success.rejected_spans = rejected
        response.partial_success.error_message = message
    return bytes(response.SerializeToString())


class RpcStatus(Shape, frozen=True):
    """google.rpc.Status, the body of OTLP's error responses."""

    code: int
    message: str


def status_response(content_type: str, message: str, code: int = INVALID_ARGUMENT) -> bytes:
    """Returns a google.rpc.Status. In protobuf its first fields have the numbers and types of those of
    ExportTracePartialSuccess."""
    if content_type == JSON:
        return encode(RpcStatus(code, message))
    return bytes(ExportTracePartialSuccess(rejected_spans=code, error_message=message).SerializeToString())
