"""The threshold that gives a wanted number of alerts."""

from math import floor, log10

from msgspec.structs import replace

from monitoring.alerts.past import past, per_week
from monitoring.alerts.rule import Comparison, Rule
from monitoring.alerts.state import COMPARISONS
from monitoring.events.shape import Shape

MAX_PROPOSAL_STEPS = 24
"""The most thresholds that a proposal tries."""


class Proposal(Shape, frozen=True):
    """A threshold, the alerts a week that it would have given, and what is to be known of it, in words."""

    threshold: float
    per_week: float
    words: list[str]


def propose(rule: Rule, wanted: float, start: int, end: int) -> Proposal | None:
    """Returns the threshold nearest to the values with at most `wanted` firings a week in [start, end), s; None
    without values. Tries MAX_PROPOSAL_STEPS thresholds by bisection: of each value that occurred the nearest number
    of three digits that the value does not breach."""
    read = past(rule, start, end)
    is_low = rule.comparison.startswith("<")
    values = sorted({value for value in read.values() if value is not None}, reverse=is_low)
    if not values:
        return None
    rates: dict[float, float] = {}

    def rate(place: int) -> float:
        threshold = unbreached(rule.comparison, values[place])
        if threshold not in rates:
            rates[threshold] = per_week(read.play(moved(rule, threshold)), start, end)
        return rates[threshold]

    low, high = 0, len(values) - 1
    for _ in range(MAX_PROPOSAL_STEPS):
        if low >= high:
            break
        middle = (low + high) // 2
        low, high = (low, middle) if rate(middle) <= wanted else (middle + 1, high)
    found, reached = unbreached(rule.comparison, values[high]), rate(high)
    over = [(threshold, often) for threshold, often in rates.items() if often > wanted and threshold != found]
    nearest = min(over, key=lambda one: abs(one[0] - found), default=None)
    return Proposal(found, reached, _words(rule, wanted, reached, nearest))


def _words(rule: Rule, wanted: float, reached: float, nearest: tuple[float, float] | None) -> list[str]:
    if reached > wanted:
        why = " The rule fires without data too." if rule.no_data == "fire" else ""
        return [f"No threshold gives at most {wanted:g} alerts a week: this one gives {_often(reached)}.{why}"]
    if reached or not wanted or nearest is None:
        return []
    threshold, often = nearest
    return [
        f"No threshold gives more than 0 and at most {wanted:g} alerts a week: "
        f"this one never fires, and {threshold:g} gives {_often(often)}."
    ]


def _often(number: float) -> str:
    return f"{number:.0f}" if number >= 10 else f"{number:.1f}"


def unbreached(comparison: Comparison, value: float) -> float:
    """Returns the number of at most three digits nearest to `value` that is a threshold which `value` does not
    breach."""
    unit = 10.0 ** (floor(log10(abs(value))) - 2) if value else 0.01
    breaches, away = COMPARISONS[comparison], 1 if comparison.startswith(">") else -1
    units = round(value / unit)
    while breaches(value, float(f"{units * unit:.3g}")):
        units += away
    return float(f"{units * unit:.3g}")


def moved(rule: Rule, threshold: float) -> Rule:
    """Returns the rule with another threshold. The distance of the clearing threshold stays."""
    clear = None if rule.clear is None else rule.clear + threshold - rule.threshold
    return replace(rule, threshold=threshold, clear=clear)
