"""Converts spans to CloudEvents. Pure.

A counted model call becomes a question and its answer, other work of a model an operation; other spans are ignored.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Literal, NamedTuple

import msgspec
from msgspec import Struct

from monitoring.events.envelope import EARLIEST, EPOCH, micros
from monitoring.ingest.sources.cloud_event import CloudEvent, cloud_event, write_time
from monitoring.ingest.sources.otel import call
from monitoring.ingest.sources.otel.names import (
    CALL_OPERATIONS,
    MAX_NAME_CHARS,
    UNCOUNTED_OPERATIONS,
    ParsedAttributes,
    parse_attributes,
)
from monitoring.ingest.sources.otel.span import Span
from monitoring.ingest.sources.otel.trees import NO_CONTEXT, Move, SpanContext, SpanDecision, SpanNode, Trees
from monitoring.ingest.sources.otel.values import code

QUESTION_GAP_NS = 1_000_000
"""Delay between a question and its answer if the first chunk's time is unknown."""
EARLIEST_NS = micros(EARLIEST) * 1000
_encode = msgspec.json.Encoder().encode
Outcome = Literal["call", "operation", "session", "not genai", "refused"]
GENAI_MEANINGS = frozenset({"model", "provider", "input", "output", "usage", "operation"})
"""Meanings that identify a span as a model's work."""
USAGE_MEANINGS = frozenset({"input", "output", "usage"})
ANY_SPAN_MEANINGS = frozenset({"session", "user"})
"""Meanings that are used of every span."""
END_BEFORE_START = "end before start"


class Mapped(Struct, frozen=True):
    """The result of a span. `dialect` and `unknown` (attribute names) are set for a model's work only; `invalid` names
    values that were dropped; `problem` is the reason why the span is refused."""

    span: Span
    outcome: Outcome
    events: tuple[CloudEvent, ...] = ()
    dialect: str = ""
    unknown: tuple[str, ...] = ()
    invalid: tuple[str, ...] = ()
    problem: str | None = None


class _SentEvent(Struct):
    """A message of a call as it was sent."""

    source: str
    id: str
    time: str
    data: dict[str, object]


_decode = msgspec.json.Decoder(tuple[_SentEvent, ...]).decode


class _ParsedSpan(NamedTuple):
    """A span with its parsed attributes. `operation` is None if the span is not a model's work."""

    span: Span
    parsed: ParsedAttributes
    operation: str | None
    usage: call.CallUsage = call.NO_USAGE
    context: SpanContext = NO_CONTEXT
    problem: str | None = None


def read(spans: Sequence[Span], trees: Trees) -> list[Mapped]:
    """Returns the result of each span, in order. `trees` holds the spans of earlier requests, and adds these."""
    parsed_spans = [_parse(span) for span in spans]
    valid = [item for item in parsed_spans if item.span.trace and item.span.id]
    decisions = iter(trees.decide([_node(item) for item in valid]))
    mapped = [_map(item, next(decisions) if item.span.trace and item.span.id else None) for item in parsed_spans]
    for mapped_span in mapped:
        if mapped_span.outcome == "call":
            trees.remember(mapped_span.span.trace, mapped_span.span.id, _encode(mapped_span.events[:2]))
    return mapped


def _parse(span: Span) -> _ParsedSpan:
    parsed = parse_attributes(span.attributes, span.scope)
    operation, problem = _operation(parsed), _problem(span)
    if problem is not None:
        return _ParsedSpan(span, parsed, operation, problem=problem)
    usage = call.NO_USAGE if operation is None else call.call_usage(parsed.values)
    context = call.span_context(parsed.values, span.kind, operation is not None)
    return _ParsedSpan(span, parsed, operation, usage, context)


def _problem(span: Span) -> str | None:
    """Returns the reason why a span is refused, None if it is valid."""
    if span.problem is not None:
        return span.problem
    if not span.trace:
        return "trace_id: not 16 bytes, or all zero"
    if not span.id:
        return "span_id: not 8 bytes, or all zero"
    if span.start < EARLIEST_NS or span.end < EARLIEST_NS:
        return "time: the span's start or end is missing, or lies before the year 2000"
    return None


def _operation(parsed: ParsedAttributes) -> str | None:
    """Returns the operation's name, a guess if a model's work does not name it, None for other spans."""
    if "operation" in parsed.values:
        return parsed.values["operation"]
    meanings = parsed.values.keys() | {meaning for meaning, _ in parsed.invalid}
    if "model" in meanings and not USAGE_MEANINGS.isdisjoint(meanings):
        return "chat"
    return None if GENAI_MEANINGS.isdisjoint(meanings) else "span"


def _node(item: _ParsedSpan) -> SpanNode:
    span, counts = item.span, item.operation not in UNCOUNTED_OPERATIONS and item.problem is None
    return SpanNode(
        span.trace,
        span.id,
        span.parent,
        span.start,
        max(span.start, span.end),
        item.context,
        counts and item.operation in CALL_OPERATIONS,
        counts and item.usage.tokens,
    )


def _map(item: _ParsedSpan, decision: SpanDecision | None) -> Mapped:
    dialect, unknown = (item.parsed.dialect, item.parsed.unknown) if item.operation is not None else ("", ())
    if item.problem is not None or decision is None:
        return Mapped(item.span, "refused", (), dialect, unknown, (), item.problem)
    events = tuple(_session_events(item.span, decision.context)) if item.span.events else ()
    outcome: Outcome
    if item.operation is None:
        outcome = "session" if events else "not genai"
    elif decision.counted:
        outcome, events = "call", (*_call_events(item, decision.context), *events)
    else:
        outcome, events = "operation", (_operation_event(item, item.operation, decision.context), *events)
    if decision.moved:
        events += tuple(event for move in decision.moved for event in _move_events(move, item.span))
    return Mapped(item.span, outcome, events, dialect, unknown, _invalid(item))


def _move_events(move: Move, by: Span) -> Iterator[CloudEvent]:
    """Yields a newer state of a question and its answer, with another session and user."""
    for event in _decode(move.events):
        data = event.data | {"session_id": _session(by, move.context), "user_id": move.context.user}
        if data["role"] == "user":
            data |= {"ip": move.context.ip, "user_agent": move.context.agent}
        yield cloud_event(event.source, f"{event.id}-{by.id}", "message", event.time, data)


def _invalid(item: _ParsedSpan) -> tuple[str, ...]:
    """Names of dropped values; for a span that is not a model's work only those of session and user."""
    if item.operation is None:
        return tuple(name for meaning, name in item.parsed.invalid if meaning in ANY_SPAN_MEANINGS)
    names = (*(name for _, name in item.parsed.invalid), *item.usage.invalid)
    return (*names, END_BEFORE_START) if item.span.end < item.span.start else names


def _call_events(item: _ParsedSpan, context: SpanContext) -> tuple[CloudEvent, CloudEvent]:
    span, values = item.span, item.parsed.values
    source, id, error = _source(span), f"{span.trace}-{span.id}", call.error(span, values)
    question = {
        "message_id": f"{id}-1",
        "session_id": _session(span, context),
        "user_id": context.user,
        "role": "user",
        "status": "completed",
        "ip": context.ip,
        "user_agent": context.agent,
    }
    answer = {
        "message_id": f"{id}-2",
        "session_id": question["session_id"],
        "user_id": context.user,
        "role": "assistant",
        "status": "completed" if error is None else "failed",
        "completed_at": _time(span.end),
        "model": values.get("model"),
        "prompt_tokens": item.usage.prompt,
        "completion_tokens": item.usage.completion,
        "total_tokens": item.usage.total,
        "cost": item.usage.cost,
        "error": error,
    }
    at = call.first_chunk(span, values)
    if at is None:
        at = max(span.start, min(span.start + QUESTION_GAP_NS, span.end))
    return (
        cloud_event(source, f"{id}-1", "message", _time(span.start), question),
        cloud_event(source, f"{id}-2", "message", _time(at), answer),
    )


def _operation_event(item: _ParsedSpan, operation: str, context: SpanContext) -> CloudEvent:
    """The event's time is the span's end, when the outcome is known. A span that ends before it starts has no
    duration. The tool's name is a part of the operation if it is one word."""
    span, values = item.span, item.parsed.values
    tool = code(values.get("tool", span.name)) if operation == "execute_tool" else None
    error = call.error(span, values)
    data = {
        "operation": f"{operation} {tool}" if tool else operation,
        "outcome": "ok" if error is None else "timeout" if call.is_timeout(error) else "failed",
        "duration_ms": (span.end - span.start) / 1e6 if span.end >= span.start else None,
        "session_id": _session(span, context),
        "error": error,
    }
    return cloud_event(_source(span), f"{span.trace}-{span.id}", "operation", _time(span.end), data)


def _session_events(span: Span, context: SpanContext) -> Iterator[CloudEvent]:
    """Converts the span events `session.start` and `session.end`."""
    for index, (name, at, attributes) in enumerate(span.events):
        if name not in ("session.start", "session.end"):
            continue
        session = parse_attributes(attributes, "").values.get("session", context.session)
        data = {"session_id": session, "user_id": context.user}
        id, time = f"{span.trace}-{span.id}-e{index}", _time(at if at >= EARLIEST_NS else span.end)
        if session and name == "session.end":
            yield cloud_event(_source(span), id, "session.ended", time, data | {"reason": "closed"})
        elif session and context.user:
            yield cloud_event(_source(span), id, "session.started", time, data)


def _session(span: Span, context: SpanContext) -> str:
    return context.session if context.session is not None else f"trace-{span.trace}"


def _source(span: Span) -> str:
    service = span.resource.get("service.name")
    text = service[:MAX_NAME_CHARS] if isinstance(service, str) else ""
    return f"otlp/{text}" if text.isprintable() and text.strip() else "otlp/unknown_service"


def _time(at: int) -> str:
    """Returns ISO 8601 with microseconds and a Z; nanoseconds are cut off."""
    return f"{_second(at // 1_000_000_000)}.{at // 1000 % 1_000_000:06d}Z"


@lru_cache(maxsize=1024)
def _second(at: int) -> str:
    return write_time(EPOCH + timedelta(seconds=at))[:19]
