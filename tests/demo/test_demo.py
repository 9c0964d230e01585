"""The demonstration's traffic: the same story every time, in order, and with a believable shape."""

import json
from collections import Counter
from datetime import UTC, datetime
from functools import cache
from ipaddress import ip_address, ip_network
from itertools import pairwise
from statistics import median
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demo.traffic import HOUR_MS, LONGEST_MS, OWNERS, Demo, Story
from monitoring.events.envelope import parse
from monitoring.ingest.sources.cloud_event import CloudEvent

HOUR, DAY = 3600, 86_400
MONDAY = datetime(2026, 11, 16, tzinfo=UTC).timestamp()
SATURDAY = MONDAY + 5 * DAY
RUSH = MONDAY + 9 * HOUR
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
NETWORKS = (ip_network("203.0.113.0/24"), ip_network("198.51.100.0/24"))


FEW = 0.2
"""A rate at which the same holds, and a fifth of the events are told."""


@cache
def told_monday() -> tuple[tuple[CloudEvent, ...], float, int]:
    """The events of a whole day, the seconds of computing that they took, and how many events wait after it."""
    demo, began = Demo(7, MONDAY), process_time()
    events = tuple(demo.events_until(MONDAY + DAY))
    return events, process_time() - began, len(demo._waiting)


def monday() -> tuple[CloudEvent, ...]:
    return told_monday()[0]


def when(event: CloudEvent) -> float:
    """When the event was sent: a message's last state is sent when it is complete."""
    return datetime.fromisoformat(event["data"].get("completed_at", event["time"])).timestamp()


def names(events: list[CloudEvent]) -> set[str]:
    """The ids of events, sessions and messages."""
    data = [event["data"] for event in events]
    found = {item.get(field) for item in data for field in ("session_id", "message_id")}
    return (found | {event["id"] for event in events}) - {None}


def of(type: str) -> list[CloudEvent]:
    return [event for event in monday() if event["type"] == type]


def answers(status: str) -> list[CloudEvent]:
    return [
        event for event in of("message") if (event["data"]["role"], event["data"]["status"]) == ("assistant", status)
    ]


def between(start_hour: int, end_hour: int) -> float:
    """Events a second between two hours of the Monday."""
    inside = [event for event in monday() if start_hour <= (when(event) - MONDAY) / HOUR < end_hour]
    return len(inside) / (end_hour - start_hour) / HOUR


@settings(max_examples=25, deadline=None)
@given(st.integers(), st.lists(st.floats(0, 900), max_size=12))
def test_the_same_seed_and_start_tell_the_same_story_whatever_the_steps(seed: int, steps: list[float]) -> None:
    whole = Demo(seed, RUSH, FEW).events_until(RUSH + 900)
    demo = Demo(seed, RUSH, FEW)
    parts = [demo.events_until(RUSH + step) for step in [*sorted(steps), 900]]
    assert [event for part in parts for event in part] == whole
    assert whole


def test_another_seed_tells_another_story() -> None:
    first, second = (Demo(seed, RUSH, FEW).events_until(RUSH + 60) for seed in (1, 2))
    assert [event["time"] for event in first] != [event["time"] for event in second]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.floats(0, 600))
def test_no_event_lies_before_the_start_or_after_the_time_asked_for(seed: int, seconds: float) -> None:
    for event in Demo(seed, RUSH, FEW).events_until(RUSH + seconds):
        assert RUSH < datetime.fromisoformat(event["time"]).timestamp() <= when(event) <= RUSH + seconds


def test_events_come_in_the_order_they_happened() -> None:
    assert all(when(before) <= when(after) for before, after in pairwise(monday()))


def test_every_event_is_taken_at_the_door_without_a_field_too_many() -> None:
    for event in monday():
        assert parse(json.dumps(event).encode(), LATEST).dropped == 0


def test_every_type_of_a_chat_occurs_and_every_id_once() -> None:
    wanted = {"session.started", "session.ended", "message", "token_usage", "vote", "access", "operation"}
    assert set(Counter(event["type"] for event in monday())) == wanted
    assert len({event["id"] for event in monday()}) == len(monday())
    assert {event["source"] for event in monday()} == {"demo"}


def test_a_restart_tells_the_same_again_and_another_story_shares_no_id() -> None:
    whole = {event["id"]: event for event in Demo(7, RUSH).events_until(RUSH + 900)}
    again = Demo(7, RUSH + 300).events_until(RUSH + 900)
    assert again
    assert all(whole[event["id"]] == event for event in again)
    assert not names(again) & names(Demo(8, RUSH + 300).events_until(RUSH + 900))
    assert not names(again) & names(Demo(7, RUSH + 300, 0.5).events_until(RUSH + 900))


def test_a_share_of_an_hour_is_a_part_of_it() -> None:
    story = Story(7)
    whole, part = (story.hour(int(RUSH // HOUR), share) for share in (1.0, 0.3))
    assert {one.event["id"] for one in part} < {one.event["id"] for one in whole}
    assert 0.15 < len(part) / len(whole) < 0.45


def test_all_of_an_hour_s_sessions_end_within_the_promised_time() -> None:
    story, first = Story(7, 3.0), int(MONDAY // HOUR)
    for hour in range(first + 8, first + 12):
        assert story.hour(hour)[-1].at <= (hour + 1) * HOUR_MS + LONGEST_MS


def test_the_beginning_of_an_answer_is_replaced_by_its_end() -> None:
    for told in Story(7).hour(int(RUSH // HOUR)):
        pending = told.event["data"].get("status") == "pending"
        assert pending == (told.replaced is not None)
        assert told.replaced is None or told.replaced > told.at


def test_an_answer_is_pending_before_it_is_complete_and_keeps_its_time() -> None:
    pending: dict[str, str] = {}
    for event in of("message"):
        data = event["data"]
        if data["role"] == "assistant" and data["status"] == "pending":
            assert data["message_id"] not in pending
            pending[data["message_id"]] = event["time"]
        elif data["role"] == "assistant":
            assert event["time"] == pending[data["message_id"]] < data["completed_at"]


def test_a_session_begins_before_all_else_that_names_it() -> None:
    begun: set[str] = set()
    for event in (one.event for hour in range(9, 12) for one in Story(7).hour(int(MONDAY // HOUR) + hour)):
        if event["type"] == "session.started":
            begun.add(event["data"]["session_id"])
        elif event["type"] != "access":
            assert event["data"]["session_id"] in begun


def test_rush_hours_are_busier_than_the_night_and_the_weekend() -> None:
    weekend = Demo(7, SATURDAY + 9 * HOUR).events_until(SATURDAY + 12 * HOUR)
    assert 2 <= between(9, 12) <= 4
    assert 2 <= between(19, 22) <= 4
    assert between(1, 5) < between(13, 17) < between(9, 12)
    assert len(weekend) / 3 / HOUR < 0.75 * between(9, 12)


def test_a_demonstration_does_not_begin_in_silence() -> None:
    assert len(Demo(7, RUSH).events_until(RUSH + 60)) > 60


def test_some_answers_fail_but_few() -> None:
    share = len(answers("failed")) / (len(answers("failed")) + len(answers("completed")))
    assert 0.005 < share < 0.06
    assert all(event["data"]["error"] for event in answers("failed"))


def test_response_times_are_those_of_people_waiting_and_slow_spells_show() -> None:
    waits = sorted(when(event) - datetime.fromisoformat(event["time"]).timestamp() for event in answers("completed"))
    assert 1 < median(waits) < 5
    assert 4 * median(waits) < waits[int(len(waits) * 0.995)] < 120


def test_tokens_come_once_with_the_answer_or_later_and_gpt_costs_money() -> None:
    inside = {event["data"]["message_id"] for event in answers("completed") if "total_tokens" in event["data"]}
    later = {event["data"]["message_id"] for event in of("token_usage")}
    assert inside
    assert later
    assert not inside & later
    priced = {event["data"]["model"] for event in of("token_usage") if event["data"]["cost"] > 0}
    assert priced == {"gpt-4o"}


def test_owners_addresses_and_endings_are_those_that_were_promised() -> None:
    assert {event["data"]["user_id"] for event in of("session.started")} == set(OWNERS)
    assert len(OWNERS) == 40
    assert {event["data"]["reason"] for event in of("session.ended")} == {"closed", "timeout"}
    assert {event["data"]["outcome"] for event in of("access")} == {"granted", "denied"}
    addresses = {ip_address(event["data"]["ip"]) for event in of("access")}
    assert all(any(address in network for network in NETWORKS) for address in addresses)


def test_no_text_of_a_conversation_is_ever_made() -> None:
    words = {"content", "text", "prompt", "title"}
    assert not any(words & event["data"].keys() for event in monday())


def test_the_rate_scales_how_much_happens() -> None:
    few, many = (len(Demo(7, RUSH, rate).events_until(RUSH + 1800)) for rate in (0.1, 1.0))
    assert 5 < many / few < 20
    with pytest.raises(ValueError, match="rate"):
        Demo(7, RUSH, 0)


def test_a_day_is_told_in_seconds_and_the_waiting_events_stay_few() -> None:
    _, seconds, waiting = told_monday()
    assert seconds < 10
    assert waiting < 15_000
