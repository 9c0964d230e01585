"""Stretches of a list that is in the order of (column, key): where one goes on, and how it is cut. Pure.

Every stretch is one range of the index (column, key), so that a database seeks it and never skips: rows of the same
value are a stretch of their own, in the order of their keys. What is unknown stands last, whichever way the order is.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

LOWEST, HIGHEST = -(2**62), 2**62
"""Below and above every value and every key."""


class RowCursor(NamedTuple):
    """A row's place in the order; None where its value is unknown."""

    value: int | None
    key: int


@dataclass(frozen=True, slots=True)
class Range:
    """Values between the two, both excluded."""

    low: int = LOWEST
    high: int = HIGHEST

    @property
    def is_empty(self) -> bool:
        return self.high - self.low < 2

    def where(self, column: str) -> dict[str, int | bool]:
        """The look-ups that select it."""
        return {f"{column}__gt": self.low, f"{column}__lt": self.high}


@dataclass(frozen=True, slots=True)
class Tie:
    """One value (None: unknown), and keys between the two, both excluded."""

    value: int | None = None
    low: int = LOWEST
    high: int = HIGHEST

    @property
    def is_empty(self) -> bool:
        return self.high - self.low < 2

    def where(self, column: str) -> dict[str, int | bool]:
        """The look-ups that select it."""
        value: dict[str, int | bool] = {f"{column}__isnull": True} if self.value is None else {column: self.value}
        keys = {"key__gt": self.low, "key__lt": self.high}
        return value | {name: key for name, key in keys.items() if LOWEST < key < HIGHEST}


Span = Range | Tie


def split(span: Span, place: RowCursor, down: bool) -> tuple[list[Span], list[Span]]:
    """What lies in a span up to a place in it, the place included, and what comes after it; both in order."""
    value, key = place
    if isinstance(span, Tie):
        higher, lower = Tie(span.value, key, span.high), Tie(span.value, span.low, key)
        at = Tie(span.value, key - 1, span.high) if down else Tie(span.value, span.low, key + 1)
        return _full([at]), _full([lower if down else higher])
    here = value if value is not None else span.high
    above, below = Range(here, span.high), Range(span.low, here)
    if down:
        return _full([above, Tie(here, key - 1)]), _full([Tie(here, LOWEST, key), below])
    return _full([below, Tie(here, LOWEST, key + 1)]), _full([Tie(here, key), above])


def after(spans: Iterable[Span], place: RowCursor | None, down: bool) -> list[Span]:
    """What is left of a list's spans after a place; all of it without one. The place need not be in the list."""
    if place is None:
        return _full(spans)
    left: list[Span] = []
    for span in spans:
        left += _rest(span, place, down)
    return left


def _rest(span: Span, place: RowCursor, down: bool) -> list[Span]:
    if isinstance(span, Tie):
        return split(span, place, down)[1] if span.value == place.value else _full([span])
    if place.value is None:
        return []
    if span.low < place.value < span.high:
        return split(span, place, down)[1]
    passed = place.value <= span.low if down else place.value >= span.high
    return [] if passed else _full([span])


def _full(spans: Iterable[Span]) -> list[Span]:
    return [span for span in spans if not span.is_empty]
