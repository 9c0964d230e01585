"""What becomes of a span: a question and its answer, an operation, a refusal, or nothing."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.events.envelope import parse
from monitoring.ingest.sources.cloud_event import CloudEvent
from monitoring.ingest.sources.otel.chat import Mapped, read
from monitoring.ingest.sources.otel.names import ALIASES
from monitoring.ingest.sources.otel.span import SERVER, Span
from monitoring.ingest.sources.otel.trees import Trees

TRACE, START, SECOND = "5b8efff798038103d269b633813fc60c", 1_700_000_000_000_000_000, 1_000_000_000
LATEST = datetime(9000, 1, 1, tzinfo=UTC)
CHAT = {"gen_ai.operation.name": "chat", "gen_ai.conversation.id": "s", "gen_ai.request.model": "gpt-5"}


def span(
    attributes: dict[str, Any],
    id: str = "00000000000000a1",
    parent: str = "",
    *,
    start: int = START,
    end: int = START + 2 * SECOND,
    kind: int = 3,
    failed: bool = False,
    events: tuple[tuple[str, int, dict[str, Any]], ...] = (),
    trace: str = TRACE,
    service: object = "chat-app",
) -> Span:
    return Span(
        trace, id, parent, "a name", kind, start, end, attributes, {"service.name": service}, "", failed, events
    )


def only(attributes: dict[str, Any], **changed: Any) -> Mapped:
    (mapped,) = read([span(attributes, **changed)], Trees())
    return mapped


def answer(attributes: dict[str, Any], **changed: Any) -> dict[str, Any]:
    found: dict[str, Any] = only(CHAT | attributes, **changed).events[1]["data"]
    return found


def test_a_call_is_a_question_when_the_span_starts_and_an_answer_complete_at_its_end() -> None:
    used = {"gen_ai.usage.input_tokens": 12, "gen_ai.usage.output_tokens": 30, "gen_ai.response.model": "gpt-5-mini"}
    mapped = only(CHAT | used | {"user.id": "alice", "client.address": "192.0.2.7", "user_agent.original": "Firefox"})
    question, reply = mapped.events
    id = f"{TRACE}-00000000000000a1"
    assert (mapped.outcome, mapped.problem) == ("call", None)
    assert question == {
        "specversion": "1.0",
        "id": f"{id}-1",
        "source": "otlp/chat-app",
        "type": "message",
        "time": "2023-11-14T22:13:20.000000Z",
        "data": {
            "message_id": f"{id}-1",
            "session_id": "s",
            "user_id": "alice",
            "role": "user",
            "status": "completed",
            "ip": "192.0.2.7",
            "user_agent": "Firefox",
        },
    }
    assert (reply["id"], reply["time"]) == (f"{id}-2", "2023-11-14T22:13:20.001000Z")
    assert reply["data"] == {
        "message_id": f"{id}-2",
        "session_id": "s",
        "user_id": "alice",
        "role": "assistant",
        "status": "completed",
        "completed_at": "2023-11-14T22:13:22.000000Z",
        "model": "gpt-5-mini",
        "prompt_tokens": 12,
        "completion_tokens": 30,
        "total_tokens": 42,
    }


@pytest.mark.parametrize(
    ("given", "time"),
    [
        ({"gen_ai.response.time_to_first_chunk": 0.25}, "20.250000Z"),
        ({"gen_ai.server.time_to_first_token": 1}, "21.000000Z"),
        ({"gen_ai.response.time_to_first_chunk": 99.0}, "22.000000Z"),
        ({"gen_ai.response.time_to_first_chunk": -1}, "20.001000Z"),
        ({"gen_ai.response.time_to_first_chunk": float("nan")}, "20.001000Z"),
        ({"langfuse.observation.completion_start_time": '"2023-11-14T22:13:20.5Z"'}, "20.500000Z"),
        ({"langfuse.observation.completion_start_time": "soon"}, "20.001000Z"),
        ({"langfuse.observation.completion_start_time": "2023-11-14T22:13:19Z"}, "20.001000Z"),
    ],
)
def test_the_answer_begins_with_its_first_chunk_where_that_is_known(given: dict[str, Any], time: str) -> None:
    assert only(CHAT | given).events[1]["time"] == f"2023-11-14T22:13:{time}"


def test_the_first_of_the_chunks_that_a_span_notes_begins_the_answer() -> None:
    chunks = tuple(("gen_ai.content.completion.chunk", START + step * SECOND // 4, {}) for step in (1, 2))
    assert only(CHAT, events=chunks).events[1]["time"] == "2023-11-14T22:13:20.250000Z"


def test_a_span_without_length_has_its_answer_at_its_end() -> None:
    question, reply = only(CHAT, end=START).events
    assert question["time"] == reply["time"] == reply["data"]["completed_at"]
    assert question["data"]["message_id"] < reply["data"]["message_id"]


@pytest.mark.parametrize(
    ("given", "tokens"),
    [
        ({"gen_ai.usage.prompt_tokens": 3, "gen_ai.usage.completion_tokens": 4}, (3, 4, 7)),
        ({"llm.token_count.prompt": 3, "llm.token_count.completion": 4, "llm.token_count.total": 8}, (3, 4, 8)),
        ({"gen_ai.usage.input_tokens": "25", "gen_ai.usage.output_tokens": 12.0}, (25, 12, 37)),
        ({"gen_ai.usage.input_tokens": 3}, (3, None, None)),
        ({"gen_ai.usage.total_tokens": 9.0}, (None, None, 9)),
        ({"gen_ai.usage.output_tokens": 4, "gen_ai.usage.reasoning.output_tokens": 3}, (None, 4, None)),
        ({"langfuse.observation.usage_details": '{"prompt_tokens": 3, "completion_tokens": 4}'}, (3, 4, 7)),
        ({"langfuse.observation.usage_details": '{"input": 3, "input_cached": 2, "output": 4, "total": 9}'}, (5, 4, 9)),
        ({"langfuse.observation.usage_details": '{"input": "25", "output": "5.0"}'}, (25, 5, 30)),
        ({"langfuse.observation.usage_details": "not JSON"}, (None, None, None)),
        (
            {"langfuse.observation.usage_details": '{"input": 3, "output": 4}', "gen_ai.usage.input_tokens": 5},
            (5, 4, 9),
        ),
        ({"langfuse.observation.usage_details": '{"input": 3}', "gen_ai.usage.input_tokens": 5}, (5, None, None)),
    ],
)
def test_tokens_are_found_under_every_name(given: dict[str, Any], tokens: tuple[int | None, ...]) -> None:
    found = answer(given)
    assert tuple(found.get(f"{kind}_tokens") for kind in ("prompt", "completion", "total")) == tokens


@pytest.mark.parametrize(
    ("details", "tokens"),
    [
        ({"input": 1000, "input_cached_tokens": 900, "output": 50, "total": 1050}, (1000, 50, 1050)),
        ({"input": 1000, "input_cached_tokens": 900, "output": 50, "output_reasoning": 20, "total_tokens": 1050},
         (1000, 50, 1050)),
        ({"input": 1000, "input_cached_tokens": 900, "output": 50}, (1000, 50, 1050)),
        ({"input": 1000, "input_new_kind": 900, "output": 50, "total": 1050}, (1000, 50, 1050)),
        ({"input": 100, "input_cached_tokens": 900, "output": 30, "output_reasoning_tokens": 20, "total": 1050},
         (1000, 50, 1050)),
        ({"input": 1000, "cache_read_input_tokens": 900, "input_audio_tokens": 5, "output": 50,
          "output_reasoning_tokens": 20, "output_audio_tokens": 1}, (1000, 50, 1050)),
        ({"input": 1000, "input_new_kind": 7, "output": 50}, (1007, 50, 1057)),
        ({"input_text": 100, "input_cached_tokens": 900, "output": 50}, (1000, 50, 1050)),
        ({"prompt_tokens": 1000, "completion_tokens": 50, "total_tokens": 1050, "cached_tokens": 900,
          "prompt_tokens_details": {"cached_tokens": 900}}, (1000, 50, 1050)),
        ({"input_tokens": 1000, "cache_read_input_tokens": 900, "output_tokens": 50}, (1000, 50, 1050)),
        ({"promptTokens": 1000, "completionTokens": 50, "totalTokens": 1050}, (1000, 50, 1050)),
        ({"input": 1000, "total": 1000, "input_cached": 900}, (1000, None, 1000)),
        ({"total": 1050}, (None, None, 1050)),
    ],
)  # fmt: skip
def test_parts_of_tokens_are_not_counted_on_top_of_their_whole(
    details: dict[str, Any], tokens: tuple[int | None, ...]
) -> None:
    for written in (details, json.dumps(details), json.dumps(dict(reversed(details.items())))):
        found = answer({"langfuse.observation.usage_details": written})
        assert tuple(found.get(f"{kind}_tokens") for kind in ("prompt", "completion", "total")) == tokens


@pytest.mark.parametrize("parts", [
    {"gen_ai.usage.cache_read.input_tokens": 900, "gen_ai.usage.cache_creation.input_tokens": 5},
    {"gen_ai.usage.cache_read_input_tokens": 900, "gen_ai.usage.reasoning.output_tokens": 20},
    {"gen_ai.usage.details.cached_tokens": 900, "gen_ai.usage.prompt_tokens_details.cached_tokens": 900},
    {"llm.token_count.prompt_details.cache_read": 900, "llm.token_count.completion_details.reasoning": 20},
    {"llm.usage.cache_read_input_tokens": 900, "llm.cost.prompt_details.cache_read": 0.5},
])  # fmt: skip
def test_parts_in_names_of_their_own_are_neither_added_nor_called_unknown(parts: dict[str, Any]) -> None:
    mapped = only(CHAT | parts | {"gen_ai.usage.input_tokens": 1000, "gen_ai.usage.output_tokens": 50})
    found = mapped.events[1]["data"]
    assert (found["prompt_tokens"], found["completion_tokens"], found["total_tokens"]) == (1000, 50, 1050)
    assert (mapped.unknown, mapped.invalid, "cost" in found) == ((), (), False)


@pytest.mark.parametrize(
    ("given", "cost"),
    [
        ({"gen_ai.usage.cost": 0.5}, 0.5),
        ({"gen_ai.usage.cost": "0.0602375"}, 0.0602375),
        ({"langfuse.observation.cost_details": '{"input": "0.25", "output": 0.25}'}, 0.5),
        ({"gen_ai.usage.cost.amount": 1, "gen_ai.usage.cost.currency": "USD"}, 1.0),
        ({"gen_ai.usage.cost.amount": 1, "gen_ai.usage.cost.currency": "EUR"}, None),
        ({"llm.cost.prompt": 0.25, "llm.cost.completion": 0.5}, 0.75),
        ({"llm.cost.prompt": 0.25, "llm.cost.completion": 0.5, "llm.cost.total": 1.0}, 1.0),
        ({"langfuse.observation.cost_details": '{"input": 0.25, "output": 0.25}'}, 0.5),
        ({"langfuse.observation.cost_details": '{"input": 0.25, "total": 0.75}'}, 0.75),
        ({}, None),
    ],
)
def test_the_cost_is_the_whole_or_the_sum_of_its_parts_in_dollars(given: dict[str, Any], cost: float | None) -> None:
    assert answer(given).get("cost") == cost


@pytest.mark.parametrize(
    ("given", "changed", "error"),
    [
        ({"error.type": "RateLimitError"}, {}, "RateLimitError"),
        ({"error.type": "<class 'openai.RateLimitError'>"}, {}, "openai.RateLimitError"),
        ({"error.type": "I feel ill, what now"}, {}, "error"),
        ({"http.response.status_code": 429}, {"failed": True}, "429"),
        ({"http.response.status_code": 200}, {"failed": True}, "error"),
        ({}, {"failed": True, "events": (("exception", START, {"exception.type": "TimeoutError"}),)}, "TimeoutError"),
        ({"gen_ai.response.finish_reasons": ["stop", "error"]}, {}, "error"),
        ({"llm.finish_reason": "error"}, {}, "error"),
        ({"gen_ai.response.finish_reasons": ["stop"]}, {}, None),
        ({"http.response.status_code": 500}, {}, None),
    ],
)
def test_of_a_failure_a_code_is_kept(given: dict[str, Any], changed: dict[str, Any], error: str | None) -> None:
    found = answer(given, **changed)
    assert (found["status"], found.get("error")) == ("failed" if error else "completed", error)


@pytest.mark.parametrize(
    ("given", "label"),
    [
        ({"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search"}, "execute_tool search"),
        ({"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "look it up"}, "execute_tool"),
        ({"gen_ai.operation.name": "embeddings", "gen_ai.usage.input_tokens": 5}, "embeddings"),
        ({"gen_ai.operation.name": "retrieval", "gen_ai.usage.input_tokens": 5}, "retrieval"),
        ({"gen_ai.operation.name": "fetch_response", "gen_ai.usage.output_tokens": 5}, "fetch_response"),
        ({"gen_ai.operation.name": "invoke_agent"}, "invoke_agent"),
        ({"gen_ai.operation.name": "create_agent"}, "create_agent"),
        ({"openinference.span.kind": "CHAIN"}, "chain"),
        ({"openinference.span.kind": "TOOL", "tool.name": "search"}, "execute_tool search"),
        ({"openinference.span.kind": "RETRIEVER"}, "retrieval"),
        ({"openinference.span.kind": "EMBEDDING"}, "embeddings"),
        ({"openinference.span.kind": "GUARDRAIL"}, "guardrail"),
        ({"openinference.span.kind": "RERANKER"}, "rerank"),
        ({"langfuse.observation.type": "event"}, "event"),
        ({"traceloop.span.kind": "workflow"}, "invoke_workflow"),
        ({"gen_ai.provider.name": "openai"}, "span"),
    ],
)
def test_other_work_of_a_models_is_an_operation_at_its_end(given: dict[str, Any], label: str) -> None:
    mapped = only(given)
    (event,) = mapped.events
    assert (mapped.outcome, event["type"], event["time"]) == ("operation", "operation", "2023-11-14T22:13:22.000000Z")
    assert event["id"] == f"{TRACE}-00000000000000a1"
    data = {"operation": label, "outcome": "ok", "duration_ms": 2000.0, "session_id": f"trace-{TRACE}"}
    assert event["data"] == data


@pytest.mark.parametrize(
    ("error", "outcome"),
    [("APITimeoutError", "timeout"), ("deadline_exceeded", "timeout"), ("504", "timeout"), ("ValueError", "failed")],
)
def test_an_operation_that_ran_out_of_time_says_so(error: str, outcome: str) -> None:
    data = only({"gen_ai.operation.name": "execute_tool", "error.type": error}).events[0]["data"]
    assert (data["outcome"], data["error"]) == (outcome, error)


@pytest.mark.parametrize(
    "given",
    [
        {"gen_ai.operation.name": "generate_content"},
        {"gen_ai.operation.name": "text_completion"},
        {"openinference.span.kind": "LLM"},
        {"langfuse.observation.type": "generation"},
        {"llm.request.type": "completion"},
        {"gen_ai.request.model": "gpt-5", "gen_ai.usage.input_tokens": 1},
        {"gen_ai.operation.name": "invoke_agent", "gen_ai.usage.input_tokens": 1},
    ],
)
def test_every_dialects_call_of_a_model_is_a_question_and_an_answer(given: dict[str, Any]) -> None:
    mapped = only(given)
    assert (mapped.outcome, [event["data"]["role"] for event in mapped.events]) == ("call", ["user", "assistant"])


def test_an_agent_whose_call_was_counted_is_an_operation_and_so_is_a_call_whose_agent_was() -> None:
    used = {"gen_ai.usage.input_tokens": 5}
    agent = span({"gen_ai.operation.name": "invoke_agent"} | used, "00000000000000a1")
    call = span(CHAT | used, "00000000000000a2", "00000000000000a1")
    assert [mapped.outcome for mapped in read([agent, call], Trees())] == ["operation", "call"]
    trees = Trees()
    assert [mapped.outcome for one in (agent, call) for mapped in read([one], trees)] == ["call", "operation"]
    assert [mapped.outcome for one in (call, agent) for mapped in read([one], trees)] == ["operation", "call"]


def test_who_asked_may_stand_on_the_request_that_the_web_server_answered() -> None:
    who = {"session.id": "s", "user.id": "alice", "client.address": "192.0.2.7", "user_agent.original": "Firefox"}
    call = span({"gen_ai.operation.name": "chat"}, "00000000000000a2", "00000000000000a1")
    web, found = read([span(who, kind=SERVER), call], Trees())
    assert (web.outcome, web.events, web.dialect) == ("not genai", (), "")
    assert found.events[0]["data"].items() >= {"session_id": "s", "user_id": "alice", "ip": "192.0.2.7"}.items()
    assert found.events[0]["data"]["user_agent"] == "Firefox"
    _, other = read([span(who, kind=3), call], Trees())
    assert not {"ip", "user_agent"} & other.events[0]["data"].keys()


def test_a_trace_without_a_conversation_is_a_session_of_its_own() -> None:
    assert only({"gen_ai.operation.name": "chat"}).events[0]["data"]["session_id"] == f"trace-{TRACE}"


def test_a_span_of_no_models_work_is_not_kept() -> None:
    assert only({"app.tenant": "x", "session.id": "s"}) == Mapped(
        span({"app.tenant": "x", "session.id": "s"}), "not genai"
    )


def test_a_sessions_start_and_end_are_events_of_their_own() -> None:
    marks = (("session.start", START, {"session.id": "s9"}), ("session.end", START + SECOND, {}))
    mapped = only({"session.id": "s", "user.id": "alice"}, events=marks)
    assert mapped.outcome == "session"
    told = [(event["type"], event["time"][17:23], event["data"]) for event in mapped.events]
    assert told == [
        ("session.started", "20.000", {"session_id": "s9", "user_id": "alice"}),
        ("session.ended", "21.000", {"session_id": "s", "user_id": "alice", "reason": "closed"}),
    ]
    nobody = only({"session.id": "s"}, events=marks)
    assert [event["type"] for event in nobody.events] == ["session.ended"]


@pytest.mark.parametrize(
    ("given", "changed", "reason"),
    [
        ({}, {"trace": ""}, "trace_id: not 16 bytes, or all zero"),
        ({}, {"id": ""}, "span_id: not 8 bytes, or all zero"),
        ({}, {"start": 0}, "time: the span's start or end is missing, or lies before the year 2000"),
        ({}, {"end": 0}, "time: the span's start or end is missing, or lies before the year 2000"),
    ],
)
def test_a_span_that_cannot_be_told_is_refused_with_a_reason(
    given: dict[str, Any], changed: dict[str, Any], reason: str
) -> None:
    mapped = only(CHAT | given, **changed)
    assert (mapped.outcome, mapped.events, mapped.problem) == ("refused", (), reason)


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"gen_ai.usage.input_tokens": "None"}, ("gen_ai.usage.input_tokens",)),
        ({"gen_ai.usage.input_tokens": -1}, ("gen_ai.usage.input_tokens",)),
        ({"gen_ai.usage.input_tokens": float("nan")}, ("gen_ai.usage.input_tokens",)),
        ({"gen_ai.usage.input_tokens": 2**63}, ("gen_ai.usage.input_tokens",)),
        ({"gen_ai.usage.total_tokens": 1.5}, ("gen_ai.usage.total_tokens",)),
        ({"langfuse.observation.usage_details": '{"input": -3}'}, ("langfuse.observation.usage_details.input",)),
        ({"langfuse.observation.usage_details": '{"in put": "x"}'}, ("langfuse.observation.usage_details.*",)),
        ({"langfuse.observation.usage_details": "not JSON"}, ("langfuse.observation.usage_details",)),
        ({"langfuse.observation.cost_details": '{"total": "dear"}'}, ("langfuse.observation.cost_details.total",)),
        ({"langfuse.observation.completion_start_time": "soon"}, ("langfuse.observation.completion_start_time",)),
        ({"gen_ai.response.time_to_first_chunk": -1}, ("gen_ai.response.time_to_first_chunk",)),
        ({"gen_ai.response.time_to_first_chunk": "inf"}, ("gen_ai.response.time_to_first_chunk",)),
        ({"gen_ai.usage.cost": -1.0}, ("gen_ai.usage.cost",)),
        ({"gen_ai.usage.cost": float("nan")}, ("gen_ai.usage.cost",)),
        ({"gen_ai.usage.cost.amount": 1, "gen_ai.usage.cost.currency": "EUR"}, ("gen_ai.usage.cost.currency",)),
        ({"gen_ai.request.model": "a model in words"}, ("gen_ai.request.model",)),
        ({"session.id": "  "}, ("session.id",)),
        ({"langfuse.session.id": "s" * 513}, ("langfuse.session.id",)),
        ({"user.id": ["a"]}, ("user.id",)),
        ({"user.id": "\0"}, ("user.id",)),
        ({"user.id": "   "}, ("user.id",)),
        ({"client.address": "9" * 101}, ("client.address",)),
    ],
)  # fmt: skip
def test_one_odd_value_costs_that_value_and_not_the_call(given: dict[str, Any], names: tuple[str, ...]) -> None:
    base = {"gen_ai.operation.name": "chat", "gen_ai.usage.output_tokens": 9}
    mapped = only(base | given)
    question, reply = mapped.events
    assert (mapped.outcome, mapped.invalid, question["data"]["role"]) == ("call", names, "user")
    assert (reply["data"]["completion_tokens"], reply["data"]["completed_at"][17:19]) == (9, "22")
    assert not {"prompt_tokens", "cost", "user_id", "ip"} & reply["data"].keys()


def test_a_span_of_no_models_work_tells_an_odd_person_and_nothing_else() -> None:
    mapped = only({"user.id": " ", "session.id": 7.5, "client.address": "9" * 101, "http.status_code": []})
    assert (mapped.outcome, mapped.invalid) == ("not genai", ("user.id", "session.id"))


def test_a_span_that_ends_before_it_starts_keeps_its_tokens_and_tells_no_wait() -> None:
    used = {"gen_ai.usage.input_tokens": 12, "gen_ai.usage.output_tokens": 30, "gen_ai.response.time_to_first_chunk": 1}
    mapped = only(CHAT | used, end=START - SECOND)
    question, reply = mapped.events
    assert (mapped.outcome, mapped.invalid, reply["data"]["total_tokens"]) == ("call", ("end before start",), 42)
    assert question["time"] == reply["time"] > reply["data"]["completed_at"]
    (done,) = only({"gen_ai.operation.name": "execute_tool"}, end=START - SECOND).events
    assert "duration_ms" not in done["data"]


def test_one_refused_span_costs_the_others_nothing() -> None:
    spans = [span(CHAT), span(CHAT, "00000000000000a2", start=0), span(CHAT, "00000000000000a3")]
    assert [mapped.outcome for mapped in read(spans, Trees())] == ["call", "refused", "call"]


@pytest.mark.parametrize("service", [None, 7, "", " ", "a\nb"])
def test_a_service_without_a_usable_name_is_unknown(service: object) -> None:
    assert only(CHAT, service=service).events[0]["source"] == "otlp/unknown_service"


VALUES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.lists(st.text(), max_size=2)
)
USUAL = st.sampled_from(["chat", "s1", "execute_tool", "error", 3, 0.5, '{"input": 3}', "2024-01-01T00:00:00Z"])
NAMES = st.sampled_from([name for names in ALIASES.values() for name, _ in names] + ["novel.0.name"])
TIMES = st.integers(0, 2**64 - 1) | st.integers(START, START + 9 * SECOND)


def accepted(event: CloudEvent) -> bool:
    return parse(json.dumps(event).encode(), LATEST).dropped == 0


@given(st.dictionaries(NAMES, VALUES | USUAL), TIMES, TIMES, st.booleans(), st.text(max_size=5))
def test_whatever_a_span_says_it_is_refused_or_taken_at_the_door(
    attributes: dict[str, Any], start: int, end: int, failed: bool, service: str
) -> None:
    events = (("exception", start, attributes), ("session.start", end, attributes), ("session.end", 0, attributes))
    mapped = only(attributes, start=start, end=end, failed=failed, events=events, service=service)
    assert bool(mapped.problem) == (mapped.outcome == "refused")
    assert all(accepted(event) for event in mapped.events)
    assert len({event["id"] for event in mapped.events}) == len(mapped.events)


def told(requests: list[list[Span]], trees: Trees | None = None) -> list[CloudEvent]:
    trees = trees or Trees()
    return [event for spans in requests for one in read(spans, trees) for event in one.events]


def newest(events: list[CloudEvent]) -> dict[str, tuple[str, str | None]]:
    """Whose each message is in the end: of its states, all complete at the same time, the last that came holds."""
    messages = [event["data"] for event in events if event["type"] == "message"]
    return {data["message_id"]: (data["session_id"], data.get("user_id")) for data in messages}


ROOT = span({"session.id": "s9", "user.id": "alice", "client.address": "192.0.2.7"}, "00000000000000f0", kind=SERVER)
BARE = {"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": 5, "gen_ai.request.model": "gpt-5"}
CALLS = [span(BARE, f"00000000000000a{n}", "00000000000000f0", start=START + n) for n in range(3)]


def test_calls_that_came_before_the_span_that_says_whose_they_are_become_theirs() -> None:
    before = Trees()
    first = told([CALLS], before)
    assert set(newest(first).values()) == {(f"trace-{TRACE}", None)}
    after = told([[ROOT]], before)
    assert set(newest(first + after).values()) == {("s9", "alice")}
    assert len({event["id"] for event in first + after}) == len(first + after) == 12
    for old, new in zip(first, after, strict=True):
        same = {"session_id", "user_id", "ip"}
        assert {**old["data"], **dict.fromkeys(same)} == {**new["data"], **dict.fromkeys(same)}
        assert (old["time"], old["source"]) == (new["time"], new["source"])
    assert told([[ROOT]], before) == after, "it was not acknowledged, and comes again"
    assert told([CALLS[:1]], before)[0]["data"]["session_id"] == "s9"


def test_the_person_may_come_later_than_the_conversation() -> None:
    person, conversation = (
        span({name: "x"}, f"00000000000000f{n}") for n, name in enumerate(["user.id", "session.id"])
    )
    calls = [span(BARE, "00000000000000a1", "00000000000000f0")]
    assert set(newest(told([calls, [conversation], [person]])).values()) == {("x", "x")}


def test_what_says_itself_whose_it_is_stays_there() -> None:
    own = span(BARE | {"session.id": "own", "user.id": "bob"}, "00000000000000a1", "00000000000000f0")
    assert len(told([[own], [ROOT]])) == 2
    half = span(BARE | {"session.id": "own"}, "00000000000000a1", "00000000000000f0")
    assert set(newest(told([[half], [ROOT]])).values()) == {("own", "alice")}


def test_a_trace_that_is_forgotten_moves_nothing() -> None:
    assert len(told([CALLS, [ROOT]], Trees(max_spans=2))) == 6
    assert len(told([CALLS, [ROOT]], Trees(max_movable=1))) == 8
    assert told([[ROOT]]) == [], "as after a restart"


@given(st.data())
def test_whose_a_call_is_does_not_depend_on_how_its_trace_arrives(data: st.DataObject) -> None:
    ids = [f"00000000000000a{n}" for n in range(7)]
    spans = []
    for n, id in enumerate(ids):
        parent = data.draw(st.sampled_from(["", *ids[:n]]))
        who = data.draw(st.sampled_from([{}, {}, {"session.id": "s1"}, {"session.id": "s2"}, {"user.id": "alice"}]))
        spans.append(span(who | (BARE if n > 2 else {}), id, parent, start=START + n))
    whole = newest(told([spans]))
    shuffled = data.draw(st.permutations(spans))
    size = data.draw(st.integers(1, 7))
    parts = [shuffled[at : at + size] for at in range(0, 7, size)]
    found = newest(told([*parts, *parts]))
    assert {id: found[id] for id in found.keys() & whole.keys()} == {
        id: whole[id] for id in found.keys() & whole.keys()
    }
