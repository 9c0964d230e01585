"""Pure. Spans become CloudEvents: a counted call of a model is a question and its answer, other work of a model's an
operation, and what has nothing to do with models is left out."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Any, Literal, NamedTuple, cast

import msgspec
from msgspec import Struct

from monitoring.events.envelope import EARLIEST, EPOCH, micros
from monitoring.ingest.sources.cloud_event import CloudEvent, cloud_event, write_time
from monitoring.ingest.sources.otel import call
from monitoring.ingest.sources.otel.names import CALLS, LONGEST, NEVER, Said, understand
from monitoring.ingest.sources.otel.span import Span
from monitoring.ingest.sources.otel.trees import NOTHING, Move, SpanContext, SpanDecision, SpanNode, Trees
from monitoring.ingest.sources.otel.values import code

GAP = 1_000_000
"""ns between a question and an answer of which nobody knows when it began."""
FIRST = micros(EARLIEST) * 1000
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(tuple[CloudEvent, ...]).decode
Outcome = Literal["call", "operation", "session", "not genai", "refused"]
MARKS = frozenset({"model", "provider", "input", "output", "usage", "operation"})
"""Meanings that only a model's work has, named or not."""
USED = frozenset({"input", "output", "usage"})
OF_ANY = frozenset({"session", "user"})
"""Meanings that are looked at on every span."""
BACKWARDS = "end before start"


class Mapped(Struct, frozen=True):
    """What became of a span. `dialect` and `unknown` (names not understood) are told of a model's work only;
    `odd` names what could not be read and was left out; `problem` says why a span is refused."""

    span: Span
    outcome: Outcome
    events: tuple[CloudEvent, ...] = ()
    dialect: str = ""
    unknown: tuple[str, ...] = ()
    odd: tuple[str, ...] = ()
    problem: str | None = None


class _Work(NamedTuple):
    """A span, half read: `operation` is None where it is no model's work."""

    span: Span
    said: Said
    operation: str | None
    spent: call.Spent = call.UNTOLD
    facts: SpanContext = NOTHING
    problem: str | None = None


def read(spans: Sequence[Span], trees: Trees) -> list[Mapped]:
    """What becomes of each span, in order. `trees` knows the spans of earlier requests, and learns these."""
    works = [_look(span) for span in spans]
    placed = [work for work in works if work.span.trace and work.span.id]
    places = iter(trees.place([_part(work) for work in placed]))
    found = [_map(work, next(places) if work.span.trace and work.span.id else None) for work in works]
    for one in found:
        if one.outcome == "call":
            trees.keep(one.span.trace, one.span.id, _encode(one.events[:2]))
    return found


def _look(span: Span) -> _Work:
    said = understand(span.attributes, span.scope)
    word = _operation(said)
    problem = _problem(span)
    if problem is not None:
        return _Work(span, said, word, problem=problem)
    facts = call.facts(said.values, span.kind, word is not None)
    return _Work(span, said, word, call.UNTOLD if word is None else call.spent(said.values), facts)


def _problem(span: Span) -> str | None:
    """What a span is nothing without."""
    if span.problem is not None:
        return span.problem
    if not span.trace:
        return "trace_id: not 16 bytes, or all zero"
    if not span.id:
        return "span_id: not 8 bytes, or all zero"
    if span.start < FIRST or span.end < FIRST:
        return "time: the span's start or end is missing, or lies before the year 2000"
    return None


def _operation(said: Said) -> str | None:
    """The operation's word; a guess where a model's work does not name it."""
    if "operation" in said.values:
        return cast(str, said.values["operation"])
    words = said.values.keys() | {word for word, _ in said.odd} if said.odd else said.values.keys()
    if "model" in words and not USED.isdisjoint(words):
        return "chat"
    return None if MARKS.isdisjoint(words) else "span"


def _part(work: _Work) -> SpanNode:
    span, counts = work.span, work.operation not in NEVER and work.problem is None
    return SpanNode(
        span.trace,
        span.id,
        span.parent,
        span.start,
        max(span.start, span.end),
        work.facts,
        counts and work.operation in CALLS,
        counts and work.spent.tokens,
    )


def _map(work: _Work, place: SpanDecision | None) -> Mapped:
    dialect, unknown = (work.said.dialect, work.said.unknown) if work.operation is not None else ("", ())
    if work.problem is not None or place is None:
        return Mapped(work.span, "refused", (), dialect, unknown, (), work.problem)
    outcome, events = _made(work, place)
    moved = [event for move in place.moved for event in _moved(move, work.span)]
    return Mapped(work.span, outcome, (*events, *moved), dialect, unknown, _odd(work))


def _moved(move: Move, by: Span) -> Iterator[CloudEvent]:
    """A newer state of a question and its answer: the same in all but whose they are."""
    for event in _decode(move.told):
        data: dict[str, Any] = event["data"] | {"session_id": _session(by, move.facts), "user_id": move.facts.user}
        if data["role"] == "user":
            data |= {"ip": move.facts.ip, "user_agent": move.facts.agent}
        yield cloud_event(event["source"], f"{event['id']}-{by.id}", "message", event["time"], data)


def _made(work: _Work, place: SpanDecision) -> tuple[Outcome, tuple[CloudEvent, ...]]:
    sessions = tuple(_sessions(work.span, place.facts)) if work.span.events else ()
    if work.operation is None:
        return "session" if sessions else "not genai", sessions
    if place.counted:
        return "call", (*_call(work, place.facts), *sessions)
    return "operation", (_done(work, place.facts), *sessions)


def _odd(work: _Work) -> tuple[str, ...]:
    """What was left out, by name. Of a span that is no model's work only what is looked at matters."""
    if work.operation is None:
        return tuple(name for word, name in work.said.odd if word in OF_ANY)
    names = (*(name for _, name in work.said.odd), *work.spent.odd)
    return (*names, BACKWARDS) if work.span.end < work.span.start else names


def _call(work: _Work, facts: SpanContext) -> tuple[CloudEvent, CloudEvent]:
    span, values = work.span, work.said.values
    source, id, error = _source(span), f"{span.trace}-{span.id}", call.error(span, values)
    began = call.first_chunk(span, values)
    asked = {
        "message_id": f"{id}-1",
        "session_id": _session(span, facts),
        "user_id": facts.user,
        "role": "user",
        "status": "completed",
        "ip": facts.ip,
        "user_agent": facts.agent,
    }
    answered = {
        "message_id": f"{id}-2",
        "session_id": asked["session_id"],
        "user_id": facts.user,
        "role": "assistant",
        "status": "completed" if error is None else "failed",
        "completed_at": _time(span.end),
        "model": values.get("model"),
        "prompt_tokens": work.spent.prompt,
        "completion_tokens": work.spent.completion,
        "total_tokens": work.spent.total,
        "cost": work.spent.cost,
        "error": error,
    }
    at = began if began is not None else max(span.start, min(span.start + GAP, span.end))
    return (
        cloud_event(source, f"{id}-1", "message", _time(span.start), asked),
        cloud_event(source, f"{id}-2", "message", _time(at), answered),
    )


def _done(work: _Work, facts: SpanContext) -> CloudEvent:
    """The event's time is the span's end: only then is the outcome known. One that ends before it starts has no
    duration."""
    span, values = work.span, work.said.values
    error = call.error(span, values)
    data = {
        "operation": _label(work),
        "outcome": "ok" if error is None else "timeout" if call.is_timeout(error) else "failed",
        "duration_ms": (span.end - span.start) / 1e6 if span.end >= span.start else None,
        "session_id": _session(span, facts),
        "error": error,
    }
    return cloud_event(_source(span), f"{span.trace}-{span.id}", "operation", _time(span.end), data)


def _label(work: _Work) -> str:
    """The operation's word, and a tool's name where that is one word too."""
    word = work.operation or "span"
    tool = code(work.said.values.get("tool", work.span.name)) if word == "execute_tool" else None
    return f"{word} {tool}" if tool else word


def _sessions(span: Span, facts: SpanContext) -> Iterator[CloudEvent]:
    """What the span's own events say of a session's start and end."""
    for index, (name, at, attributes) in enumerate(span.events):
        if name not in ("session.start", "session.end"):
            continue
        session = call.facts(understand(attributes, "").values, span.kind, False).session or facts.session
        data: dict[str, Any] = {"session_id": session, "user_id": facts.user}
        id, time = f"{span.trace}-{span.id}-e{index}", _time(at if at >= FIRST else span.end)
        if session and name == "session.end":
            yield cloud_event(_source(span), id, "session.ended", time, data | {"reason": "closed"})
        elif session and facts.user:
            yield cloud_event(_source(span), id, "session.started", time, data)


def _session(span: Span, facts: SpanContext) -> str:
    return facts.session if facts.session is not None else f"trace-{span.trace}"


def _source(span: Span) -> str:
    return _named(span.resource.get("service.name"))


def _named(service: object) -> str:
    text = service[:LONGEST] if isinstance(service, str) else ""
    return f"otlp/{text}" if text.isprintable() and text.strip() else "otlp/unknown_service"


def _time(at: int) -> str:
    """ISO 8601 with microseconds and a Z; the ns beyond are cut off."""
    return f"{_second(at // 1_000_000_000)}.{at // 1000 % 1_000_000:06d}Z"


@lru_cache(maxsize=1024)
def _second(at: int) -> str:
    return write_time(EPOCH + timedelta(seconds=at))[:19]
