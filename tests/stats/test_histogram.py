"""Counts in logarithmic buckets: close enough to read, exact enough to subtract."""

from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.stats.histogram import bucket_of, by_name, int_keys, middle, quantile, quantiles


@given(st.integers(1_001, 86_400_000_000))
def test_a_bucket_s_middle_is_within_one_percent_of_what_is_in_it(micros: int) -> None:
    assert middle(bucket_of(micros)) == pytest.approx(micros / 1e6, rel=0.0101)


@given(st.lists(st.integers(0, 10**10), min_size=1, max_size=60), st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_a_quantile_is_the_value_at_its_rank(waits: list[int], share: float) -> None:
    counts: dict[int, int] = {}
    for wait in waits:
        counts[bucket_of(wait)] = counts.get(bucket_of(wait), 0) + 1
    at_rank = sorted(waits)[max(1, ceil(len(waits) * share)) - 1]
    assert quantile(counts, share) == middle(bucket_of(at_rank))


def test_where_nobody_waited_there_is_no_quantile() -> None:
    assert quantile({}, 0.5) is None
    assert quantile({3: 0}, 0.5) is None


@pytest.mark.parametrize(
    ("micros", "bucket"), [(0, 0), (999, 0), (1_000, 0), (1_001, 1), (1_019, 1), (1_021, 2), (1_000_000, 349)]
)
def test_buckets_begin_above_a_millisecond_and_grow_by_two_percent(micros: int, bucket: int) -> None:
    assert bucket_of(micros) == bucket


@pytest.mark.parametrize(("bucket", "seconds"), [(0, 0.0), (1, 0.00100995), (2, 0.00103015), (349, 0.993482)])
def test_the_middle_of_a_bucket_is_geometric(bucket: int, seconds: float) -> None:
    assert middle(bucket) == pytest.approx(seconds, rel=1e-4)


def test_several_quantiles_are_found_in_one_pass() -> None:
    counts = {10: 1, 20: 8, 30: 1}
    assert quantiles(counts, (0.05, 0.1, 0.11, 0.9, 0.91, 1)) == [middle(b) for b in (10, 10, 20, 20, 30, 30)]


def test_a_histogram_from_which_more_was_taken_than_it_had_has_no_quantile() -> None:
    assert quantiles({1: 1, 2: -2}, (0.5,)) == []


def test_counts_by_bucket_and_name_become_a_histogram_for_each_name() -> None:
    counts = {"3:m1": 2, "4:m1": 1, "3:m2": 5, "7:name:with:colons": 1, "8": 9}
    assert by_name(counts) == {"m1": {3: 2, 4: 1}, "m2": {3: 5}, "name:with:colons": {7: 1}, "": {8: 9}}
    assert by_name({}) == {}


def test_keys_of_json_become_integers() -> None:
    assert int_keys({"3": 2, "-1": 5}) == {3: 2, -1: 5}
