"""What can be watched, how often it is told, and whose `mine` is."""

import pytest

from monitoring.live.consumers import Subscribe
from monitoring.live.topics import (
    FRAME_INTERVAL,
    REPORT_INTERVAL,
    TOPICS,
    frame_interval,
    is_compared,
    own_topic,
    person_of,
    window_of,
)
from monitoring.stats.window import SPANS, window


@pytest.mark.parametrize("name", TOPICS)
def test_every_topic_can_be_asked_for(name: str) -> None:
    said = Subscribe(name + "some" if name.endswith("/") else name)
    assert said.topic is not None
    assert said.topic[0].startswith(name)


@pytest.mark.parametrize("words", ["mine/7", "weather", "", "usage/7", "Mine"])
def test_nobody_names_somebody_else_s_or_what_is_not_there(words: str) -> None:
    assert Subscribe(words).topic is None


def test_a_window_has_a_default_and_a_bad_one_is_refused() -> None:
    assert Subscribe("usage").topic == ("usage", "28d")
    assert Subscribe("overview").topic == ("overview", "1h")
    assert [Subscribe("overview", name).topic for name in SPANS] == [("overview", name) for name in SPANS]
    assert Subscribe("overview", "1764370800-1764374400").topic == ("overview", "1764370800-1764374400")
    for bad in ("7d x", "", "2h", "1764374400-1764370800", "1764370800-1764370859", "1-99999999999", "-5-600", "0-0"):
        assert Subscribe("overview", bad).topic is None, bad


def test_a_comparison_is_a_topic_of_its_own() -> None:
    plain, compared = Subscribe("overview", "6h").topic, Subscribe("overview", "6h", compare=True).topic
    assert plain is not None
    assert compared is not None
    assert plain != compared
    assert (is_compared(plain), is_compared(compared)) == (False, True)
    assert window_of(plain) == window_of(compared) == window("6h")
    assert frame_interval(plain) == frame_interval(compared)


def test_reports_and_long_or_fixed_times_are_told_less_often_than_what_happens_now() -> None:
    fast = [topic for name in SPANS if frame_interval(topic := ("overview", name)) == FRAME_INTERVAL]
    assert fast == [("overview", name) for name in ("15m", "1h", "6h", "24h", "7d")]
    assert frame_interval(("session/a", "")) == FRAME_INTERVAL
    slow = [("overview", "1764370800-1764374400")]
    slow += [(name, "7d") for name in ("usage", "responses", "operations", "mine/3")]
    assert {frame_interval(topic) for topic in slow} == {REPORT_INTERVAL}


def test_a_topic_of_one_s_own_says_whose_it_is() -> None:
    assert person_of((own_topic(17), "28d")) == 17
    assert person_of((own_topic(None), "28d")) is None
