"""Frames of a fixed time: its points and tiles, the time before it, and no work while nothing in it changes."""

import json
from time import time
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from monitoring.live import frame_builder, overview_builder
from monitoring.live.consumers import Subscribe
from monitoring.live.frame_builder import make_frame, moved
from monitoring.live.hub import Reached
from monitoring.live.topics import Topic, is_scoped
from monitoring.messaging.cache import Cache
from monitoring.stats import models
from monitoring.stats.bucket import DAY, HOUR, WIDTHS, bucket_key, grouped
from monitoring.stats.metrics import ANSWERS, ANSWERS_FAILED, COST, MESSAGES, RESPONSE_TIME, SESSIONS_ACTIVE, TOKENS
from monitoring.stats.reports import cached

pytestmark = pytest.mark.django_db
NOW = int(time())
LONG_AGO = NOW - NOW % DAY - 2 * DAY
"""The start of a day of which minutes are kept, and no 10 s."""


LONG = f"{NOW - 9 * DAY}-{NOW + DAY}"


def keep(start: int, width: int, times: int = 1, position: int = 7) -> None:
    """In a bucket: messages and an answer that was waited for, one of two failed, for so many times."""
    counts = {
        MESSAGES.of("user"): 3 * times, MESSAGES.of("assistant"): times, TOKENS.of("llama3.2"): 60 * times,
        COST.of("llama3.2"): 10**9 * times, RESPONSE_TIME.of(100): times, SESSIONS_ACTIVE.of(): 2,
        ANSWERS.of(): 2 * times, ANSWERS_FAILED.of(): times,
    }  # fmt: skip
    columns: dict[str, dict[str, int]] = {"counts": {}, "durations": {}}
    for name, amount in counts.items():
        columns["durations" if name.startswith(RESPONSE_TIME.of(100).partition(":")[0] + ":") else "counts"][name] = (
            amount
        )
    encoded = {column: json.dumps(grouped(held)).encode() for column, held in columns.items()}
    models.Bucket.objects.update_or_create(
        key=bucket_key(width, start), defaults={"width": width, "start": start, "position": position} | encoded
    )


def topic(range: str, name: str = "overview", compare: bool = False) -> Topic:
    found = Subscribe(name, range, compare).topic
    assert found is not None
    return found


def told(of: Topic, after: int | None = None) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(make_frame(of, after, Reached(7, 0, NOW * 10**6, 0.0)).text)
    return found


@pytest.fixture(autouse=True)
def kept(monkeypatch: pytest.MonkeyPatch) -> Cache:
    """A cache of its own, whose values never expire: keys name all that they depend on."""
    made = Cache(None, 1_000, 10**8, lambda: 0.0)
    for module in (overview_builder, cached):
        monkeypatch.setattr(module, "the_cache", lambda: made)
    return made


def test_the_points_of_a_fixed_time_are_those_in_it() -> None:
    for minute in range(-2, 12):
        keep(LONG_AGO + 60 * minute, 60)
    found = told(topic(f"{LONG_AGO}-{LONG_AGO + 600}"))
    assert (found["from"], found["to"], found["step"]) == (LONG_AGO, LONG_AGO + 600, 60)
    assert [point["t"] for point in found["buckets"]] == list(range(LONG_AGO, LONG_AGO + 600, 60))
    assert found["kind"] == "snapshot"
    assert "before" not in found


def test_the_tiles_of_a_fixed_time_are_figures_of_that_time_beside_the_time_before() -> None:
    start = LONG_AGO
    for minute in range(0, 60, 2):
        keep(start + 60 * minute, 60)
    keep(start - HOUR, 60)
    found = told(topic(f"{start}-{start + HOUR}"))
    assert (found["tiles_of"], found["width"], found["step"]) == ("window", 60, 60)
    values = {name: (tile["value"], tile["before"]) for name, tile in found["tiles"].items()}
    assert values["messages_per_minute"] == (2.0, 4 / 60)
    assert values["tokens_per_minute"] == (30.0, 1.0)
    assert values["cost_today"] == (30.0, 1.0)
    assert values["error_rate"] == (0.5, 0.5)
    assert values["active_sessions"] == (2, 2)
    assert values["response_p50"][0] == values["response_p50"][1] != None  # noqa: E711
    assert told(topic("1h"))["tiles_of"] == "now"


def test_a_time_that_reaches_into_the_future_is_live_and_drawn_up_to_now() -> None:
    now = int(time())
    start = now - now % 120 - HOUR
    for minute in range(60):
        keep(start + 60 * minute, 60)
    of = topic(f"{start}-{now + HOUR}")
    found = told(of)
    assert (found["from"], found["tiles_of"], is_scoped(of)) == (start, "window", False)
    assert now <= found["to"] <= now + 120
    assert found["tiles"]["messages_per_minute"]["value"] == pytest.approx(240 / 60, rel=0.1)
    assert len(told(of, after=7)["buckets"]) == 0, "only what changed"


@pytest.mark.parametrize("range", ["1h", "24h"])
def test_a_live_time_is_compared_with_the_same_time_a_week_before(range: str) -> None:
    week = NOW - NOW % 60 - 7 * DAY
    keep(week - 600, 60, 3)
    found = told(topic(range, compare=True))
    assert found["shift"] == 7 * DAY
    (point,) = [one for one in found["before"] if one["messages"]]
    assert point["t"] == week - 600 + 7 * DAY - (week - 600) % found["step"]
    assert point["messages"] == {"user": 9, "assistant": 3}
    near = told(topic(range, compare=True), after=7)["before"]
    assert all(abs(one["t"] - NOW) <= 3 * found["step"] for one in near)


def test_an_older_time_of_comparison_with_wide_buckets_gives_each_step_its_share() -> None:
    start = NOW - NOW % DAY - 9 * DAY + DAY
    keep(start - HOUR, HOUR, 60)
    found = told(topic(f"{start}-{start + HOUR}", compare=True))
    assert (found["step"], found["shift"]) == (60, HOUR)
    own = [one for one in found["before"] if start <= one["t"] < start + HOUR]
    if own:  # minutes of the time before may still be kept
        assert len(own) == 60
        assert own[0]["messages"] == {"user": 3.0, "assistant": 1.0}
        assert (own[0]["active"], own[0]["wait"]["count"]) == (None, 1.0)


@pytest.mark.parametrize("name", ["overview", "usage", "responses"])
def test_a_time_that_has_ended_is_not_computed_again_until_something_in_it_changes(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = LONG_AGO
    for width in WIDTHS:
        keep(start, width)
    of = topic(f"{start}-{start + HOUR}", name, compare=True)
    asked = []
    monkeypatch.setattr(overview_builder, "ENDED_SECONDS", 10**9)
    monkeypatch.setattr(cached, "ENDED_SECONDS", 10**9)
    for _ in range(2):
        with CaptureQueriesContext(connection) as found:
            told(of)
        asked.append(sum("durations" in one["sql"] for one in found.captured_queries))
    assert asked[0] > asked[1] == 0
    keep(start, 60, 5, position=9)
    keep(start, HOUR, 5, position=9)
    with CaptureQueriesContext(connection) as found:
        told(of)
    assert sum("durations" in one["sql"] for one in found.captured_queries) > 0


def test_frames_of_an_ended_time_follow_its_own_changes_alone() -> None:
    day = NOW - NOW % DAY
    hour, other, long = (
        topic(f"{day - 2 * DAY}-{day - 2 * DAY + HOUR}"),
        topic(f"{day - 3 * DAY}-{day - 3 * DAY + HOUR}", "usage"),
        topic(f"{day - 9 * DAY}-{day - DAY}", "responses"),
    )
    assert [is_scoped(one) for one in (hour, other, long, topic("1h"), topic("7d", "usage"))] == [True] * 3 + [
        False
    ] * 2
    keep(day - 2 * DAY, HOUR, position=20)
    keep(day - 2 * DAY, DAY, position=21)
    keep(NOW - NOW % HOUR, HOUR, position=22)
    assert moved(19, [hour, other, long]) == {hour: 20, long: 21}
    assert moved(20, [hour, other, long]) == {long: 21}
    assert moved(21, [hour, other, long]) == {}


@pytest.mark.parametrize("name", ["usage", "responses", "operations", "mine"])
@pytest.mark.parametrize(
    "range",
    ["15m", "24h", "7d", f"{NOW - 3 * HOUR}-{NOW - 2 * HOUR}", f"{NOW - 9 * DAY}-{NOW + DAY}"],
    ids=["15m", "24h", "7d", "ended", "long"],
)
def test_each_report_shows_each_time_and_says_what_it_counted(name: str, range: str) -> None:
    of = topic(range, name, compare=True)
    found = told(("mine/5", of[1]) if name == "mine" else of)
    assert found["range"] == range
    assert found["step"] == (DAY if name == "mine" or range in ("7d", LONG) else HOUR)
    assert found["from"] % found["step"] == 0
    assert found["from"] < found["to"] <= NOW + HOUR
    for report in (found["report"], found["report_before"]):
        assert report["step"] == found["step"]
    assert found["shift"] > 0
    assert frame_builder.window_of(of).name == range
