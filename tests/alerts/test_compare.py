"""What a rule gains and loses against another."""

from hypothesis import given
from hypothesis import strategies as some

from monitoring.alerts.answers import Answers
from monitoring.alerts.compare import difference
from monitoring.alerts.rule import Rule
from monitoring.alerts.state import Firing, moments

answers = some.lists(some.tuples(some.integers(0, 40), some.sampled_from(["a", "b"]), some.integers(0, 9)), max_size=40)


def held(drawn: list[tuple[int, str, int]]) -> Answers:
    listed = [(name, Firing(at, at, float(wait))) for at, name, wait in sorted(drawn)]
    return Answers(listed, [one.peak or 0.0 for _, one in listed], len(listed), None)


def slow(threshold: float, cooldown: int = 0) -> Rule:
    return Rule("slow", "response_time", ">", threshold, "model", window_seconds=0, cooldown_seconds=cooldown)


def test_firings_are_the_same_where_they_overlap_in_one_scope() -> None:
    saved = [("", Firing(60, 120, 1)), ("", Firing(300, 360, 1))]
    assert difference(saved, 0, saved, 0) == (0, 0)
    tried = [("", Firing(90, 180, 1)), ("other", Firing(300, 360, 1)), ("", Firing(480, None, 1))]
    assert difference(tried, 0, saved, 0) == (2, 1)
    assert difference(tried, 0, saved, 119) == (2, 1)
    assert difference(tried, 0, saved, 120) == (1, 0)


@given(answers, some.integers(0, 9), some.integers(0, 5), some.integers(0, 20))
def test_a_higher_threshold_of_single_answers_gains_nothing_and_a_lower_one_loses_nothing(
    drawn: list[tuple[int, str, int]], threshold: int, more: int, cooldown: int
) -> None:
    low, high = slow(threshold, cooldown), slow(threshold + more, cooldown)
    few, many = held(drawn).breaching(high), held(drawn).breaching(low)
    assert difference(few, cooldown, many, cooldown).gained == 0
    assert difference(many, cooldown, few, cooldown).lost == 0


@given(answers, some.integers(0, 9), some.integers(0, 20))
def test_held_answers_fire_as_those_that_arrive(
    drawn: list[tuple[int, str, int]], threshold: int, cooldown: int
) -> None:
    rule, found = slow(threshold, cooldown), held(drawn)
    for name in ("a", "b"):
        samples = [(one.start, one.peak) for scope, one in found.listed if scope == name]
        assert [one for scope, one in found.breaching(rule) if scope == name] == moments(rule, samples)
