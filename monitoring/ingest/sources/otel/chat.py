"""Spans become CloudEvents: a counted call of a model is a question and its answer, other work of a model's an
operation, and what has nothing to do with models is left out."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from msgspec import Struct

from monitoring.events.envelope import EARLIEST, EPOCH, micros
from monitoring.ingest.sources.lines import CloudEvent, cloud_event, write_time
from monitoring.ingest.sources.otel import call
from monitoring.ingest.sources.otel.names import CALLS, LONGEST, NEVER, Said, code, operation, understand
from monitoring.ingest.sources.otel.span import Span
from monitoring.ingest.sources.otel.trees import NOTHING, Facts, Part, Place, Trees

GAP = 1_000_000
"""ns between a question and an answer of which nobody knows when it began."""
FIRST = micros(EARLIEST) * 1000
Outcome = Literal["call", "operation", "session", "not genai", "refused"]
MARKS = ("model", "provider", "input", "output", "usage")
"""Meanings that only a model's work has, named or not."""


class Mapped(Struct, frozen=True):
    """What became of a span. `dialect` and `unknown` (names not understood) are told of a model's work only;
    `problem` says why a span is refused."""

    span: Span
    outcome: Outcome
    events: tuple[CloudEvent, ...] = ()
    dialect: str = ""
    unknown: tuple[str, ...] = ()
    problem: str | None = None


class _Work(NamedTuple):
    """A span, half read: `operation` is None where it is no model's work."""

    span: Span
    said: Said
    operation: str | None
    tokens: call.Tokens = call.UNTOLD
    cost: float | None = None
    facts: Facts = NOTHING
    problem: str | None = None


def read(spans: Sequence[Span], trees: Trees) -> list[Mapped]:
    """What becomes of each span, in order. `trees` knows the spans of earlier requests, and learns these."""
    works = [_look(span) for span in spans]
    placed = [work for work in works if work.span.trace and work.span.id]
    places = iter(trees.place([_part(work) for work in placed]))
    return [_map(work, next(places) if work.span.trace and work.span.id else None) for work in works]


def _look(span: Span) -> _Work:
    said = understand(span.attributes, span.scope)
    word = _operation(span, said.values)
    try:
        _check(span)
        facts = call.facts(said.values, span.kind, word is not None)
        if word is None:
            return _Work(span, said, word, facts=facts)
        return _Work(span, said, word, call.tokens(said.values), call.cost(said.values), facts)
    except ValueError as error:
        return _Work(span, said, word, problem=str(error))


def _check(span: Span) -> None:
    if not span.trace:
        raise ValueError("trace_id: not 16 bytes, or all zero")
    if not span.id:
        raise ValueError("span_id: not 8 bytes, or all zero")
    if span.start < FIRST or span.end < FIRST:
        raise ValueError("the span's start or end is missing, or lies before the year 2000")
    if span.end < span.start:
        raise ValueError("the span ends before it starts")


def _operation(span: Span, values: dict[str, Any]) -> str | None:
    """The operation's word; a guess where a model's work does not name it."""
    word = operation(values.get("operation"))
    if word:
        return word
    if "model" in values and ("input" in values or "output" in values or "usage" in values):
        return "chat"
    return "span" if any(mark in values for mark in MARKS) or "operation" in values else None


def _part(work: _Work) -> Part:
    span, counts = work.span, work.operation not in NEVER and work.problem is None
    return Part(
        span.trace,
        span.id,
        span.parent,
        span.start,
        span.end,
        work.facts,
        counts and work.operation in CALLS,
        counts and any(work.tokens),
    )


def _map(work: _Work, place: Place | None) -> Mapped:
    if work.problem is not None or place is None:
        return Mapped(work.span, "refused", (), *_words(work), work.problem)
    sessions = tuple(_sessions(work.span, place.facts)) if work.span.events else ()
    if work.operation is None:
        return Mapped(work.span, "session" if sessions else "not genai", sessions)
    if place.counted:
        return Mapped(work.span, "call", (*_call(work, place.facts), *sessions), *_words(work))
    return Mapped(work.span, "operation", (_done(work, place.facts), *sessions), *_words(work))


def _words(work: _Work) -> tuple[str, tuple[str, ...]]:
    return (work.said.dialect, work.said.unknown) if work.operation is not None else ("", ())


def _call(work: _Work, facts: Facts) -> tuple[CloudEvent, CloudEvent]:
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
        "model": code(values.get("model")),
        "prompt_tokens": work.tokens.prompt,
        "completion_tokens": work.tokens.completion,
        "total_tokens": work.tokens.total,
        "cost": work.cost,
        "error": error,
    }
    at = began if began is not None else min(span.start + GAP, span.end)
    return (
        cloud_event(source, f"{id}-1", "message", _time(span.start), asked),
        cloud_event(source, f"{id}-2", "message", _time(at), answered),
    )


def _done(work: _Work, facts: Facts) -> CloudEvent:
    """The event's time is the span's end: only then is the outcome known."""
    span, values = work.span, work.said.values
    error = call.error(span, values)
    data = {
        "operation": _label(work),
        "outcome": "ok" if error is None else "timeout" if call.is_timeout(error) else "failed",
        "duration_ms": (span.end - span.start) / 1e6,
        "session_id": _session(span, facts),
        "error": error,
    }
    return cloud_event(_source(span), f"{span.trace}-{span.id}", "operation", _time(span.end), data)


def _label(work: _Work) -> str:
    """The operation's word, and a tool's name where that is one word too."""
    word = work.operation or "span"
    tool = code(work.said.values.get("tool", work.span.name)) if word == "execute_tool" else None
    return f"{word} {tool}" if tool else word


def _sessions(span: Span, facts: Facts) -> Iterator[CloudEvent]:
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


def _session(span: Span, facts: Facts) -> str:
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
