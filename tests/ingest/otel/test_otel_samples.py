"""What real libraries send: each conversation once, whole, and without a word of it."""

import json
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest
from traces import raw_lines

from monitoring.ingest.importing import otel_jsonl
from monitoring.ingest.sources.cloud_event import CloudEvent
from monitoring.ingest.sources.otel import chat
from monitoring.ingest.sources.otel.chat import Mapped
from monitoring.ingest.sources.otel.names import LANGFUSE, MIDDLE, NEW, OLD, OPENINFERENCE, OPENLIT, OPENLLMETRY
from monitoring.ingest.sources.otel.span import Span
from monitoring.ingest.sources.otel.trees import Trees
from monitoring.ingest.sources.otel.wire import read_json

SAMPLES = Path(__file__).parent / "samples"
SAID = ("zebra-quail", "heliotrope", "forty-two", "you said too much", "be kind")
"""Words of the recorded questions, answers and errors."""
WEB = {"user_id": "alice", "ip": "192.0.2.7", "user_agent": "Mozilla/5.0 (X11; Linux x86_64)"}
MINI = "gpt-4o-mini-2024-07-18"


@dataclass(frozen=True)
class Expected:
    """What a sample holds. `answers`: of each call its model, tokens in and out, and error; `who`: what is known of
    the person."""

    dialect: str
    answers: tuple[tuple[str | None, int | None, int | None, str | None], ...]
    who: dict[str, str]
    operations: tuple[str, ...] = ("embeddings",)
    cost: float | None = None
    web: int = 0


def talk(
    error: str, failed: str | None = "gpt-limited"
) -> tuple[tuple[str | None, int | None, int | None, str | None], ...]:
    """The recorded conversation: an answer, a streamed answer, a refusal."""
    return (MINI, 21, 13, None), (MINI, 30, 7, None), (failed, None, None, error)


NEWEST = "gpt-5-2026-01-01"
EXPECTED = {
    "openai-v2": Expected(OLD, talk("RateLimitError"), WEB, web=1),
    "openai-v2-latest": Expected(MIDDLE, talk("openai.RateLimitError"), WEB, web=1),
    "openinference": Expected(OPENINFERENCE, talk("openai.RateLimitError", None), {"user_id": "alice"}),
    "openlit": Expected(OPENLIT, talk("RateLimitError"), WEB, cost=1.965e-05, web=5),
    "openllmetry": Expected(OPENLLMETRY, talk("RateLimitError"), WEB, web=1),
    "openllmetry-0.40": Expected(
        OPENLLMETRY,
        ((MINI, 21, 13, None), (MINI, None, None, None), ("gpt-limited", None, None, "error")),
        WEB,
        web=1,
    ),
    "langfuse": Expected(
        LANGFUSE,
        talk("error"),
        {"user_id": "alice"},
        ("embeddings", "execute_tool search", "invoke_agent"),
        cost=0.0,
    ),
    "pydantic-ai": Expected(
        MIDDLE,
        ((MINI, 21, 13, None), (MINI, 21, 13, None)),
        {},
        ("execute_tool search", "invoke_agent"),
        cost=2.07e-05,
    ),
    "semantic-conventions-genai": Expected(
        NEW,
        ((NEWEST, 100, 60, None), (NEWEST, 150, 30, None), (NEWEST, 20, 0, "503")),
        WEB,
        ("embeddings", "retrieval", "execute_tool search", "fetch_response", "invoke_agent", "invoke_workflow"),
        cost=0.005,
    ),
}


def body(name: str) -> bytes:
    return (SAMPLES / f"{name}.json").read_bytes()


def events_of(mapped: list[Mapped]) -> list[CloudEvent]:
    return sorted((event for one in mapped for event in one.events), key=lambda event: (event["time"], event["id"]))


def datas(events: list[CloudEvent], **wanted: str) -> list[dict[str, Any]]:
    return [event["data"] for event in events if wanted.items() <= (event["data"] | {"type": event["type"]}).items()]


def read(spans: list[Span], trees: Trees | None = None) -> list[Mapped]:
    return chat.read(spans, Trees() if trees is None else trees)


def test_every_sample_is_expected_to_hold_something() -> None:
    assert sorted(path.stem for path in SAMPLES.glob("*.json")) == sorted(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_sample_gives_the_conversation_that_was_held(name: str) -> None:
    expected, mapped = EXPECTED[name], read(read_json(body(name)))
    events = events_of(mapped)
    answers = datas(events, role="assistant")
    fields = ("model", "prompt_tokens", "completion_tokens", "error")
    assert tuple(tuple(answer.get(field) for field in fields) for answer in answers) == expected.answers
    assert [answer["status"] for answer in answers] == [
        "failed" if error else "completed" for *_, error in expected.answers
    ]
    assert {event["data"]["session_id"] for event in events} == {"conv-1"}
    for question in datas(events, role="user"):
        assert {field: question[field] for field in WEB if field in question} == expected.who
    costs = [answer["cost"] for answer in answers if "cost" in answer]
    assert (sum(costs) if costs else None) == pytest.approx(expected.cost)


@pytest.mark.parametrize("name", EXPECTED)
def test_the_rest_of_a_sample_is_operations_and_what_is_not_kept(name: str) -> None:
    expected, mapped = EXPECTED[name], read(read_json(body(name)))
    operations = datas(events_of(mapped), type="operation")
    assert sorted(operation["operation"] for operation in operations) == sorted(expected.operations)
    assert {operation["outcome"] for operation in operations} == {"ok"}
    assert sum(one.outcome == "not genai" for one in mapped) == expected.web
    assert [one.problem for one in mapped if one.problem] == []
    assert expected.dialect in {one.dialect for one in mapped if one.outcome == "call"}


@pytest.mark.parametrize("name", EXPECTED)
def test_every_name_that_a_library_uses_is_understood(name: str) -> None:
    unknown = {word for one in read(read_json(body(name))) for word in one.unknown}
    assert unknown == ({"gen_ai.novel.thing.*.name"} if name == "semantic-conventions-genai" else set())


@pytest.mark.parametrize("name", EXPECTED)
def test_not_a_word_that_was_said_gets_past_the_reading(name: str) -> None:
    sample, spans = body(name).decode(), read_json(body(name))
    assert any(word in sample for word in SAID)
    seen = repr(spans) + repr(read(spans))
    assert [word for word in SAID if word in seen] == []


@pytest.mark.parametrize("name", EXPECTED)
def test_the_order_of_the_spans_in_a_request_makes_no_difference(name: str) -> None:
    spans = read_json(body(name))
    first = events_of(read(spans))
    for seed in range(20):
        Random(seed).shuffle(spans)
        assert events_of(read(spans)) == first


@pytest.mark.parametrize("name", EXPECTED)
@pytest.mark.parametrize("size", [1, 2, 3])
def test_tokens_are_counted_once_however_the_spans_are_divided_into_requests(name: str, size: int) -> None:
    spans = read_json(body(name))
    whole = used(events_of(read(spans)))
    for seed in range(20):
        Random(seed).shuffle(spans)
        trees = Trees()
        parts = [spans[at : at + size] for at in range(0, len(spans), size)]
        events = [event for part in parts for event in events_of(read(part, trees))]
        assert used(events) == whole
        again = [event["id"] for part in parts for event in events_of(read(part, trees))]
        assert again == [event["id"] for event in events], "what comes again is known by its id"
        assert len({event["id"] for event in events}) == len(events)


def used(events: list[CloudEvent]) -> tuple[int, int]:
    newest = {event["data"].get("message_id"): event["data"] for event in events if event["type"] == "message"}
    return tuple(
        sum(data.get(field, 0) for data in newest.values()) for field in ("prompt_tokens", "completion_tokens")
    )


@pytest.mark.parametrize("name", EXPECTED)
def test_a_file_of_the_collector_gives_the_same_events_as_sending(name: str) -> None:
    line = json.dumps(json.loads(body(name)))
    (read_line,) = otel_jsonl.read(raw_lines([line]), "spans.jsonl")
    assert sorted(event["id"] for event in read_line.events) == sorted(
        event["id"] for event in events_of(read(read_json(body(name))))
    )
    assert {event["source"] for event in read_line.events} == {"otlp/chat-app"}
    again = list(otel_jsonl.read(raw_lines([line, "", line]), "other.jsonl"))
    assert [one.events for one in again] == [read_line.events] * 2


def test_a_file_may_divide_a_trace_into_lines_and_a_span_that_is_refused_is_named() -> None:
    document = json.loads(body("pydantic-ai"))
    (group,) = document["resourceSpans"]
    (scoped,) = group["scopeSpans"]
    lines = [
        json.dumps({"resourceSpans": [group | {"scopeSpans": [scoped | {"spans": [span]}]}]})
        for span in scoped["spans"]
    ]
    found = list(otel_jsonl.read(raw_lines(lines), "f"))
    assert used([event for line in found for event in line.events]) == (42, 26)
    broken = [span | {"traceId": "0"} for span in scoped["spans"][:2]] + scoped["spans"][2:]
    (line,) = otel_jsonl.read(
        raw_lines([json.dumps({"resourceSpans": [group | {"scopeSpans": [scoped | {"spans": broken}]}]})]), "f"
    )
    assert (line.raw.number, len(line.events) > 0) == (1, True)
    assert line.problem == "trace_id: not 16 bytes, or all zero (and 1 more of its spans)"
    (alone,) = otel_jsonl.read(raw_lines(['{"resourceSpans": 7}']), "f")
    assert (alone.events, "not an ExportTraceServiceRequest" in str(alone.problem)) == ((), True)


def test_a_line_of_spans_that_have_nothing_to_do_with_models_is_passed_over() -> None:
    assert [line.raw.number for line in otel_jsonl.read(raw_lines(['{"resourceSpans": []}', "{}"]), "f")] == [2]
