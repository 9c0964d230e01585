"""The file sources on the real files, and on lines nobody should have written."""

import csv
import json
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from traces import AGENTS, AZURE, TRACES, lines, raw_lines

from monitoring.events.envelope import parse, take
from monitoring.ingest.importing import azure_llm, jsonl, otel_jsonl
from monitoring.ingest.importing.files import read_lines
from monitoring.ingest.importing.lines import InvalidImport, Line, RawLine
from monitoring.ingest.sources.cloud_event import CloudEvent

LATEST = datetime(2100, 1, 1, tzinfo=UTC)

Read = Callable[[Iterable[RawLine], str], Iterator[Line]]
READERS: list[Read] = [jsonl.read, azure_llm.read, otel_jsonl.read]
HEADERS: dict[Read, list[str]] = {azure_llm.read: [azure_llm.HEADER]}

SPAN = {
    "span_id": "a1",
    "session_id": "s1",
    "span_type": "llm_call",
    "operation_name": "chat",
    "start_time_iso": "2026-04-20T11:44:54.855935+00:00",
    "end_time_iso": "2026-04-20T11:45:09.572759+00:00",
    "input_tokens": 12,
    "output_tokens": None,
    "request_model": "azure/DeepSeek-V3.2",
    "is_error": False,
}


def events_of(name: str) -> list[CloudEvent]:
    """A trace as its source reads it."""
    read: Read = otel_jsonl.read if name in AGENTS else azure_llm.read
    found = list(read(raw_lines(lines(name)), name))
    assert [line for line in found if line.problem] == []
    return [event for line in found for event in line.events]


def total(events: list[CloudEvent], field: str) -> int:
    return sum(event["data"].get(field, 0) for event in events)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def span(**changed: Any) -> str:
    return json.dumps(SPAN | changed)


def only(read: Read, *lines: str) -> Line:
    (line,) = read(raw_lines(lines), "f")
    return line


@pytest.mark.parametrize("name", TRACES)
def test_every_event_of_a_trace_is_taken_at_the_door_without_a_field_too_many(name: str) -> None:
    for event in events_of(name):
        assert parse(json.dumps(event).encode(), LATEST).dropped == 0


@pytest.mark.parametrize("name", TRACES)
def test_a_second_run_makes_the_same_events_and_no_id_twice(name: str) -> None:
    first = events_of(name)
    assert events_of(name) == first
    assert len({(event["source"], event["id"]) for event in first}) == len(first)
    assert len({event["data"]["message_id"] for event in first}) == len(first)
    assert {event["source"] for event in first} == {f"file:{name}"}


REQUESTS = {"azure": 19_366, "written azure": 4_500}
CALLS = {"agents": (2_294, 46, 148), "written agents": (2_414, 46, 139)}
"""Calls, sessions and failures."""


@pytest.mark.parametrize("name", AZURE)
def test_the_azure_trace_has_as_many_requests_and_tokens_as_its_rows(name: str) -> None:
    rows = list(csv.DictReader(lines(name)))
    events = events_of(name)
    assert len(rows) == REQUESTS[name]
    assert Counter(event["data"]["role"] for event in events) == {"user": len(rows), "assistant": len(rows)}
    assert total(events, "prompt_tokens") == sum(int(row["ContextTokens"]) for row in rows)
    assert total(events, "completion_tokens") == sum(int(row["GeneratedTokens"]) for row in rows)
    assert total(events, "total_tokens") == total(events, "prompt_tokens") + total(events, "completion_tokens")
    assert len({event["data"]["session_id"] for event in events}) == len(rows)


def test_an_azure_request_is_a_session_with_a_question_and_an_answer_a_microsecond_later() -> None:
    question, answer = only(azure_llm.read, azure_llm.HEADER, "2023-11-16 18:15:46.6805999,374,44\r\n").events
    assert question == {
        "specversion": "1.0",
        "id": "1:user",
        "source": "file:f",
        "type": "message",
        "time": "2023-11-16T18:15:46.680599Z",
        "data": {"message_id": "f:1:user", "session_id": "azure-1", "role": "user", "status": "completed"},
    }
    assert answer["time"] == "2023-11-16T18:15:46.680600Z"
    tokens = {"prompt_tokens": 374, "completion_tokens": 44, "total_tokens": 418}
    assert answer["data"] == question["data"] | {"message_id": "f:1:assistant", "role": "assistant"} | tokens


@pytest.mark.parametrize("name", AGENTS)
def test_the_spans_have_as_many_calls_sessions_failures_and_tokens_as_the_file(name: str) -> None:
    spans = [json.loads(line) for line in lines(name)]
    events = events_of(name)
    sessions = len({event["data"]["session_id"] for event in events})
    failed = sum(event["data"]["status"] == "failed" for event in events)
    assert (len(spans), sessions, failed) == CALLS[name]
    assert len(events) == 2 * len(spans)
    assert total(events, "prompt_tokens") == sum(span["input_tokens"] for span in spans)
    assert total(events, "completion_tokens") == sum(span["output_tokens"] for span in spans)
    models = Counter(event["data"]["model"] for event in events if "model" in event["data"])
    assert models == Counter(span["response_model"] for span in spans)


@pytest.mark.parametrize("name", AGENTS)
def test_the_response_time_of_every_call_is_the_duration_of_its_span(name: str) -> None:
    spans = [json.loads(line) for line in lines(name)]
    events = events_of(name)
    for found, question, answer in zip(spans, events[::2], events[1::2], strict=True):
        asked, done = moment(question["time"]), moment(answer["data"]["completed_at"])
        assert (done - asked).total_seconds() * 1000 == pytest.approx(found["duration_ms"], abs=0.002)
        assert asked.timestamp() == pytest.approx(found["start_time_s"], abs=1e-5)
        assert moment(answer["time"]) == min(asked + timedelta(milliseconds=1), done)


@pytest.mark.parametrize("name", AGENTS)
def test_a_question_sorts_before_its_answer_even_in_a_span_without_length(name: str) -> None:
    events = events_of(name)
    for question, answer in zip(events[::2], events[1::2], strict=True):
        assert (question["time"], question["data"]["message_id"]) < (answer["time"], answer["data"]["message_id"])


def test_tokens_that_are_null_are_absent() -> None:
    answer = only(otel_jsonl.read, span()).events[1]["data"]
    assert answer["prompt_tokens"] == 12
    assert not {"completion_tokens", "total_tokens", "error"} & answer.keys()


@pytest.mark.parametrize(
    ("status", "kept"),
    [("RateLimitError", "RateLimitError"), ("429", "429"), ("I feel ill, what now", "error"), ("", "error")],
)
def test_of_an_error_a_code_is_kept_and_never_a_sentence(status: str, kept: str) -> None:
    answer = only(otel_jsonl.read, span(is_error=True, status_message=status)).events[1]["data"]
    assert (answer["status"], answer["error"]) == ("failed", kept)


def test_a_span_that_calls_no_model_is_an_operation() -> None:
    (event,) = only(otel_jsonl.read, span(span_type="tool", operation_name="execute_tool", is_error=True)).events
    assert (event["type"], event["time"]) == ("operation", "2026-04-20T11:45:09.572759Z")
    assert event["data"] == {
        "operation": "execute_tool",
        "outcome": "failed",
        "duration_ms": 14716.824,
        "session_id": "s1",
        "error": "error",
    }
    assert parse(json.dumps(event).encode(), LATEST).type == "operation"


@pytest.mark.parametrize(
    ("changed", "kept", "unread"),
    [
        ({"input_tokens": -1, "output_tokens": 5}, (None, 5, None), ("prompt_tokens",)),
        ({"input_tokens": "None", "output_tokens": "5"}, (None, 5, None), ("prompt_tokens",)),
        ({"output_tokens": True}, (12, None, None), ("completion_tokens",)),
        ({"input_tokens": "25", "output_tokens": 5.0}, (25, 5, 30), ()),
        ({"end_time_iso": "2026-04-20T11:44:54", "output_tokens": 5}, (12, 5, 17), ()),
    ],
)
def test_one_odd_value_costs_that_value_and_not_the_span(
    changed: dict[str, Any], kept: tuple[int | None, ...], unread: tuple[str, ...]
) -> None:
    question, answer = (take(event, LATEST) for event in only(otel_jsonl.read, span(**changed)).events)
    names = ("prompt_tokens", "completion_tokens", "total_tokens")
    assert tuple(getattr(answer.data, name) for name in names) == kept
    assert (answer.unread, answer.at >= question.at) == (unread, True)


@pytest.mark.parametrize("cell", ["None", "-1", "1.5", ""])
def test_an_azure_request_with_one_odd_count_keeps_the_other(cell: str) -> None:
    line = only(azure_llm.read, azure_llm.HEADER, f"2023-11-16 18:15:46,{cell},44")
    answer = take(line.events[1], LATEST)
    assert (answer.data.completion_tokens, answer.unread) == (44, ("prompt_tokens",))  # type: ignore[attr-defined]


def test_nan_in_a_line_costs_its_value() -> None:
    event = {"specversion": "1.0", "type": "message", "source": "s", "id": "1", "time": "2026-01-01T00:00:00Z"}
    data = {"message_id": "m", "session_id": "s", "role": "user", "status": "completed", "cost": float("nan")}
    (made,) = only(jsonl.read, json.dumps(event | {"data": data})).events
    assert take(made, LATEST).unread == ("cost",)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"span_id": None}, "span_id: missing"),
        ({"session_id": 7}, "session_id: missing"),
        ({"start_time_iso": None}, "start_time_iso: not a time"),
        ({"start_time_iso": "9999-12-31T23:59:59.9999"}, "start_time_iso: the year 9999 is out of range"),
        ({"end_time_iso": "yesterday"}, "end_time_iso: not a time"),
    ],
)
def test_a_span_that_cannot_be_told_is_named_with_the_field(changed: dict[str, Any], reason: str) -> None:
    assert only(otel_jsonl.read, span(**changed)).problem == reason


@pytest.mark.parametrize("row", ["2023-11-16 18:15:46,1", "noon,1,2", "2023-11-16 18:15:46,1,2,3"])
def test_a_row_that_cannot_be_read_is_named_and_the_next_is_read(row: str) -> None:
    found = list(azure_llm.read(raw_lines([azure_llm.HEADER, row, "2023-11-16 18:15:46,1,2"]), "f"))
    assert [(line.raw.number, bool(line.problem), len(line.events)) for line in found] == [(2, True, 0), (3, False, 2)]
    assert found[1].events[0]["data"]["session_id"] == "azure-2"


@pytest.mark.parametrize("lines", [["a,b,c", "1,2,3"], ["2023-11-16 18:15:46,1,2"], ["", " "], []])
def test_a_file_that_is_no_azure_trace_is_told_at_its_first_line(lines: list[str]) -> None:
    with pytest.raises(InvalidImport, match=r"no header|first line must be TIMESTAMP"):
        list(azure_llm.read(raw_lines(lines), "f"))


def test_an_azure_trace_may_begin_with_a_byte_order_mark_and_end_without_a_line_end() -> None:
    text = f"\ufeff{azure_llm.HEADER}\r\n2023-11-16 18:15:46,1,2"
    (line,) = azure_llm.read(read_lines(BytesIO(text.encode())), "f")
    assert (line.raw.number, len(line.events)) == (2, 2)


def test_a_line_that_is_not_utf_8_is_refused_as_it_stands_and_the_next_is_read() -> None:
    broken, whole = jsonl.read(read_lines(BytesIO(b'{"id": "\xff"}\r\n{}')), "f")
    assert (broken.problem, broken.events) == ("not readable as UTF-8", ())
    assert broken.raw.text.encode(errors="surrogateescape") == b'{"id": "\xff"}\r\n'
    assert (whole.problem, whole.events) == (None, ({},))


def test_json_lines_keep_their_own_id_and_source() -> None:
    event = {"id": "7", "source": "elsewhere", "type": "vote", "data": {}}
    assert only(jsonl.read, "", json.dumps(event), "  \n") == Line(RawLine(2, json.dumps(event)), (event,))


@pytest.mark.parametrize("text", ["[]", "7", "{", "null", "[" * 100_000, '"\ud800"'])
def test_a_line_that_is_no_json_object_is_a_problem_and_not_the_end(text: str) -> None:
    found = list(jsonl.read(raw_lines([text, "{}"]), "f"))
    assert [bool(line.problem) for line in found] == [True, False]


@given(st.sampled_from(READERS), st.lists(st.text(max_size=30), max_size=5))
def test_no_line_whatever_it_holds_stops_the_reading(read: Read, lines: list[str]) -> None:
    given = [*HEADERS.get(read, []), *lines]
    assert all(bool(line.problem) != bool(line.events) for line in read(raw_lines(given), "f"))


@given(st.dictionaries(st.sampled_from(sorted(SPAN)), st.none() | st.integers() | st.text() | st.lists(st.none())))
def test_no_span_whatever_it_holds_stops_the_reading(changed: dict[str, Any]) -> None:
    line = only(otel_jsonl.read, span(**changed))
    assert bool(line.problem) != bool(line.events)


def test_a_long_file_is_read_in_constant_memory() -> None:
    lines = (text for text in [azure_llm.HEADER, *["2023-11-16 18:15:46,1,2"] * 20_000])
    tracemalloc.start()
    count = sum(len(line.events) for line in azure_llm.read(raw_lines(lines), "f"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 40_000
    assert peak < 1_000_000
