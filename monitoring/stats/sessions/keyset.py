"""Keyset pagination over the order (column, key): ranges, cursors and splits. Pure.

Each span is one range of the index (column, key), so that a database seeks to it and skips no rows. Rows with equal
values are a span of their own, in the order of their keys. Unknown values come last in both directions.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

LOWEST, HIGHEST = -(2**62), 2**62
"""Below and above all values and keys."""


class RowCursor(NamedTuple):
    """Value and key of a row; None for an unknown value."""

    value: int | None
    key: int


@dataclass(frozen=True, slots=True)
class Range:
    """Values between both bounds, exclusive."""

    low: int = LOWEST
    high: int = HIGHEST

    @classmethod
    def between(cls, least: int | None, most: int | None) -> "Range":
        """Returns the range with these bounds, inclusive; None for no bound."""
        return cls(LOWEST if least is None else least - 1, HIGHEST if most is None else most + 1)

    def where(self, column: str) -> dict[str, int | bool]:
        """Returns the Django lookups that select it."""
        return {f"{column}__gt": self.low, f"{column}__lt": self.high}


@dataclass(frozen=True, slots=True)
class Tie:
    """One value (None: unknown), and keys between both bounds, exclusive."""

    value: int | None = None
    low: int = LOWEST
    high: int = HIGHEST

    def where(self, column: str) -> dict[str, int | bool]:
        """Returns the Django lookups that select it."""
        value: dict[str, int | bool] = {f"{column}__isnull": True} if self.value is None else {column: self.value}
        keys = {"key__gt": self.low, "key__lt": self.high}
        return value | {name: key for name, key in keys.items() if LOWEST < key < HIGHEST}


Span = Range | Tie


def split(span: Span, cursor: RowCursor, down: bool) -> tuple[list[Span], list[Span]]:
    """Splits a span at a cursor in it: the spans up to the cursor, inclusive, and the spans after it; both in order."""
    value, key = cursor
    if isinstance(span, Tie):
        higher, lower = Tie(span.value, key, span.high), Tie(span.value, span.low, key)
        at = Tie(span.value, key - 1, span.high) if down else Tie(span.value, span.low, key + 1)
        return _full([at]), _full([lower if down else higher])
    here = value if value is not None else span.high
    above, below = Range(here, span.high), Range(span.low, here)
    if down:
        return _full([above, Tie(here, key - 1)]), _full([Tie(here, LOWEST, key), below])
    return _full([below, Tie(here, LOWEST, key + 1)]), _full([Tie(here, key), above])


def after(spans: Iterable[Span], cursor: RowCursor | None, down: bool) -> list[Span]:
    """Returns the spans after a cursor, or all without one. The row of the cursor need not exist."""
    if cursor is None:
        return _full(spans)
    remaining: list[Span] = []
    for span in spans:
        if isinstance(span, Tie):
            passed, holds = False, span.value == cursor.value
        elif cursor.value is None:
            passed, holds = True, False
        else:
            passed = cursor.value <= span.low if down else cursor.value >= span.high
            holds = span.low < cursor.value < span.high
        if not passed:
            remaining += split(span, cursor, down)[1] if holds else _full([span])
    return remaining


def _full(spans: Iterable[Span]) -> list[Span]:
    return [span for span in spans if span.high - span.low > 1]
