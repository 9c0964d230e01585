"""The firings that two rules have in common. Pure.

Two firings are the same if they overlap in one scope when each is extended by the cool-down of its rule: within that
time the rule is silent, so another threshold can move a firing of the same incident.
"""

from collections import defaultdict
from collections.abc import Iterable
from math import inf
from typing import NamedTuple

from monitoring.alerts.state import Firing

Named = tuple[str, Firing]
Times = dict[str, list[tuple[float, float]]]
"""(start, extended end) of firings in order of time, by scope name."""


class Difference(NamedTuple):
    """The numbers of firings that only the one rule has, and that only the other has."""

    gained: int
    lost: int


def difference(tried: Iterable[Named], cooldown: float, saved: Iterable[Named], saved_cooldown: float) -> Difference:
    """Returns what a rule gains and loses against a saved one, from the firings of both in order of time."""
    mine, theirs = _times(tried, cooldown), _times(saved, saved_cooldown)
    return Difference(_alone(mine, theirs), _alone(theirs, mine))


def _times(firings: Iterable[Named], cooldown: float) -> Times:
    found: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    for name, firing in firings:
        found[name].append((firing.start, inf if firing.end is None else firing.end + cooldown))
    return found


def _alone(mine: Times, theirs: Times) -> int:
    return sum(len(listed) - _shared(listed, theirs.get(name, [])) for name, listed in mine.items())


def _shared(mine: list[tuple[float, float]], theirs: list[tuple[float, float]]) -> int:
    """The number of times of the one that overlap a time of the other. The times of one rule do not overlap."""
    shared = place = 0
    for start, end in mine:
        while place < len(theirs) and theirs[place][1] < start:
            place += 1
        shared += place < len(theirs) and theirs[place][0] <= end
    return shared
