"""The changes of alerts that a new evaluation of a rule makes. Pure.

An alert is known by the name of its scope and its start. An evaluation says what should be there from a time on; what
is there and should not be was taken back by later data, and is withdrawn.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from monitoring.alerts.state import Firing

Place = tuple[str, int]
"""The scope's name and the start of an alert, µs since 1970."""


@dataclass(frozen=True, slots=True)
class Known:
    """An alert as it is stored; times in µs since 1970."""

    key: int
    end: int | None
    peak: float | None
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the alert at `place`. `key` is None for a new one."""

    kind: Literal["fired", "ended", "reopened", "updated", "withdrawn"]
    place: Place
    key: int | None
    end: int | None
    peak: float | None


def place_of(scope: str, firing: Firing) -> Place:
    return scope, micros(firing.start)


def micros(seconds: float) -> int:
    return round(seconds * 1e6)


def changes(known: Mapping[Place, Known], found: Iterable[tuple[str, Firing]], since: int, now: int) -> list[Change]:
    """Returns the changes from the alerts that are known to the firings that were found. Known alerts that start before
    `since` (µs) and have ended stay as they are."""
    made, seen = [], set()
    for scope, firing in found:
        place = place_of(scope, firing)
        seen.add(place)
        change = _change(known.get(place), place, firing)
        if change:
            made.append(change)
    for place, alert in known.items():
        is_judged = place[1] >= since or alert.end is None
        if is_judged and place not in seen and not alert.withdrawn:
            made.append(Change("withdrawn", place, alert.key, max(place[1], now), alert.peak))
    return made


def _change(alert: Known | None, place: Place, firing: Firing) -> Change | None:
    end = None if firing.end is None else micros(firing.end)
    if alert is None:
        return Change("fired", place, None, end, firing.peak)
    if (alert.end, alert.peak, alert.withdrawn) == (end, firing.peak, False):
        return None
    was_firing = alert.end is None and not alert.withdrawn
    kind: Literal["ended", "reopened", "updated"] = "updated"
    if was_firing != (end is None):
        kind = "ended" if was_firing else "reopened"
    return Change(kind, place, alert.key, end, firing.peak)
