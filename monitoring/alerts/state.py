"""The state machine of a rule. It is the same live and on the past. Pure.

A sample is (time in s, value or None where the figure is unknown). `step` takes a state and a sample and returns the
next state and the transition. A rule that is breached becomes pending, fires after `for_seconds`, and ends when its
value is on the other side of the clearing threshold. It cannot become pending again before `cooldown_seconds` have
passed since its end.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from operator import ge, gt, le, lt
from typing import Literal

from monitoring.alerts.figure import MINUTE
from monitoring.alerts.rule import Rule

Sample = tuple[float, float | None]
Phase = Literal["ok", "pending", "firing"]
Transition = Literal["fired", "ended"] | None
COMPARISONS: dict[str, Callable[[float, float], bool]] = {">": gt, ">=": ge, "<": lt, "<=": le}


@dataclass(frozen=True, slots=True)
class State:
    """The phase since `since` (s), the most extreme value while it fires, and the end of the cool-down (s)."""

    phase: Phase = "ok"
    since: float = 0.0
    peak: float | None = None
    quiet_until: float = 0.0


@dataclass(frozen=True, slots=True)
class Firing:
    """A time in which a rule fires: from `start` until `end` (s), None while it fires. `peak` is the most extreme
    value."""

    start: float
    end: float | None
    peak: float | None


OK = State()


def step(rule: Rule, state: State, sample: Sample) -> tuple[State, Transition]:
    """Returns the next state, and the transition if the rule fired or ended."""
    at, value = sample
    if value is None and rule.no_data == "keep":
        return (state if state.phase == "firing" else replace(state, phase="ok")), None
    if state.phase == "firing":
        if _holds(rule, value):
            return replace(state, peak=_more_extreme(rule, state.peak, value)), None
        return State(quiet_until=at + rule.cooldown_seconds), "ended"
    if not _breaches(rule, value) or at < state.quiet_until:
        return replace(state, phase="ok"), None
    since = state.since if state.phase == "pending" else at
    if at - since < rule.for_seconds:
        return State("pending", since, quiet_until=state.quiet_until), None
    return State("firing", at, value, state.quiet_until), "fired"


def fold(rule: Rule, state: State, samples: Iterable[Sample]) -> tuple[State, list[Firing]]:
    """Returns the state after the samples, and the firings that ended or began in them, in order. The last one has no
    end while the rule fires."""
    found: list[Firing] = []
    breaches, threshold = COMPARISONS[rule.comparison], rule.threshold
    for at, value in samples:
        if state is OK and (breaches(value, threshold) is False if value is not None else rule.no_data != "fire"):
            continue  # most samples
        after, transition = step(rule, state, (at, value))
        if transition == "ended":
            found.append(Firing(state.since, at, state.peak))
        state = OK if after.phase == "ok" and after.quiet_until <= at else after
    if state.phase == "firing":
        found.append(Firing(state.since, None, state.peak))
    return state, found


def moments(rule: Rule, samples: Iterable[Sample], fired: Iterable[float] = ()) -> list[Firing]:
    """The firings of single values (`window_seconds` 0): each breach fires and ends at its own time, unless it lies in
    the cool-down of one before it. `fired` are the times (s) of the firings that are known already."""
    found: list[Firing] = []
    starts = sorted(fired)
    for at, value in samples:
        place = bisect_right(starts, at)
        is_quiet = place > 0 and (at - starts[place - 1] < rule.cooldown_seconds or at == starts[place - 1])
        if not is_quiet and _breaches(rule, value):
            found.append(Firing(at, at, value))
            starts.insert(place, at)
    return found


def is_certain(rule: Rule, value: float | None) -> bool:
    """True if what follows from a sample whose step is still filling cannot be undone by the rest of the step: a sum or
    a maximum, which only grows, breaches a rule with ">", or clears one with "<". Figures by the hour or the day are
    not waited for: any breach is taken, and taken back if the whole step has none."""
    if value is None:
        return False
    if rule.of.kind in ("sum", "maximum"):
        return _breaches(rule, value) if rule.comparison.startswith(">") else not _holds(rule, value)
    return rule.step > MINUTE and _breaches(rule, value)


def _breaches(rule: Rule, value: float | None) -> bool:
    if value is None:
        return rule.no_data == "fire"
    return COMPARISONS[rule.comparison](value, rule.threshold)


def _holds(rule: Rule, value: float | None) -> bool:
    """True while a firing rule does not end: its value has not passed the clearing threshold."""
    if value is None:
        return rule.no_data == "fire"
    return _breaches(rule, value) or COMPARISONS[rule.comparison](value, rule.clearing)


def _more_extreme(rule: Rule, held: float | None, value: float | None) -> float | None:
    if held is None or value is None:
        return held if value is None else value
    return max(held, value) if rule.comparison.startswith(">") else min(held, value)
