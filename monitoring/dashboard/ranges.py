"""The buttons that choose the time a page shows. Pure."""

from typing import NamedTuple

from monitoring.stats.bucket import DAY
from monitoring.stats.window import SPANS

UNITS = {"m": "min"}
"""Units in words that differ from the letter of a range."""


class Button(NamedTuple):
    """A choice: `value` is its window string. One is `chosen` at first."""

    value: str
    words: str
    chosen: bool


def default_range(usual: str, age: float | None) -> str:
    """The range that a page has at first: the usual one, or the shortest from a day on that holds all figures, of which
    the oldest is `age` seconds old (None: there are none)."""
    if age is None:
        return usual
    return next((name for name, span in SPANS.items() if age <= span <= SPANS[usual] and span >= DAY), usual)


def range_buttons(chosen: str) -> list[Button]:
    """The ranges up to now that each page with a time offers."""
    return [Button(value, _words(value), value == chosen) for value in SPANS]


def _words(window: str) -> str:
    """`15 min` for `15m`, `7 d` for `7d`."""
    return f"{window[:-1]} {UNITS.get(window[-1], window[-1])}"
