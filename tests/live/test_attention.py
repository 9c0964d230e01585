"""What needs attention, from known facts: each sentence, its severity, and who gets it."""

import json
from dataclasses import replace
from typing import Any

import pytest

from monitoring.ingest.follower_status import Follower
from monitoring.journal.lag import StageLag
from monitoring.live.attention import Facts, Refused, attention
from monitoring.live.frame_builder import make_frame
from monitoring.live.hub import Reached
from monitoring.live.topics import Topic
from monitoring.operations.difference import ConsistencyReport
from monitoring.operations.failing_jobs import FailingJob
from monitoring.stats.reports.change import Degradation
from monitoring.stats.reports.operations import TooLong

AT = "2026-11-28T19:00:00Z"


def change(state: Any, since: str | None = None) -> Degradation:
    return Degradation(state, since, 0.0, 5.0, 2.0, 2.0, 300, "", week_p50=None, start=AT, to=AT, baseline_from=AT)


def checked(**counts: dict[str, int]) -> ConsistencyReport:
    return ConsistencyReport(AT, AT, 1.0, 9, 1, 2, 0, 0, 0, counts, [], "")


WELL = Facts(
    change=change("steady"),
    finished=100,
    failed=5,
    too_long=TooLong(86_400, 0, []),
    stages={"stats": StageLag(9, 0, 0.0, 0.0), "security": StageLag(9, 3, 15.0, 15.0)},
    jobs=[],
    refused=[],
    consistency=checked(),
    follower=None,
    disk=0.5,
)
SENTENCES: list[tuple[dict[str, Any], tuple[str, str]]] = [
    ({"change": change("slower", AT)}, ("warning", "Answers are slower than in the 24 hours before")),
    ({"change": change("unknown")}, ("unknown", "whether answers have become slower")),
    ({"failed": 6}, ("critical", "More than 5 % of the answers of the last 15 min failed")),
    ({"stages": {"stats": StageLag(9, 1, 15.1, 0.0)}}, ("warning", "Statistics: processing is more than 15 s behind")),
    ({"stages": {"odd": StageLag(9, 1, 99.0, 15.1)}}, ("critical", "odd: processing stands still")),
    ({"jobs": [FailingJob("retention", "OSError: full", AT)]}, ("warning", "The retention fails")),
    ({"refused": [Refused("rest", "whole request, 401")]},
     ("notice", "HTTP requests are refused: missing or invalid key (401)")),
    ({"refused": [Refused("odd", "whole request, 418")]}, ("notice", "odd requests are refused: status 418")),
    ({"refused": [Refused("otlp", "no time")]}, ("notice", "OpenTelemetry events are rejected: no time")),
    ({"follower": Follower(phase="polling", alive=False)}, ("critical", "The MongoDB follower does not run")),
    ({"follower": Follower(phase="waiting", alive=True, error="refused")},
     ("critical", "The chat application's MongoDB cannot be read")),
    ({"too_long": TooLong(86_400, 1, ["a"])}, ("notice", "1 session is open longer than 1 day")),
    ({"too_long": TooLong(7_200, 1_200, [])}, ("notice", "1,200 sessions are open longer than 2 hours")),
    ({"too_long": TooLong(90, 2, [])}, ("notice", "2 sessions are open longer than 90 s")),
    ({"is_counted": False},
     ("notice", "Statistics are switched off (CHAT_ENABLE_SESSION_STATISTICS): figures stand still, events are kept")),
    ({"firing": {"notice": 1}}, ("notice", "1 alert is firing")),
    ({"firing": {"notice": 2, "critical": 1}}, ("critical", "3 alerts are firing")),
    ({"consistency": None}, ("unknown", "whether the figures match their messages")),
    ({"consistency": checked(recalculation={"late": 1})}, ("warning", "1 figure disagrees with its source")),
    ({"consistency": checked(application={"missing here": 2})}, ("warning", "2 figures disagree with their source")),
    ({"disk": 0.9}, ("warning", "The disk is nearly full")),
    ({"disk": 0.97}, ("critical", "The disk is full")),
]  # fmt: skip


@pytest.mark.parametrize(("fact", "said"), SENTENCES, ids=[said[1] for _, said in SENTENCES])
def test_one_fact_is_one_sentence_with_a_link(fact: dict[str, Any], said: tuple[str, str]) -> None:
    (one,) = attention(replace(WELL, **fact))
    assert (one.severity, one.words) == said
    assert one.href.startswith("/")


@pytest.mark.parametrize(
    "fact",
    [
        {},
        {"finished": 19, "failed": 19},
        {"finished": 0, "failed": 0},
        {"consistency": checked(application={"late": 4, "deleted": 1})},
        {"follower": Follower(phase="polling", alive=True, error="")},
        {"disk": None},
        {"disk": 0.899},
    ],
)
def test_what_is_well_or_says_too_little_is_no_sentence(fact: dict[str, Any]) -> None:
    assert attention(replace(WELL, **fact)) == []


def test_the_most_severe_comes_first_and_what_is_unknown_last() -> None:
    found = attention(
        replace(WELL, change=change("unknown"), failed=50, too_long=TooLong(86_400, 1, []), disk=0.9)
    )  # fmt: skip
    assert [one.severity for one in found] == ["critical", "warning", "notice", "unknown"]


def test_a_sentence_says_since_when_where_that_is_known() -> None:
    jobs = [FailingJob("retention", "OSError", "2026-11-28T18:00:00Z")]
    assert [one.since for one in attention(replace(WELL, change=change("slower", AT), jobs=jobs))] == [
        AT,
        jobs[0].since,
    ]
    waits = Follower(phase="waiting", alive=True, error="refused", since=AT)
    assert attention(replace(WELL, follower=waits))[0].since == AT


def framed(topic: Topic) -> Any:
    return json.loads(make_frame(topic, None, Reached(0, 0, 0, 0.0)).text)


@pytest.mark.django_db
def test_the_frames_of_staff_have_it_and_those_of_owners_do_not() -> None:
    staff = [("overview", "1h"), ("usage", "28d"), ("responses", "7d"), ("operations", "7d"), ("session/none", "")]
    for topic in staff:
        kinds = {one["kind"] for one in framed(topic)["attention"]}
        assert {"slower", "consistency"} <= kinds, topic
    for topic in [("mine/7", "28d"), ("mine/", "28d"), ("session/none", "own")]:
        assert "attention" not in framed(topic), topic
