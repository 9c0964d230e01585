"""Reads OpenTelemetry spans in JSON lines: a model call becomes question and answer, another span an operation. Pure.

A line is one span, or a request in OTLP's JSON, as the collector's file exporter writes it. For a line with one span,
the question's time is the span's start; the answer starts a millisecond later (or at the span's end, if that is
earlier) and is complete at the span's end, so that the response time is the span's duration.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from monitoring.events.numbers import as_number, read_count
from monitoring.ingest.importing.lines import Line, RawLine, parse_lines, read_object
from monitoring.ingest.sources.cloud_event import CloudEvent, cloud_event, read_time, write_time
from monitoring.ingest.sources.otel import chat
from monitoring.ingest.sources.otel.names import CALL_OPERATIONS
from monitoring.ingest.sources.otel.trees import Trees
from monitoring.ingest.sources.otel.values import code
from monitoring.ingest.sources.otel.wire import read_json

ANSWER_DELAY = timedelta(milliseconds=1)
REQUEST_FIELD = "resourceSpans"

Span = Mapping[str, object]


def read(lines: Iterable[RawLine], name: str) -> Iterator[Line]:
    """Yields the events of each line. Those of a single span have the source `file:NAME` and ids made of the span's id;
    those of an OTLP request are the same as if it had been sent."""
    trees = Trees()

    def parse(raw: RawLine) -> Line:
        span = read_object(raw.text)
        if REQUEST_FIELD not in span:
            return Line(raw, _events(f"file:{name}", span))
        mapped = chat.read(read_json(raw.text.encode()), trees)
        events = tuple(event for span in mapped for event in span.events)
        return Line(raw, events, _problem(mapped), tuple(name for span in mapped for name in span.invalid))

    return parse_lines(lines, parse)


def _problem(mapped: Sequence[chat.Mapped]) -> str | None:
    """Returns the problem of the first refused span of a request, and the number of others."""
    problems = [span.problem for span in mapped if span.problem]
    more = f" (and {len(problems) - 1} more of its spans)" if len(problems) > 1 else ""
    return problems[0] + more if problems else None


def _events(source: str, span: Span) -> tuple[CloudEvent, ...]:
    start, end = _time(span, "start_time_iso"), _time(span, "end_time_iso")
    if span.get("span_type") == "llm_call" or code(span.get("operation_name")) in CALL_OPERATIONS:
        return _question(source, span, start), _answer(source, span, start, end)
    return (_operation(source, span, start, end),)


def _time(span: Span, field: str) -> datetime:
    return read_time(field, span.get(field))


def _question(source: str, span: Span, start: datetime) -> CloudEvent:
    id = _text(span, "span_id")
    data = {"message_id": f"{id}-1", "session_id": _text(span, "session_id"), "role": "user", "status": "completed"}
    return cloud_event(source, f"{id}-1", "message", write_time(start), data)


def _answer(source: str, span: Span, start: datetime, end: datetime) -> CloudEvent:
    id, failed = _text(span, "span_id"), span.get("is_error") is True
    prompt, completion = read_count(span.get("input_tokens")), read_count(span.get("output_tokens"))
    data = {
        "message_id": f"{id}-2",
        "session_id": _text(span, "session_id"),
        "role": "assistant",
        "status": "failed" if failed else "completed",
        "completed_at": write_time(end),
        "model": _model(span),
        "prompt_tokens": as_number(span.get("input_tokens")),
        "completion_tokens": as_number(span.get("output_tokens")),
        "total_tokens": None if prompt is None or completion is None else prompt + completion,
        "error": _error(span) if failed else None,
    }
    return cloud_event(source, f"{id}-2", "message", write_time(max(start, min(start + ANSWER_DELAY, end))), data)


def _operation(source: str, span: Span, start: datetime, end: datetime) -> CloudEvent:
    """The event's time is the span's end, when the outcome is known."""
    failed = span.get("is_error") is True
    data = {
        "operation": code(span.get("operation_name")) or code(span.get("span_type")) or "span",
        "outcome": "failed" if failed else "ok",
        "duration_ms": (end - start) / timedelta(milliseconds=1) if end >= start else None,
        "session_id": span.get("session_id"),
        "error": _error(span) if failed else None,
    }
    return cloud_event(source, _text(span, "span_id"), "operation", write_time(end), data)


def _text(span: Span, field: str) -> str:
    value = span.get(field)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{field}: missing")
    return value


def _model(span: Span) -> str | None:
    return code(span.get("response_model")) or code(span.get("request_model"))


def _error(span: Span) -> str:
    """Returns a code, never a sentence, because a status message may quote the conversation."""
    return code(span.get("error_type")) or code(span.get("status_message")) or "error"
