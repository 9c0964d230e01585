"""The state machine of a rule, sample by sample: live and backtest share it, so comparing them does not test it."""

import pytest
from msgspec.structs import replace

from monitoring.alerts.rule import Rule
from monitoring.alerts.state import OK, Firing, Sample, fold, moments, step

RULE = Rule("r", "error_rate", ">", 5.0, window_seconds=60)


def at(*values: float | None) -> list[Sample]:
    """A sample each minute."""
    return [(60.0 * number, value) for number, value in enumerate(values)]


def firings(rule: Rule, *values: float | None) -> list[tuple[float, float | None, float | None]]:
    """Start and end in minutes, and peak."""
    found = fold(rule, OK, at(*values))[1]
    return [(one.start / 60, None if one.end is None else one.end / 60, one.peak) for one in found]


@pytest.mark.parametrize(
    ("comparison", "values", "found"),
    [
        (">", (5.0, 5.1, 9.0, 5.0), [(1, 3, 9.0)]),
        (">=", (4.9, 5.0, 4.9), [(1, 2, 5.0)]),
        ("<", (5.0, 4.0, 2.0, 5.0), [(1, 3, 2.0)]),
        ("<=", (5.1, 5.0, 5.1), [(1, 2, 5.0)]),
        (">", (6.0, 1.0, 7.0), [(0, 1, 6.0), (2, None, 7.0)]),
    ],
)
def test_it_fires_beyond_the_threshold_and_ends_at_it(
    comparison: str, values: tuple[float, ...], found: list[object]
) -> None:
    assert firings(replace(RULE, comparison=comparison), *values) == found


def test_it_ends_at_the_clearing_threshold() -> None:
    rule = replace(RULE, clear=3.0)
    assert firings(rule, 6.0, 4.0, 3.1, 3.0, 4.0) == [(0, 3, 6.0)]
    low = replace(RULE, comparison="<", clear=8.0)
    assert firings(low, 4.0, 7.0, 8.0, 7.0) == [(0, 2, 4.0)]


def test_it_fires_once_it_was_breached_for_long_enough_without_a_break() -> None:
    rule = replace(RULE, for_seconds=120)
    assert firings(rule, 6.0, 6.0, 1.0, 6.0, 6.0) == []
    assert firings(rule, 6.0, 6.0, 7.0, 8.0, 1.0) == [(2, 4, 8.0)]


def test_it_is_quiet_for_its_cool_down_and_waits_anew_after_it() -> None:
    rule = replace(RULE, cooldown_seconds=180)
    assert firings(rule, 6.0, 1.0, 6.0, 6.0, 6.0) == [(0, 1, 6.0), (4, None, 6.0)]
    waits = replace(rule, for_seconds=60)
    assert firings(waits, 6.0, 6.0, 1.0, 6.0, 6.0, 6.0, 6.0) == [(1, 2, 6.0), (6, None, 6.0)]


@pytest.mark.parametrize(
    ("no_data", "found"),
    [("keep", [(0, 2, 6.0)]), ("clear", [(0, 1, 6.0)]), ("fire", [(0, 2, 6.0), (3, None, None)])],
)
def test_without_data_it_keeps_its_state_is_clear_or_is_breached(no_data: str, found: list[object]) -> None:
    assert firings(replace(RULE, no_data=no_data), 6.0, None, 1.0, None) == found


def test_without_data_one_that_waits_begins_anew() -> None:
    rule = replace(RULE, for_seconds=120)
    assert firings(rule, 6.0, 6.0, None, 6.0, 6.0) == []


def test_a_step_names_its_transition() -> None:
    state, transition = step(RULE, OK, (0.0, 6.0))
    assert (state.phase, transition) == ("firing", "fired")
    assert step(RULE, state, (60.0, 6.0))[1] is None
    assert step(RULE, state, (60.0, 5.0))[1] == "ended"


def test_folding_in_two_parts_is_folding_once() -> None:
    rule = replace(RULE, for_seconds=60, cooldown_seconds=120)
    samples = at(6.0, 6.0, 1.0, 6.0, 6.0, 6.0, 1.0, 6.0)
    whole = fold(rule, OK, samples)
    for number in range(len(samples)):
        state, first = fold(rule, OK, samples[:number])
        first = first[:-1] if state.phase == "firing" else first
        after, second = fold(rule, state, samples[number:])
        assert (after, first + second) == whole


def test_a_single_value_fires_for_a_moment_and_not_in_the_cool_down_of_one_before() -> None:
    rule = Rule("r", "response_time", ">", 5.0, window_seconds=0, cooldown_seconds=100)
    values = [(0.0, 6.0), (99.0, 7.0), (100.0, 8.0), (200.0, 5.0)]
    assert moments(rule, values) == [Firing(0.0, 0.0, 6.0), Firing(100.0, 100.0, 8.0)]
    assert moments(rule, values, fired=[50.0]) == [Firing(0.0, 0.0, 6.0)]
    assert moments(replace(rule, cooldown_seconds=0), values[:2], fired=[0.0]) == [Firing(99.0, 99.0, 7.0)]
