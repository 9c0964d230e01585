"""The thresholds that a proposal tries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.alerts.proposal import unbreached
from monitoring.alerts.rule import Comparison
from monitoring.alerts.state import COMPARISONS


@pytest.mark.parametrize(
    ("comparison", "value", "threshold"),
    [
        (">", 12.3, 12.3), (">", 12.34, 12.4), (">", 12.36, 12.4), (">", 999.6, 1000.0), (">", 0.0, 0.0),
        (">=", 12.3, 12.4), (">=", 1000.0, 1010.0), (">=", 0.0, 0.01),
        ("<", 12.36, 12.3), ("<", 12.3, 12.3), ("<=", 12.3, 12.2), ("<=", 0.0, -0.01),
    ],
)  # fmt: skip
def test_a_proposed_threshold_is_the_next_of_three_digits_that_a_value_does_not_breach(
    comparison: Comparison, value: float, threshold: float
) -> None:
    assert unbreached(comparison, value) == threshold


@given(st.sampled_from(sorted(COMPARISONS)), st.floats(1e-9, 1e12))
def test_no_value_breaches_the_threshold_made_of_it(comparison: Comparison, value: float) -> None:
    threshold = unbreached(comparison, value)
    assert not COMPARISONS[comparison](value, threshold)
    assert threshold == pytest.approx(value, rel=0.021)
