"""Rules on the answers and sessions that are kept."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from running import message

from monitoring.alerts import answers, backtest, past
from monitoring.alerts.proposal import propose
from monitoring.alerts.rule import Rule
from monitoring.events.envelope import Event, parse_all
from monitoring.pipeline.advance import advance
from monitoring.recording.record import commit
from monitoring.stats.stage import Stats

pytestmark = pytest.mark.django_db
DAY = 86_400
BEGIN = (datetime.now(UTC) - timedelta(days=2)).replace(minute=0, second=0, microsecond=0)
END = int(BEGIN.timestamp()) + 2 * DAY
START = END - 30 * DAY
SLOW = Rule("slow", "response_time", ">", 30.0, window_seconds=0)


@pytest.fixture(autouse=True)
def nothing_held() -> Iterator[None]:
    answers.forget_answers()
    yield
    answers.forget_answers()


def take(*waits: float, minute: int = 0) -> None:
    """Answers with these response times (s), a minute apart, each in a session of its own."""
    sent: list[dict[str, Any]] = []
    for number, wait in enumerate(waits, minute):
        asked = BEGIN + timedelta(minutes=number)
        sent.append(message(f"s{number}", f"q{number}", "user", asked))
        done = asked + timedelta(seconds=wait)
        sent.append(message(f"s{number}", f"a{number}", "assistant", done, model="m", total_tokens=10))
    parsed = parse_all([msgspec.json.encode(one) for one in sent], datetime.now(UTC))
    commit([one for one in parsed if isinstance(one, Event)])
    while advance(Stats()):
        pass


def peaks(rule: Rule) -> list[float | None]:
    return [one.peak for one in backtest.backtest(rule, START, END).firings]


def test_a_threshold_that_is_dragged_reads_no_answer_twice_and_a_late_one_is_read() -> None:
    take(10, 20, 40)
    assert peaks(SLOW) == [40.0]
    with CaptureQueriesContext(connection) as seen:
        assert peaks(msgspec.structs.replace(SLOW, threshold=15.0)) == [20.0, 40.0]
        assert propose(SLOW, 4.0, START, END)
    assert [one["sql"] for one in seen.captured_queries if "stats_message" in one["sql"]] == []
    take(50, minute=5)
    assert peaks(SLOW) == [40.0, 50.0]
    assert peaks(msgspec.structs.replace(SLOW, comparison="<", threshold=15.0)) == [10.0]
    assert peaks(msgspec.structs.replace(SLOW, scope="session", match="s5")) == [50.0]


@pytest.mark.parametrize(
    ("comparison", "threshold", "within", "kind"), [(">", 5.0, 35.0, "slowest"), ("<", 60.0, 15.0, "fastest")]
)
def test_of_too_many_answers_the_farthest_are_tried_which_the_words_say(
    monkeypatch: pytest.MonkeyPatch, comparison: Any, threshold: float, within: float, kind: str
) -> None:
    monkeypatch.setattr(answers, "MAX_SINGLE_VALUES", 2)
    take(10, 20, 30, 40)
    tried = msgspec.structs.replace(SLOW, comparison=comparison, threshold=threshold)
    found = backtest.backtest(tried, START, END)
    assert [one.peak for one in found.firings] == ([30.0, 40.0] if kind == "slowest" else [10.0, 20.0])
    assert found.exact_from is None
    assert any(f"the 2 {kind} are tried" in words for words in found.words)
    assert backtest.backtest(msgspec.structs.replace(tried, threshold=within), START, END).exact_from


@pytest.mark.parametrize(
    "rule",
    [
        SLOW,
        Rule("long", "session_duration", ">", 30.0, scope="session", window_seconds=0),
        Rule("average", "response_average", ">", 30.0, scope="session", window_seconds=0),
    ],
)
def test_a_week_is_that_of_the_figures_that_are_kept(rule: Rule) -> None:
    take(31, 32)
    found = backtest.backtest(rule, START, END)
    assert found.known_from is not None
    assert datetime.fromisoformat(found.known_from) == BEGIN
    assert (found.total, found.per_week) == (2, pytest.approx(7))
    assert any(words.startswith("Figures are kept from") for words in found.words)


def test_gained_lost_and_the_longest_are_of_all_firings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backtest, "MAX_FIRINGS", 2)
    take(50, 35, 35, 35, 35)
    saved = msgspec.structs.replace(SLOW, threshold=40.0)
    found = backtest.backtest(SLOW, START, END, saved)
    assert (found.total, len(found.firings), found.truncated, found.gained, found.lost) == (5, 2, True, 4, 0)
    alone = backtest.backtest(saved, START, END)
    assert (alone.truncated, alone.gained, alone.lost) == (False, None, None)
    average = Rule("average", "response_average", ">", 34.0, window_seconds=300)
    assert backtest.backtest(SLOW, START, END, average).lost == 0, "another figure is read on its own"


def test_a_proposal_says_when_no_threshold_reaches_the_wanted_number() -> None:
    take(10, 10, *[50] * 8)
    found = propose(SLOW, 2.0, START, END)
    assert found is not None
    assert (found.threshold, found.per_week) == (50.0, 0.0)
    assert found.words == [
        "No threshold gives more than 0 and at most 2 alerts a week: this one never fires, and 10 gives 28."
    ]
    assert propose(SLOW, 30.0, START, END).words == []  # type: ignore[union-attr]
    silent = Rule("silent", "error_rate", ">=", 0.5, window_seconds=60, no_data="fire")
    nothing = propose(silent, 2.0, START, END)
    assert nothing is not None
    assert nothing.per_week > 2
    assert "No threshold gives at most 2 alerts a week" in nothing.words[0]


def test_the_past_of_nothing_is_unknown() -> None:
    assert past.past(SLOW, START, END).play(SLOW) == ([], 0, None, "")
    assert propose(SLOW, 2.0, START, END) is None
