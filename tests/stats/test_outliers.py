"""What counts as unusually slow: the rule, its floors, and that histogram and message agree."""

import random
from itertools import pairwise
from math import exp, log
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st
from raw_traces import messages, waits
from traces import AGENTS

from monitoring.stats.histogram import GROWTH, bucket_of, middle
from monitoring.stats.reports.outliers import MIN_MAD, Reference, above, edge, judge, reference


def histogram(seconds: list[float]) -> dict[int, int]:
    counts: dict[int, int] = {}
    for value in seconds:
        bucket = bucket_of(round(value * 1e6))
        counts[bucket] = counts.get(bucket, 0) + 1
    return counts


def known(seconds: list[float]) -> Reference:
    found = reference(histogram(seconds))
    assert found is not None
    return found


def drawn(seed: int, amount: int, middle: float = 5.0, spread: float = 0.5) -> list[float]:
    chance = random.Random(seed)
    return [chance.lognormvariate(log(middle), spread) for _ in range(amount)]


def exactly(seconds: list[float]) -> tuple[float, float, float]:
    """Median, MAD and limit of the times themselves, without a histogram."""
    logs = sorted(log(max(value, 0.001)) for value in seconds)
    centre = median(logs)
    mad = max(MIN_MAD, median(abs(value - centre) for value in logs))
    return centre, mad, max(1.0, exp(centre + 3.5 / 0.6745 * mad))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("amount", [30, 31, 1_000])
def test_median_and_mad_are_those_of_the_logarithms(seed: int, amount: int) -> None:
    values = drawn(seed, amount)
    found, (centre, mad, _) = known(values), exactly(values)
    assert log(found.typical) == pytest.approx(centre, abs=0.01)
    assert found.mad == pytest.approx(mad, abs=0.02)
    raw = found.typical * exp(3.5 / 0.6745 * found.mad)
    assert raw <= (found.limit or 0) < raw * 1.0201, "rounded up to the next border"


def test_median_and_mad_lie_inside_a_bucket_and_between_two_that_have_half_each() -> None:
    middling = reference({100: 1, 200: 98, 300: 1})
    assert middling is not None
    assert middling.typical == pytest.approx(middle(200))
    between = reference({100: 50, 200: 50})
    assert between is not None
    assert between.typical == pytest.approx(edge(149.5), rel=0.001)
    assert between.mad == pytest.approx(50 * log(1.02), abs=0.001)
    early, late = reference({200: 40, 300: 60}), reference({200: 10, 300: 90})
    assert early is not None
    assert late is not None
    assert edge(299) < early.typical < late.typical < edge(300)


def by_model(name: str) -> dict[str, list[float]]:
    """A trace's response times (s), in order."""
    found: dict[str, list[float]] = {}
    for one in waits(messages(name)):
        found.setdefault(one.answer.model, []).append(one.wait / 1e6)
    return {model: values for model, values in found.items() if len(values) >= 30}


@pytest.mark.parametrize("name", AGENTS)
def test_the_limit_is_near_that_of_the_times_themselves_however_many_there_are(name: str) -> None:
    away = []
    for values in by_model(name).values():
        for amount in range(30, len(values) + 1, 7):
            found, (centre, mad, limit) = known(values[:amount]), exactly(values[:amount])
            assert log(found.typical) == pytest.approx(centre, abs=0.01)
            assert found.mad == pytest.approx(mad, abs=0.02)
            away.append(log((found.limit or 0) / limit))
    assert -0.09 < min(away) < max(away) < 0.1, "docs/figures.md says so"
    assert median(map(abs, away)) < 0.02


@pytest.mark.parametrize("name", AGENTS)
def test_one_answer_more_hardly_moves_the_limit(name: str) -> None:
    for values in by_model(name).values():
        limits = [known(values[:amount]).limit or 0 for amount in range(200, len(values) + 1)]
        moved = [abs(log(later / before)) for before, later in pairwise(limits)]
        most = 2 if name == "agents" else 3
        assert max(moved) < (most + 0.5) * 0.0199, "steps of the histogram; docs/figures.md says it of the real trace"
        assert sorted(moved)[len(moved) * 99 // 100] < (most - 0.5) * 0.0199


def test_an_answer_over_the_limit_is_named_with_its_score() -> None:
    found = known(drawn(1, 500))
    assert found.limit is not None
    slow = judge(found, found.limit * 2)
    assert slow is not None
    assert (slow.typical, slow.limit) == (found.typical, found.limit)
    assert slow.score == pytest.approx(0.6745 * log(found.limit * 2 / found.typical) / found.mad)
    times = f"{found.limit * 2 / found.typical:.1f} × the usual {found.typical:.1f} s"
    assert slow.rule == f"{times} (limit {found.limit:.1f} s, from 500 answers)"
    assert judge(found, found.limit) is None
    assert judge(found, 0.0) is None, "a fast answer is none, however far away"


def test_a_single_answer_is_its_own_median_and_no_answer_has_none() -> None:
    one = reference({300: 1})
    assert one
    assert (one.count, one.limit, one.mad) == (1, None, MIN_MAD)
    assert edge(299) < one.typical < edge(300)
    assert reference({}) is None


def test_the_mad_is_the_median_distance_within_buckets() -> None:
    """Two of three answers are 9.5 to 10.5 buckets from the median, and the third within half a bucket."""
    found = reference({100: 1, 110: 1, 120: 1})
    assert found
    assert found.typical == pytest.approx(edge(109.5))
    assert found.mad == pytest.approx(9.75 * log(float(GROWTH)))


def test_answers_within_the_first_bucket_count_as_its_border() -> None:
    found = reference({0: 3})
    assert found
    assert found.typical == edge(0) == 0.001


@pytest.mark.parametrize(("usual", "words"), [(99.9, "99.9 s"), (100.0, "100 s"), (100.6, "101 s")])
def test_seconds_have_a_decimal_below_a_hundred(usual: float, words: str) -> None:
    told = judge(Reference(50, usual, 200.0, 0.1), 300.0)
    assert told
    assert told.rule == f"{300 / usual:.1f} × the usual {words} (limit 200 s, from 50 answers)"


def test_a_model_with_few_answers_has_no_limit() -> None:
    found = known([2.0] * 28 + [500.0])
    assert (found.count, found.limit) == (29, None)
    assert judge(found, 500.0) is None
    assert above(found, {bucket_of(500_000_000): 1}) == {}
    assert judge(None, 500.0) is None
    assert reference({}) is None
    assert reference({9: 0}) is None


def test_a_model_that_is_always_equally_fast_does_not_make_everything_an_outlier() -> None:
    found = known([10.0] * 100)
    assert found.mad == MIN_MAD
    assert found.limit == pytest.approx(10.0 * exp(3.5 / 0.6745 * log(1.1)), rel=0.03)
    assert found.limit == pytest.approx(16.4, rel=0.03)
    assert judge(found, 14.0) is None
    assert judge(found, 17.0) is not None


@pytest.mark.parametrize("usual", [0.0, 0.000_5, 0.004, 0.2])
def test_nothing_under_a_second_is_an_outlier(usual: float) -> None:
    found = known([usual] * 100)
    assert judge(found, 0.99) is None
    assert judge(found, 1.03) is not None


@given(st.lists(st.integers(0, 200_000_000), min_size=30, max_size=60), st.integers(0, 10**10))
def test_histogram_and_message_say_the_same_and_the_score_is_over_its_limit(values: list[int], wait: int) -> None:
    counts: dict[int, int] = {}
    for value in values:
        counts[bucket_of(value)] = counts.get(bucket_of(value), 0) + 1
    found = reference(counts)
    verdict = judge(found, wait / 1e6)
    assert (verdict is not None) == (above(found, {bucket_of(wait): 1}) == {bucket_of(wait): 1})
    assert verdict is None or (verdict.score > 3.4999 and wait >= 1_000_000)


def test_a_bucket_ends_where_the_next_begins() -> None:
    for bucket in range(2, 900):
        assert bucket_of(int(edge(bucket) * 1e6)) in {bucket, bucket - 1}
        assert bucket_of(int(edge(bucket) * 1e6) + 1) in {bucket, bucket + 1}
        assert edge(bucket - 1) < middle(bucket) < edge(bucket)
