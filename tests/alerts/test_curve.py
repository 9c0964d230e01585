"""The curve on which a threshold is set."""

from monitoring.alerts.curve import thinned


def test_each_part_has_its_least_and_largest_value_and_gaps_stay_gaps() -> None:
    samples = [(0.0, 3.0), (60.0, 1.0), (120.0, None), (200.0, 5.0), (230.0, 5.0), (400.0, 2.0)]
    assert thinned(samples, 0, 100.0) == [(0.0, 1.0, 3.0), (200.0, 5.0, 5.0), (400.0, 2.0, 2.0)]
    assert thinned([], 0, 60.0) == []
