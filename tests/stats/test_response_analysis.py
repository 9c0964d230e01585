"""The report on response times against a recalculation from the lines of a real trace, and small exact cases."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import exp, log
from statistics import fmean, median, pstdev
from typing import Any

import msgspec
import pytest
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from msgspec import to_builtins
from raw_traces import Waited, count_trace, kept, messages, percentile, rows, waits
from running import message
from traces import AGENTS

from monitoring.events.envelope import Event, parse_all
from monitoring.pipeline.advance import advance
from monitoring.recording.record import commit
from monitoring.stats.bucket import DAY, HOUR, grouped
from monitoring.stats.histogram import bucket_of, by_name, middle
from monitoring.stats.metrics import MODEL_RESPONSE_TIME, RESPONSE_TIME
from monitoring.stats.reports import responses_report
from monitoring.stats.reports.responses import (
    MAX_BARS,
    PeriodResponses,
    bars,
    figures,
    models,
    period_responses,
    points,
    slow_ranks,
    sum_counts,
)
from monitoring.stats.stage import Stats
from monitoring.stats.window import days_up_to

WEEK = 7 * DAY


@pytest.fixture(params=AGENTS)
def name(request: pytest.FixtureRequest) -> str:
    """A trace."""
    return str(request.param)


def answers(name: str) -> list[Waited]:
    return list(waits(messages(name)))


def times(found: list[Waited]) -> list[float]:
    """Response times in s."""
    return [one.wait / 1e6 for one in found]


def near(value: float | None, exact: float) -> bool:
    """Within the 1 % of the histogram; below a millisecond nothing is told apart."""
    return value is not None and abs(value - exact) <= 0.0101 * exact + 0.001


def whole(name: str) -> dict[str, dict[int, int]]:
    """The trace's histograms by model, as the fold keeps them by days."""
    return by_name(sum_counts(MODEL_RESPONSE_TIME.read(row.counts) for row in rows(kept(name), DAY)))


def test_percentiles_mean_and_spread_are_those_of_the_sorted_response_times(name: str) -> None:
    found, exact = to_builtins(figures(sum_counts(whole(name).values()))), times(answers(name))
    assert found is not None
    assert found["count"] == len(exact)
    for share in (50, 90, 95, 99):
        assert near(found[f"p{share}"], percentile(exact, share / 100)), share
    assert found["mean"] == pytest.approx(fmean(exact), rel=0.0101)
    quarters = percentile(exact, 0.25), percentile(exact, 0.75)
    assert abs(found["iqr"] - (quarters[1] - quarters[0])) <= 0.0101 * sum(quarters)
    logs = [log(max(value, 0.001)) for value in exact]
    assert found["spread"] == pytest.approx(exp(pstdev(logs)), rel=0.02)


def test_figures_of_a_single_answer_have_no_spread_and_of_none_are_not_known() -> None:
    one = middle(bucket_of(2_000_000))
    assert to_builtins(figures({bucket_of(2_000_000): 1})) == dict.fromkeys(
        ("mean", "p50", "p90", "p95", "p99"), one
    ) | {
        "count": 1,
        "iqr": 0.0,
        "spread": 1.0,
    }
    assert to_builtins(figures({})) is None
    assert to_builtins(figures({4: 0})) is None


def test_bars_hold_every_answer_between_their_borders(name: str) -> None:
    exact = [one.wait for one in answers(name)]
    made = to_builtins(bars(sum_counts(whole(name).values())))
    assert 20 < len(made) <= MAX_BARS
    assert all(before["to"] == after["from"] for before, after in pairwise(made))
    assert made[0]["from"] <= min(exact) / 1e6
    for bar in made:
        assert bar["count"] == sum(bar["from"] * 1e6 < wait <= bar["to"] * 1e6 for wait in exact) + (
            exact.count(0) if bar["from"] == 0 else 0
        )
    assert sum(bar["count"] for bar in made) == len(exact)
    assert to_builtins(bars({})) == []
    assert to_builtins(bars({0: 3})) == [{"from": 0.0, "to": 0.001, "count": 3}]


def test_each_model_has_its_own_percentiles(name: str) -> None:
    found = to_builtins(models(whole(name), {}))
    names = Counter(one.answer.model for one in answers(name))
    assert [(row["model"], row["count"]) for row in found] == names.most_common()
    for row in found:
        exact = [one.wait / 1e6 for one in answers(name) if one.answer.model == row["model"]]
        for share in (50, 90, 95, 99):
            assert near(row[f"p{share}"], percentile(exact, share / 100))
        assert (row["typical"], row["limit"], row["outliers"]) == (None, None, 0)


@pytest.mark.parametrize("width", [HOUR, DAY])
def test_every_hour_and_day_has_the_percentiles_of_its_answers(width: int, name: str) -> None:
    by_start = defaultdict(list)
    for one in answers(name):
        by_start[one.answer.done // (width * 1_000_000) * width].append(one.wait / 1e6)
    held = {row.start: period_responses(RESPONSE_TIME.histogram(row.counts)) for row in rows(kept(name), width)}
    assert {start for start, found in held.items() if found.count} == set(by_start)
    for start, exact in by_start.items():
        assert held[start].count == len(exact)
        assert near(held[start].p50, percentile(exact, 0.5))
        assert near(held[start].p95, percentile(exact, 0.95))


def test_a_point_stands_beside_the_same_hour_of_the_weeks_before() -> None:
    start = 40 * WEEK
    p50s = {0: 9.0, 1: 4.0, 2: 6.0, 4: 1.0, 5: 100.0}
    held = {start - week * WEEK: PeriodResponses(3, p50, 2 * p50) for week, p50 in p50s.items()}
    held[start - 3 * WEEK] = PeriodResponses(0, None, None)
    held[start + HOUR - WEEK] = PeriodResponses(8, 7.0, 7.5)
    here, after, gap = to_builtins(points([start, start + HOUR, start + 2 * HOUR], held))
    before = {"weeks": 3, "low": 1.0, "p50": 4.0, "high": 6.0}
    assert here == {"t": start, "count": 3, "p50": 9.0, "p95": 18.0, "before": before}
    assert (after["count"], after["p50"]) == (0, None)
    assert after["before"] == {"weeks": 1, "low": 7.0, "p50": 7.0, "high": 7.0}
    assert gap == {"t": start + 2 * HOUR, "count": 0, "p50": None, "p95": None, "before": None}


def test_models_whose_names_have_colons_stay_whole() -> None:
    of = MODEL_RESPONSE_TIME.of
    groups = grouped({of(7, "llama3.2:latest"): 2, of(9, "llama3.2:latest"): 1, of(9, 'a,b"c'): 4})
    assert MODEL_RESPONSE_TIME.histograms(groups) == {"llama3.2:latest": {7: 2, 9: 1}, 'a,b"c': {9: 4}}


def test_outliers_are_looked_for_on_the_newest_days_and_only_as_far_as_they_are_shown() -> None:
    over = [(300, "300:a"), (290, "290:b"), (280, "280:a")]
    seen = []

    def days() -> Iterator[tuple[int, dict[str, int]]]:
        for day, counts in ((9, {"280:a": 1, "300:a": 2}), (8, {"200:a": 50}), (7, {"290:b": 1}), (6, {})):
            seen.append(day)
            yield day * DAY, counts

    assert slow_ranks(days(), over, 4) == [9 * 4096 + 300, 9 * 4096 + 280, 7 * 4096 + 290]
    assert seen == [9, 8, 7], "four are found"
    assert slow_ranks(days(), over, 2) == [9 * 4096 + 300]
    assert slow_ranks(days(), [], 4) == []


@pytest.fixture
def folded(db: None, name: str) -> float:
    """The trace in the database; a moment after its end, s."""
    with override_settings(STATISTICS_RETENTION_DAYS=2_000):
        count_trace(name)
    return max(one.done for one in messages(name)) / 1e6 + 1


@pytest.mark.parametrize("days", [1, 3, 8, 30])
def test_the_report_from_the_database_is_that_of_the_lines(folded: float, days: int, name: str) -> None:
    found = to_builtins(responses_report.responses(days_up_to(days, folded), folded))
    first = folded // DAY * DAY - (days - 1) * DAY
    inside = [one for one in answers(name) if one.answer.done >= first * 1e6]
    assert found["figures"]["count"] == len(inside)
    assert near(found["figures"]["p95"], percentile(times(inside), 0.95))
    assert sum(bar["count"] for bar in found["histogram"]) == len(inside)
    assert [point["t"] for point in found["daily"]] == [int(first) + day * DAY for day in range(days)]
    assert sum(point["count"] for point in found["daily"]) == len(inside)
    trend = found["trend"]
    assert sum(point["count"] for point in trend["points"]) == len(inside)
    assert trend["step"] == (HOUR if days <= 8 else DAY)
    if trend["step"] == HOUR:
        assert len(trend["points"]) == int(folded - first) // HOUR + 1
    assert found["degradation"]["state"] in {"steady", "slower", "unknown"}


@override_settings(STATISTICS_RETENTION_DAYS=2_000)
def test_the_time_before_ends_at_the_same_hour_of_its_last_day(folded: float, name: str) -> None:
    """A week so far is not compared with a whole week."""
    found = answers(name)
    for one in random.Random(4).sample(found, 5):
        now = one.answer.done / 1e6 + WEEK
        earlier = days_up_to(7, now).earlier(WEEK)
        report = responses_report.responses(earlier, now)
        inside = [each for each in found if earlier.start <= each.answer.done / 1e6 < earlier.until]
        assert earlier.until % DAY
        assert report.figures is not None
        assert report.figures.count == len(inside) == sum(point.count for point in report.daily)
        assert sum(model.count for model in report.models) == len(inside)
        ends = [datetime.fromisoformat(answer.at).timestamp() for answer in report.outliers]
        assert all(earlier.start - 3_600 <= end < earlier.until for end in ends)


@pytest.mark.parametrize("days", [2, 30])
def test_outliers_are_named_message_by_message(folded: float, days: int, name: str) -> None:
    """Judged again from the raw response times by the rule's own words."""
    found = to_builtins(responses_report.responses(days_up_to(days, folded), folded))
    first = (folded // DAY * DAY - (days - 1) * DAY) * 1e6
    wanted: dict[str, float] = {}
    for model in {one.answer.model for one in answers(name)}:
        own = {one.answer.id: one.wait / 1e6 for one in answers(name) if one.answer.model == model}
        logs = [log(max(wait, 0.001)) for wait in own.values()]
        mad = median(abs(value - median(logs)) for value in logs)
        late = {one.answer.id for one in answers(name) if one.answer.done >= first}
        scores = {id: 0.6745 * (log(max(wait, 0.001)) - median(logs)) / mad for id, wait in own.items() if id in late}
        wanted |= {id: score for id, score in scores.items() if score > 3.4}
    named = {row["message_id"]: row["score"] for row in found["outliers"]}
    assert len(named) == len(found["outliers"]) == sum(row["outliers"] for row in found["models"])
    assert len(named) >= (3 if days == 30 else 0)
    assert set(named) <= set(wanted)
    assert {id for id, score in wanted.items() if score > 3.6} <= set(named), "but for the histogram's steps"
    exact = {one.answer.id: one for one in answers(name)}
    for row in found["outliers"]:
        one = exact[row["message_id"]]
        assert (row["session_id"], row["model"], row["wait"]) == (one.answer.session, one.answer.model, one.wait / 1e6)
        assert row["wait"] > row["limit"] > row["typical"]
        assert row["score"] == pytest.approx(wanted[row["message_id"]], rel=0.03)
    order = [(-(exact[row["message_id"]].answer.done // (DAY * 1_000_000)), -row["wait"]) for row in found["outliers"]]
    assert order == sorted(order)


def test_references_are_of_thirty_days_and_the_same_for_report_and_timeline(folded: float, name: str) -> None:
    usual = responses_report.references(folded)
    for row in to_builtins(responses_report.responses(days_up_to(1, folded), folded))["models"]:
        assert (row["typical"], row["limit"]) == (usual[row["model"]].typical, usual[row["model"]].limit)
    for model, known in usual.items():
        exact = [one.wait / 1e6 for one in answers(name) if one.answer.model == model]
        assert known.count == len(exact)
        assert near(known.typical, median(exact))
    assert responses_report.references(folded + 40 * DAY) == {}


@pytest.fixture
def slowed(db: None) -> float:
    """210 answers of 2 s over yesterday, then 130 of 60 s in the last twenty minutes; now, s."""
    now = datetime.now(UTC)
    usual = [(now - timedelta(hours=7, minutes=6 * turn), 2) for turn in range(210)]
    slow = [(now - timedelta(minutes=2, seconds=8 * turn), 60) for turn in range(130)]
    made = []
    for turn, (done, wait) in enumerate(usual + slow):
        made.append(message(f"s{turn}", f"q{turn}", "user", done - timedelta(seconds=wait)))
        made.append(message(f"s{turn}", f"a{turn}", "assistant", done, model="llama3.2:latest"))
    commit([one for one in parse_all([msgspec.json.encode(one) for one in made], now) if isinstance(one, Event)])
    while advance(Stats()):
        pass
    return now.timestamp()


def test_a_slow_down_is_told_with_its_minute_and_no_more_than_a_hundred_outliers_are_listed(slowed: float) -> None:
    found = to_builtins(responses_report.responses(days_up_to(3, slowed), slowed))
    (model,) = found["models"]
    assert (model["model"], model["count"], model["outliers"]) == ("llama3.2:latest", 340, 130)
    assert len(found["outliers"]) == 100
    assert {row["wait"] for row in found["outliers"]} == {60.0}
    assert near(model["typical"], 2.0)
    change = found["degradation"]
    assert (change["state"], change["score"], change["answers"]) == ("slower", 10.0, 130)
    began = datetime.fromisoformat(change["since"]).timestamp()
    assert slowed - began == pytest.approx(120 + 8 * 129, abs=60)
    assert near(change["baseline_p50"], 2.0)
    assert near(change["now_p50"], 60.0)


def test_with_one_statement_for_each_column_that_is_read_the_report_is_made(slowed: float) -> None:
    """Days (three columns, over other times), hours, minutes, the outliers' messages, and their sessions."""
    with CaptureQueriesContext(connection) as asked:
        to_builtins(responses_report.responses(days_up_to(8, slowed), slowed))
    assert len(asked) == 7


@pytest.mark.django_db
def test_where_nobody_asked_nothing_is_known() -> None:
    found = to_builtins(responses_report.responses(days_up_to(7, 1_790_000_000.0), 1_790_000_000.0))
    nothing: dict[str, Any] = {"count": 0, "p50": None, "p95": None, "before": None}
    assert (found["figures"], found["histogram"], found["models"], found["outliers"]) == (None, [], [], [])
    assert all(point | {"t": 0} == nothing | {"t": 0} for point in (*found["daily"], *found["trend"]["points"]))
    assert (found["degradation"]["state"], found["degradation"]["score"]) == ("unknown", None)
    times = [found["degradation"][name] for name in ("baseline_from", "from", "to")]
    assert times == ["2026-09-20T09:00:00.000Z", "2026-09-21T09:00:00.000Z", "2026-09-21T14:13:20.000Z"]
    assert found["skewed"] == 0
