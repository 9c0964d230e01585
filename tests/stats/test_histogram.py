"""Counts in logarithmic buckets: close enough to read, exact enough to subtract."""

from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.stats.histogram import bucket_of, middle, quantile


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
