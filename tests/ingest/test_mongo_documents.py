"""The chat application's documents as events: roles in either case, times without a zone, what is strange."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import Binary, DatetimeMS, Decimal128, Int64, ObjectId, Regex

from monitoring.events.envelope import EARLIEST, Event, Refused, take, take_all
from monitoring.ingest.follow.address import database_hash, database_of, describe_error
from monitoring.ingest.follow.documents import (
    FIELDS,
    MESSAGES,
    SESSIONS,
    USAGE,
    VOTES,
    InvalidDocument,
    events_of,
    session_ended,
)
from monitoring.ingest.follow.follow_state import FollowState, StoredState, read_state
from monitoring.ingest.follow.reader import POLL_OVERLAP, clamp_time, pipeline, projection

AT = datetime(2026, 11, 1, 10, 0, 0, 123000)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
ANSWER = {
    "id": "m1", "session_id": "s1", "user_id": "alice", "role": "ASSISTANT", "status": "PENDING", "created_at": AT,
    "updated_at": AT, "token_usage": None,
}  # fmt: skip
RECORD = {
    "id": "t1", "message_id": "m1", "session_id": "s1", "total_tokens": 100, "prompt_tokens": 40,
    "completion_tokens": 60, "cost": 0.0, "model": "llama3.2:latest", "created_at": AT,
}  # fmt: skip


def one(collection: str, document: dict[str, Any], session: str | None = None) -> dict[str, Any]:
    (event,) = events_of("brain", collection, document, session)
    taken = take(event, LATEST)
    assert taken.dropped == 0
    return event


@pytest.mark.parametrize(("role", "status"), [("ASSISTANT", "PENDING"), ("assistant", "pending")])
def test_roles_and_states_are_read_in_either_case(role: str, status: str) -> None:
    data = one(MESSAGES, ANSWER | {"role": role, "status": status})["data"]
    assert (data["role"], data["status"]) == ("assistant", "pending")
    assert "completed_at" not in data


def test_a_naive_time_is_utc() -> None:
    assert one(MESSAGES, ANSWER)["time"] == "2026-11-01T10:00:00.123000Z"


@pytest.mark.parametrize("status", ["COMPLETED", "FAILED"])
def test_an_answer_is_whole_when_it_was_updated_last(status: str) -> None:
    event = one(MESSAGES, ANSWER | {"status": status, "updated_at": AT + timedelta(seconds=4)})
    assert event["time"] == "2026-11-01T10:00:00.123000Z"
    assert event["data"]["completed_at"] == "2026-11-01T10:00:04.123000Z"


def test_a_question_has_no_time_of_completion() -> None:
    assert "completed_at" not in one(MESSAGES, ANSWER | {"role": "USER", "status": "COMPLETED"})["data"]


def test_a_newer_state_has_another_id_and_the_same_state_the_same() -> None:
    whole = ANSWER | {"status": "COMPLETED", "updated_at": AT + timedelta(seconds=4)}
    assert one(MESSAGES, ANSWER)["id"] == one(MESSAGES, dict(ANSWER))["id"] != one(MESSAGES, whole)["id"]


def test_the_mark_of_a_state_tells_nothing_of_the_person() -> None:
    assert one(MESSAGES, ANSWER)["id"] == one(MESSAGES, ANSWER | {"user_id": "bob"})["id"]


def test_a_record_of_tokens_counts_once_whatever_becomes_of_its_document() -> None:
    first, again = one(USAGE, RECORD), one(USAGE, RECORD | {"total_tokens": 7})
    assert first["id"] == again["id"]
    assert first["data"] == {
        "message_id": "m1", "session_id": "s1", "prompt_tokens": 40, "completion_tokens": 60, "total_tokens": 100,
        "cost": 0.0, "model": "llama3.2:latest",
    }  # fmt: skip


def test_a_total_that_is_missing_is_the_sum() -> None:
    assert one(USAGE, RECORD | {"total_tokens": None, "cost": None})["data"]["total_tokens"] == 100


def test_tokens_that_stand_in_the_message_are_the_message_s() -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3, "cost": 0.5, "model": "m"}
    data = one(MESSAGES, ANSWER | {"token_usage": usage})["data"]
    assert {name: data[name] for name in usage} == usage


def test_a_session_that_is_not_active_any_more_has_ended() -> None:
    session = {"id": "s1", "user_id": "alice", "session_type": "SQL", "created_at": AT, "updated_at": AT}
    assert [event["type"] for event in events_of("brain", SESSIONS, session)] == ["session.started"]
    closed = events_of("brain", SESSIONS, session | {"is_active": False})
    assert [event["type"] for event in closed] == ["session.started", "session.ended"]
    assert closed[1]["data"] == {"session_id": "s1", "reason": "closed"}


def test_a_session_that_is_gone_ends_once() -> None:
    first, later = session_ended("brain", "s1", AT.replace(tzinfo=UTC)), session_ended("brain", "s1", datetime.now(UTC))
    assert first["id"] == later["id"]


def test_a_vote_needs_its_message() -> None:
    vote = {"id": "v1", "message_id": "m1", "user_id": "bob", "vote_type": "UP", "created_at": AT, "updated_at": AT}
    assert one(VOTES, vote, "s1")["data"]["value"] == "up"
    with pytest.raises(InvalidDocument, match="message_id"):
        events_of("brain", VOTES, vote)


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"id": None}, "id"), ({"id": 5}, "id"), ({"created_at": "now"}, "created_at"), ({"role": ""}, "role")],
)
def test_what_is_strange_is_named_by_its_field(changed: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidDocument, match=rf"^{field}: "):
        events_of("brain", MESSAGES, ANSWER | changed)


def test_no_question_to_the_server_asks_for_words() -> None:
    asked = [*FIELDS, *(name for fields in FIELDS.values() for name in fields)]
    asked += [name for name in FIELDS for name in projection(name)]
    asked += [name.partition(".")[2] for name in pipeline()[1]["$project"]]
    assert not {"title", "content", "tool_invocations", "sql_queries"} & set(asked)


def test_a_place_is_read_as_it_was_written() -> None:
    place = FollowState(
        {"_data": "82"}, {MESSAGES: "x"}, [SESSIONS], {USAGE: AT.replace(tzinfo=UTC)}, {"6b": {"id": "m"}}
    )
    assert read_state(place.write()) == place
    assert read_state(StoredState()) == FollowState()


def test_the_driver_s_own_numbers_are_numbers() -> None:
    record = RECORD | {"total_tokens": Int64(7), "prompt_tokens": Int64(3), "cost": Decimal128("0.25")}
    data = one(USAGE, record)["data"]
    assert (data["total_tokens"], data["cost"]) == (7, 0.25)
    usage = {"prompt_tokens": Int64(1), "cost": Decimal128("0.5")}
    assert one(MESSAGES, ANSWER | {"token_usage": usage})["data"]["cost"] == 0.5


ODD: list[Any] = [
    None, [], {}, {"a": 1}, True, float("nan"), float("inf"), -3, 2.5, "None", "", "nul\0", ObjectId(),
    Binary(b"x" * 16, 4), Decimal128("NaN"), Decimal128("-Infinity"), Decimal128("1E+6000"), Int64(-5),
    DatetimeMS(2**50), DatetimeMS(-(2**60)), AT.replace(year=1), AT.replace(year=9999), b"bytes", Regex("x"),
]  # fmt: skip
"""What stands in no field of any document that the application writes."""
NEEDED = {"id", "session_id", "message_id", "user_id", "role", "status", "vote_type"}
"""Without these a document names nothing that could be counted."""
COUNTS = {"prompt_tokens", "completion_tokens", "total_tokens"}
WHOLE: dict[str, dict[str, Any]] = {
    SESSIONS: {"id": "s", "user_id": "u", "session_type": "GENERAL", "is_active": False},
    MESSAGES: {"id": "m", "session_id": "s", "user_id": "u", "role": "ASSISTANT", "status": "COMPLETED"},
    USAGE: RECORD,
    VOTES: {"id": "v", "message_id": "m", "user_id": "u", "vote_type": "up"},
}
TIMES = {"created_at": AT, "updated_at": AT}


@pytest.mark.parametrize(
    ("collection", "field"), [(name, field) for name, fields in FIELDS.items() for field in fields]
)
def test_an_odd_value_costs_that_value_and_is_named(collection: str, field: str) -> None:
    made: list[dict[str, Any]] = []
    whole = {"_id": ObjectId.from_datetime(AT), **WHOLE[collection], **TIMES, "token_usage": {"total_tokens": 3}}
    outer, _, inner = field.partition(".")
    for value in ODD:
        odd: list[str] = []
        document = whole | {outer: {inner: value} if inner else value}
        with suppress(*[InvalidDocument] if field in NEEDED else []):
            made = events_of("brain", collection, document, "s", odd)
        taken = list(take_all(made, datetime.now(UTC)))
        refused = [str(one) for one in taken if isinstance(one, Refused)]
        assert not refused or field in NEEDED or field.endswith("_at"), (value, refused)
        if (inner or field) in COUNTS and value is not None:
            assert odd == [inner or field], value


def test_whole_numbers_are_read_however_they_are_written() -> None:
    forms = {"prompt_tokens": 12.0, "completion_tokens": "3", "total_tokens": Decimal128("15.00"), "cost": "0.5"}
    (usage,) = take_all([one(USAGE, RECORD | forms)], datetime.now(UTC))
    (message,) = take_all([one(MESSAGES, ANSWER | {"token_usage": forms})], datetime.now(UTC))
    for event in (usage, message):
        assert isinstance(event, Event), event
        data: Any = event.data
        assert (data.prompt_tokens, data.completion_tokens, data.total_tokens, data.cost) == (12, 3, 15, 0.5)


def test_a_time_that_cannot_be_read_is_when_the_document_was_inserted() -> None:
    inserted = AT.replace(tzinfo=UTC, microsecond=0)
    for value in (None, DatetimeMS(2**50), "yesterday", 5):
        document = RECORD | {"_id": ObjectId.from_datetime(inserted), "created_at": value}
        assert datetime.fromisoformat(one(USAGE, document)["time"]) == inserted
    assert one(USAGE, RECORD | {"created_at": AT.isoformat()})["time"] == one(USAGE, RECORD)["time"]


@pytest.mark.parametrize("value", [DatetimeMS(2**50), DatetimeMS(-(2**60)), AT.replace(year=1), AT.replace(year=9999)])
def test_a_poll_goes_on_whatever_the_latest_time_is(value: Any) -> None:
    assert EARLIEST <= clamp_time(value) <= datetime.now(UTC)
    assert clamp_time(value) - POLL_OVERLAP < datetime.now(UTC)


def test_a_state_that_returns_later_is_another_one() -> None:
    first, again = ANSWER | {"role": "USER", "status": "COMPLETED"}, {"updated_at": AT + timedelta(seconds=5)}
    assert one(MESSAGES, first)["id"] != one(MESSAGES, first | again)["id"]


@pytest.mark.parametrize(
    ("url", "name", "found"),
    [
        ("mongodb://u:p@h1:1,h2:2/brain?replicaSet=rs0", "", "brain"),
        ("mongodb+srv://u:p@nowhere.invalid/", "other", "other"),
        ("mongodb://[::1]:1/a%2Db", "", "a-b"),
    ],
)
def test_an_address_is_read_without_asking_anybody(url: str, name: str, found: str) -> None:
    assert database_of(url, name) == found
    assert database_hash(url, found) == database_hash(url.replace("u:p@", "other:secret@"), found)
    assert database_hash(url, found) != database_hash(url, f"{found}2")


def test_no_password_is_told_in_whichever_form() -> None:
    url = "mongodb://u:p%40ss@host/brain"
    assert "ss" not in describe_error(ValueError("bad p%40ss and p@ss"), url)
