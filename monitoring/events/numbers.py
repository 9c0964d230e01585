"""Numbers as senders write them, read in one place for every door. Pure.

Taken: an int, a finite float, a Decimal, and a text that holds one of these in ASCII digits, with or without space
around it: `25`, `12.0`, `"25"`, `" 0.0602375 "`, `"1e3"`.
Not taken: `True`, NaN, Infinity, `""`, `"None"`, `"1,234"`, `"0x10"`.
"""

import math
import re
from decimal import Decimal

MOST_COUNT = 1_000_000_000_000
"""Tokens, characters or bytes."""
MOST_DOLLARS = 1_000
MOST_FIGURE = 1e15
"""Milliseconds, seconds."""
_INTEGER = re.compile(r"\s*[+-]?[0-9]{1,40}\s*")
_NUMBER = re.compile(r"\s*[+-]?([0-9]{1,40}(\.[0-9]{0,400})?|\.[0-9]{1,400})([eE][+-]?[0-9]{1,4})?\s*")


def read_number(value: object) -> int | float | None:
    """The number that is written here; None where it is none. A whole one in a text stays an int."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        return _of_text(value)
    if isinstance(value, int):
        return value
    if isinstance(value, float | Decimal):
        return float(value) if math.isfinite(value) else None
    return None


def _of_text(text: str) -> int | float | None:
    if _INTEGER.fullmatch(text):
        return int(text)
    if not _NUMBER.fullmatch(text):
        return None
    number = float(text)
    return number if math.isfinite(number) else None


def as_number(value: object) -> object:
    """The number that is written here; what is none, as it stands: the envelope says what becomes of it."""
    number = read_number(value)
    return value if number is None else number


def read_count(value: object, most: float = MOST_COUNT) -> int | None:
    """A whole number from 0 to `most`, also where it is written as 12.0; None where there is none."""
    number = read_number(value)
    if number is None or not 0 <= number <= most or number != int(number):
        return None
    return int(number)


def read_amount(value: object, most: float = MOST_FIGURE) -> float | None:
    """A number from 0 to `most`; None where there is none."""
    number = read_number(value)
    return float(number) if number is not None and 0 <= number <= most else None
