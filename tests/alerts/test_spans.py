"""Alerts over charts: those of a time alone, the newest of many, of rules of scope `all`; owners get none of them."""

import json
from time import time
from typing import Any

import pytest

from monitoring.alerts import models
from monitoring.alerts.spans import MAX_BANDS, MAX_NEWEST, alert_bands, bands_of, newest_firing
from monitoring.alerts.store import last_change
from monitoring.live.frame_builder import make_frame
from monitoring.live.hub import Reached
from monitoring.live.topics import Topic

pytestmark = pytest.mark.django_db
NOW = 1_764_500_000


def alert(name: str, start: int, end: int | None, **more: Any) -> models.Alert:
    micros = {"start": start * 10**6, "end": None if end is None else end * 10**6, "changed": start * 10**6}
    values = {"rule": 1, "version": 0, "figure": "messages", "scope": "", "severity": "warning"}
    return models.Alert.objects.create(name=name, **(values | micros | more))


def names(start: int, end: int) -> list[str]:
    return [one.name for one in bands_of(start, end).alerts]


def test_the_bands_of_a_time_are_those_that_touch_it_in_order() -> None:
    alert("long before", NOW - 900, NOW - 600)
    alert("until within", NOW - 900, NOW + 10)
    alert("moment", NOW + 30, NOW + 30)
    alert("within", NOW + 20, NOW + 40)
    alert("later", NOW + 100, NOW + 200)
    assert names(NOW, NOW + 100) == ["until within", "within", "moment"]
    alert("still", NOW - 5_000, None)
    assert names(NOW, NOW + 100)[0] == "still"
    assert names(NOW - 9_000, NOW - 8_000) == []


def test_bands_have_neither_alerts_of_one_session_nor_withdrawn_ones() -> None:
    alert("session", NOW, NOW + 10, scope="abc")
    alert("withdrawn", NOW, NOW + 10, withdrawn=True)
    made = alert("all", NOW, NOW + 10, severity="critical", figure="error_rate")
    (found,) = bands_of(NOW - 10, NOW + 100).alerts
    assert (found.id, found.figure, found.severity, found.start, found.end) == (
        made.key, "error_rate", "critical", NOW, NOW + 10,
    )  # fmt: skip


def test_bands_are_the_newest_of_many_and_say_that_there_are_more() -> None:
    for number in range(MAX_BANDS):
        alert(str(number), NOW + number, NOW + number)
    assert not bands_of(NOW, NOW + 1_000).more
    alert("one more", NOW + MAX_BANDS, None)
    found = bands_of(NOW, NOW + 1_000)
    assert (len(found.alerts), found.more) == (MAX_BANDS, True)
    assert (found.alerts[0].name, found.alerts[-1].name) == ("1", "one more")


def test_bands_are_cached_until_an_alert_changes() -> None:
    def shown() -> list[str]:
        found = json.loads(alert_bands(NOW, NOW + 100, last_change()).body)
        return [one["name"] for one in found["alerts"]]

    alert("first", NOW + 10, NOW + 20)
    assert shown() == ["first"]
    alert("second", NOW + 30, None)
    assert shown() == ["first", "second"]


def test_staff_s_frames_have_bands_and_what_fires_and_an_owner_s_have_neither() -> None:
    now = int(time())
    for number in range(MAX_NEWEST + 5):
        alert(f"session {number}", now - 100 + number, None, scope=f"s{number}")
    alert("all", now - 300, None)

    def told(topic: Topic) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(make_frame(topic, None, Reached(0, 0, 0, 0.0)).text)
        return found

    for topic in ("overview", "usage", "responses", "operations"):
        frame = told((topic, "7d"))
        assert [one["name"] for one in frame["alert_bands"]["alerts"]] == ["all"], topic
        assert not frame["alert_bands"]["more"]
        newest = [one["scope"] for one in frame["newest_firing"]]
        assert newest == [f"s{number}" for number in range(MAX_NEWEST + 4, 4, -1)]
    past = told(("overview", f"{now - 9_000}-{now - 8_000}"))
    assert past["alert_bands"]["alerts"] == []
    for own in (("mine/", "28d"), ("session/none", "own")):
        assert not {"alert_bands", "newest_firing"} & told(own).keys()
    assert "newest_firing" in told(("session/none", ""))
    assert len(json.loads(newest_firing().body)) == MAX_NEWEST
