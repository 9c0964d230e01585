"""Accepted events, and refused ones with a reason that names the field."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.events.envelope import (
    BATCH,
    LINES,
    SINGLE,
    Event,
    Refused,
    Unreadable,
    id_of,
    micros,
    parse_all,
    split,
    take_all,
)
from monitoring.events.vocabulary import ERROR_LENGTH, REQUIRED, TYPES

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
MESSAGE = {"message_id": "m1", "session_id": "s1", "role": "user", "status": "completed"}
USAGE = {"message_id": "m1", "session_id": "s1", "prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
EXAMPLES: dict[str, dict[str, Any]] = {
    "session.started": {"session_id": "s1", "user_id": "alice", "session_type": "chat"},
    "session.ended": {"session_id": "s1", "reason": "timeout"},
    "message": MESSAGE
    | {"completed_at": "2026-11-22T09:00:05+01:00", "model": "llama3.2", "cost": 0.1, "characters": 9},
    "token_usage": USAGE | {"model": "llama3.2", "cost": 0.0},
    "vote": {"message_id": "m1", "session_id": "s1", "user_id": "alice", "value": "up"},
    "access": {
        "user_id": "alice",
        "ip": "203.0.113.9",
        "user_agent": "curl/8",
        "outcome": "denied",
        "reason": "expired",
    },
    "rate_limit": {"ip": "203.0.113.9", "limit": 100, "window_seconds": 60, "action": "login"},
    "operation": {"operation": "create_session", "outcome": "timeout", "duration_ms": 12.5, "memory_bytes": 1},
    "security": {"event_type": "brute_force", "outcome": "blocked", "ip": "203.0.113.9", "details": {"attempts": 5}},
}


def envelope(data: Any = None, **attributes: Any) -> dict[str, Any]:
    known = {"specversion": "1.0", "type": "message", "source": "/chat", "id": "1", "time": "2026-11-22T09:00:00Z"}
    return known | attributes | {"data": MESSAGE if data is None else data}


def parsed(raw: dict[str, Any] | bytes) -> Event | Refused:
    body = raw if isinstance(raw, bytes) else json.dumps(raw).encode()
    return next(iter(parse_all([body], NOW)))


def taken(raw: dict[str, Any] | bytes) -> Event:
    found = parsed(raw)
    assert isinstance(found, Event), found
    return found


def reason(raw: dict[str, Any] | bytes) -> str:
    found = parsed(raw)
    assert isinstance(found, Refused), found
    return str(found)


def test_there_is_an_example_of_every_type() -> None:
    assert EXAMPLES.keys() == TYPES.keys()


@pytest.mark.parametrize("type", EXAMPLES)
def test_every_type_is_accepted(type: str) -> None:
    event = taken(envelope(EXAMPLES[type], type=type))
    assert (event.type, event.dropped) == (type, 0)
    assert event.at == micros(datetime(2026, 11, 22, 9, tzinfo=UTC))


@pytest.mark.parametrize("type", EXAMPLES)
def test_nearly_every_field_of_a_type_is_checked(type: str) -> None:
    for field, value in EXAMPLES[type].items():
        wrong: Any = {"no": "such"} if not isinstance(value, dict) else "no such"
        assert reason(envelope(EXAMPLES[type] | {field: wrong}, type=type)).startswith(f"data.{field}: ")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"role": "robot"}, "data.role"),
        ({"status": "done"}, "data.status"),
        ({"prompt_tokens": -1}, "data.prompt_tokens"),
        ({"total_tokens": 1.5}, "data.total_tokens"),
        ({"total_tokens": True}, "data.total_tokens"),
        ({"completion_tokens": 10**30}, "data.completion_tokens"),
        ({"cost": -0.01}, "data.cost"),
        ({"cost": "dear"}, "data.cost"),
        ({"prompt_tokens": "None"}, "data.prompt_tokens"),
        ({"prompt_tokens": "-1"}, "data.prompt_tokens"),
        ({"message_id": ""}, "data.message_id"),
        ({"message_id": "x" * 10_000}, "data.message_id"),
        ({"session_id": "x" * 10_000}, "data.session_id"),
        ({"session_id": 5}, "data.session_id"),
        ({"user_id": "nul\0"}, "data.user_id"),
        ({"completed_at": "2026-11-22T09:00:05"}, "data.completed_at"),
        ({"completed_at": "1970-01-01T00:00:00Z"}, "data.completed_at"),
        ({"completed_at": "2100-01-01T00:00:00Z"}, "data.completed_at"),
        ({"completed_at": 5}, "data.completed_at"),
    ],
)
def test_a_field_of_the_wrong_kind_is_named(change: dict[str, Any], field: str) -> None:
    assert reason(envelope(MESSAGE | change)).startswith(f"{field}: ")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"time": "2026-11-22T09:00:00"}, "time"),
        ({"time": "1970-01-01T00:00:00Z"}, "time"),
        ({"time": "0001-01-01T00:00:00+23:00"}, "time"),
        ({"time": "2100-01-01T00:00:00Z"}, "time"),
        ({"time": "9999-12-31T23:59:59-23:00"}, "time"),
        ({"time": "yesterday"}, "time"),
        ({"time": 1_795_338_000}, "time"),
        ({"id": ""}, "id"),
        ({"id": "x" * 10_000}, "id"),
        ({"id": "nul\0"}, "id"),
        ({"source": "nul\0"}, "source"),
        ({"source": None}, "source"),
        ({"specversion": "0.3"}, "specversion"),
        ({"type": "telepathy"}, "type"),
        ({"type": "x" * 10_000}, "type"),
    ],
)
def test_an_attribute_of_the_wrong_kind_is_named(change: dict[str, Any], field: str) -> None:
    assert reason(envelope(**change)).startswith(f"{field}: ")


@pytest.mark.parametrize("field", ["specversion", "type", "source", "id", "time", "data"])
def test_a_missing_attribute_is_named(field: str) -> None:
    raw = envelope()
    del raw[field]
    assert reason(raw) == f"{field}: missing"


@pytest.mark.parametrize("type", ["session.started", "vote"])
def test_a_start_and_a_vote_need_a_user(type: str) -> None:
    nobody = {name: value for name, value in EXAMPLES[type].items() if name != "user_id"}
    assert reason(envelope(nobody, type=type)) == "data.user_id: missing"


def test_an_unknown_type_is_answered_with_the_known_ones() -> None:
    assert all(type in reason(envelope(type="telepathy")) for type in TYPES)


@pytest.mark.parametrize("data", [[], "words", 5, None])
def test_data_that_is_no_object_is_named(data: Any) -> None:
    assert reason(json.dumps(envelope() | {"data": data}).encode()).startswith("data: ")


def test_a_time_may_be_a_day_ahead_and_more_is_refused() -> None:
    taken(envelope(time=(NOW + timedelta(hours=23)).isoformat()))
    assert reason(envelope(time=(NOW + timedelta(hours=25)).isoformat())).startswith("time: ")


@pytest.mark.parametrize("raw", [b"", b"{", b"nul", b"[" * 100_000, b'{"id": "\xff"}', b"\x00", b"[]", b"5"])
def test_an_event_that_is_no_object_is_refused_alone(raw: bytes) -> None:
    assert reason(raw)


def test_lone_surrogates_are_refused_in_every_field() -> None:
    for field in ("id", "source"):
        assert reason(json.dumps(envelope(**{field: "\ud800"})).encode())
    assert reason(envelope(MESSAGE | {"user_id": "\udc00"}))
    assert reason(envelope(MESSAGE | {"error": "a\ud83d"}))
    details = {"event_type": "x", "outcome": "y", "details": {"reason": "\ud800"}}
    assert reason(envelope(details, type="security"))


def test_a_surrogate_pair_is_accepted() -> None:
    assert taken(envelope(MESSAGE | {"session_id": "😀"})).data.session_id == "😀"


def test_nan_is_refused_by_field_and_without_the_rest_of_its_batch() -> None:
    bad, good = (json.dumps(envelope(MESSAGE | {"cost": cost})).encode() for cost in (float("nan"), 0.5))
    assert reason(bad)
    first, second = parse_all(split(b"[" + bad + b", " + good + b"]", BATCH), NOW)
    assert str(first).startswith("data.cost: ")
    assert isinstance(second, Event)


@pytest.mark.parametrize("name", [b"\xff", b"\xed\xa0\x80", b"\xc3"])
def test_a_field_name_that_is_not_utf8_refuses_its_event_and_no_other(name: bytes) -> None:
    raw = json.dumps(envelope(MESSAGE | {"NAME": 1})).encode().replace(b"NAME", name)
    first, second = parse_all([raw, json.dumps(envelope()).encode()], NOW)
    assert isinstance(first, Refused)
    assert isinstance(second, Event)


NUMBERS: list[tuple[str, Any, float]] = [
    ("prompt_tokens", "25", 25),
    ("prompt_tokens", 12.0, 12),
    ("completion_tokens", " 12.0 ", 12),
    ("total_tokens", "1e3", 1000),
    ("characters", "0", 0),
    ("cost", "0.0602375", 0.0602375),
    ("cost", 1, 1.0),
]
ODD = [
    ("prompt_tokens", "None"),
    ("prompt_tokens", -1),
    ("prompt_tokens", float("nan")),
    ("completion_tokens", 1.5),
    ("total_tokens", "1,234"),
    ("total_tokens", True),
    ("characters", 10**400),
    ("cost", float("nan")),
    ("cost", float("inf")),
    ("cost", "NaN"),
    ("cost", -0.5),
    ("user_id", "   "),
    ("user_id", 7),
    ("user_id", "nul\0"),
    ("user_id", "\ud800"),
    ("model", "m" * 201),
    ("completed_at", "soon"),
    ("completed_at", "1970-01-01T00:00:00Z"),
    ("completed_at", "2100-01-01T00:00:00Z"),
]


@pytest.mark.parametrize(("field", "value", "number"), NUMBERS)
def test_a_number_is_read_in_every_notation(field: str, value: Any, number: float) -> None:
    raw = envelope(MESSAGE | {field: value})
    for event in (taken(raw), next(iter(take_all([raw], NOW)))):
        assert isinstance(event, Event)
        assert (getattr(event.data, field), event.unread) == (number, ())


@pytest.mark.parametrize(("field", "value"), ODD)
def test_an_invalid_value_is_left_out_by_take_and_refused_by_parse(field: str, value: Any) -> None:
    raw = envelope(MESSAGE | {"cost": 0.5, "role": "assistant"} | {field: value, "content": "x"})
    (event,) = take_all([raw], NOW)
    assert isinstance(event, Event)
    assert (getattr(event.data, field), event.unread, event.dropped) == (None, (field,), 1)
    assert event.data.session_id == "s1"
    if value == value:  # NaN is no JSON: a test of its own says what becomes of it
        assert isinstance(parsed(raw), Refused)


@pytest.mark.parametrize("type", EXAMPLES)
def test_a_required_field_is_never_left_out(type: str) -> None:
    needed = {field.name for field in msgspec.structs.fields(TYPES[type]) if field.required} | {
        *([REQUIRED[type]] if type in REQUIRED else [])
    }
    for field in EXAMPLES[type]:
        (found,) = take_all([envelope(EXAMPLES[type] | {field: ["odd"]}, type=type)], NOW)
        if field in needed:
            assert str(found).startswith(f"data.{field}: ")
        else:
            assert isinstance(found, Event)
            assert found.unread == (field,)


def test_content_is_dropped_and_counted() -> None:
    secret = dict.fromkeys(["content", "text", "prompt", "title", "messages", "input"], "my secret words")
    event = taken(envelope(MESSAGE | secret))
    assert event.dropped == len(secret)
    assert "secret" not in repr(event)


def test_extra_attributes_of_the_envelope_are_ignored() -> None:
    assert "secret" not in repr(taken(envelope(datacontenttype="application/json", subject="secret", x={"y": 1})))


def test_a_long_error_is_cut() -> None:
    event = taken(envelope(MESSAGE | {"error": "e" * 5_000}))
    assert len(event.data.error) == ERROR_LENGTH  # type: ignore[attr-defined]


def test_of_security_details_only_harmless_ones_are_kept() -> None:
    details = {"attempts": 3, "reason": "bad-password", "method": "words of somebody", "prompt": "secret"}
    details |= {"path": "/secret", "count": {"deep": "secret"}}
    event = taken(envelope({"event_type": "x", "outcome": "y", "details": details}, type="security"))
    assert event.data.details == {"attempts": 3, "reason": "bad-password"}  # type: ignore[attr-defined]


def test_source_and_id_determine_the_digest() -> None:
    pairs = [("a", "b"), ("a", "b"), ("a", "c"), ("b", "a")]
    one, same, other, swapped = (taken(envelope(source=source, id=id)).digest for source, id in pairs)
    assert one == same
    assert len({one, other, swapped}) == 3


def test_a_body_is_split_by_its_content_type() -> None:
    assert split(b'{"a": 1}', SINGLE) == [b'{"a": 1}']
    assert split(b'[{"a": 1}, {"b": "]"}]', BATCH) == [b'{"a": 1}', b'{"b": "]"}']
    assert split(b'{"a": 1}\n\n{"b": 2}\r\n', LINES) == [b'{"a": 1}', b'{"b": 2}\r']
    assert split(b"[]", BATCH) == []


@pytest.mark.parametrize(
    ("body", "kind"), [(b"{}", BATCH), (b"[", BATCH), (b"[" * 99_999, BATCH), (b"{}", "text/html")]
)
def test_a_body_that_does_not_match_its_content_type_is_unreadable(body: bytes, kind: str) -> None:
    with pytest.raises(Unreadable):
        split(body, kind)


def test_the_id_of_a_refused_event_is_read() -> None:
    assert id_of(b'{"id": "x", "time": 5}') == "x"
    assert [id_of(raw) for raw in (b'{"id": 5}', b"[]", b"{", b"\xff", b"[" * 99_999)] == [None] * 5


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_are_an_event_or_refused(raw: bytes) -> None:
    assert isinstance(parsed(raw), Event | Refused)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=4))
def test_any_value_of_any_field_is_accepted_or_refused(value: Any) -> None:
    for field in ("id", "time", "type", "data", "specversion"):
        assert isinstance(parsed(json.dumps(envelope() | {field: value}).encode()), Event | Refused)
    for field in (*MESSAGE, "cost", "completed_at", "error", "elsewhere"):
        sent = envelope(MESSAGE | {field: value})
        assert isinstance(parsed(sent), Event | Refused)
        (found,) = take_all([sent], NOW)
        assert isinstance(found, Event) or field in MESSAGE


@pytest.mark.parametrize("name", [".", "..", " ", "a\nb", "\u202egnp.exe", "x\x7f"])
def test_an_id_that_is_invisible_or_cannot_be_linked_is_refused(name: str) -> None:
    assert "session_id" in reason(envelope(dict(MESSAGE, session_id=name)))


@pytest.mark.parametrize("body", [b"{oops", b"[]", b"{},{}", b"5"])
def test_a_single_event_that_is_no_object_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        split(body, SINGLE)
