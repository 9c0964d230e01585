"""What can be watched, how often it is told, and whose `mine` is."""

import pytest

from monitoring.live.consumers import Subscribe
from monitoring.live.topics import DAYS, FRAME_INTERVAL, REPORT_INTERVAL, TOPICS, frame_interval, own_topic, person_of


@pytest.mark.parametrize("name", TOPICS)
def test_every_topic_can_be_asked_for(name: str) -> None:
    said = Subscribe(name + "some" if name.endswith("/") else name)
    assert said.topic is not None
    assert said.topic[0].startswith(name)


@pytest.mark.parametrize("words", ["mine/7", "weather", "", "usage/7", "Mine"])
def test_nobody_names_somebody_else_s_or_what_is_not_there(words: str) -> None:
    assert Subscribe(words).topic is None


def test_a_window_is_one_of_a_few_and_has_a_default() -> None:
    assert Subscribe("usage").topic == ("usage", "28d")
    assert Subscribe("overview").topic == ("overview", "1h")
    assert [Subscribe("responses", name).topic for name in DAYS] == [("responses", name) for name in DAYS]
    assert Subscribe("usage", "1h").topic is Subscribe("overview", "7d x").topic is None


def test_reports_are_told_less_often_than_what_happens_now() -> None:
    paces = {
        name: frame_interval((name, ""))
        for name in ("overview", "session/a", "usage", "responses", "operations", "mine/3")
    }
    assert set(paces.values()) == {FRAME_INTERVAL, REPORT_INTERVAL}
    assert [name for name, seconds in paces.items() if seconds == FRAME_INTERVAL] == ["overview", "session/a"]


def test_a_topic_of_one_s_own_says_whose_it_is() -> None:
    assert person_of((own_topic(17), "28d")) == 17
    assert person_of((own_topic(None), "28d")) is None
