"""The past of a rule's figure as a curve with few points, to set a threshold on."""

from collections.abc import Iterable
from itertools import chain

from monitoring.alerts.answers import held_answers
from monitoring.alerts.history import history
from monitoring.alerts.rule import Rule
from monitoring.alerts.sessions import VALUES, sessions_between
from monitoring.alerts.state import Sample
from monitoring.events.shape import Shape

MAX_POINTS = 1_500


class Curve(Shape, frozen=True):
    """`points` are [t, least, largest] of equal parts of the time, `t` (s since 1970) being the start of a part; a part
    without a value has none. `width`: seconds of a part. `single`: the values are answers or sessions, not a line."""

    points: list[tuple[float, float, float]]
    width: float
    single: bool


def curve(rule: Rule, start: int, end: int) -> Curve:
    """Returns the values of a rule's figure in [start, end), s, of all its scopes together."""
    width = max(float(rule.step), (end - start) / MAX_POINTS)
    return Curve(thinned(_samples(rule, start, end), start, width), width, rule.step == 0)


def thinned(samples: Iterable[Sample], start: float, width: float) -> list[tuple[float, float, float]]:
    """Returns the least and the largest value of each part of `width` seconds, in order of time."""
    found: dict[int, tuple[float, float]] = {}
    for at, value in samples:
        if value is not None:
            part = int((at - start) // width)
            least, largest = found.get(part, (value, value))
            found[part] = min(least, value), max(largest, value)
    return [(start + part * width, *found[part]) for part in sorted(found)]


def _samples(rule: Rule, start: int, end: int) -> Iterable[Sample]:
    if rule.step:
        return chain.from_iterable(history(rule, start, end).samples.values())
    if rule.figure == "response_time":
        held = held_answers(rule, start, end)
        return ((one.start, wait) for (_, one), wait in zip(held.listed, held.waits, strict=True))
    value = VALUES[rule.figure]
    return (((one.last_at or 0) / 1e6, value(one)) for one in sessions_between(rule, start, end))
