"""Reading of numbers in the notations that senders use, for all protocols and sources. Pure.

Accepted: an int, a finite float, a Decimal, and a string of one of these in ASCII digits, with or without surrounding
white space: `25`, `12.0`, `"25"`, `" 0.0602375 "`, `"1e3"`.
Not accepted: `True`, NaN, Infinity, `""`, `"None"`, `"1,234"`, `"0x10"`.
"""

import math
import re
from decimal import Decimal

MAX_COUNT = 1_000_000_000_000
"""Tokens, characters or bytes."""
MAX_DOLLARS = 1_000
"""US dollars of one message."""
MAX_FIGURE = 1e15
"""Milliseconds or seconds."""
_INTEGER = re.compile(r"\s*[+-]?[0-9]{1,40}\s*")
_NUMBER = re.compile(r"\s*[+-]?([0-9]{1,40}(\.[0-9]{0,400})?|\.[0-9]{1,400})([eE][+-]?[0-9]{1,4})?\s*")


def read_number(value: object) -> int | float | None:
    """Returns the number, or None if `value` is not one. An integer in a string is returned as an int."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        return _parse(value)
    if isinstance(value, int):
        return value
    if isinstance(value, float | Decimal):
        return float(value) if math.isfinite(value) else None
    return None


def _parse(text: str) -> int | float | None:
    if _INTEGER.fullmatch(text):
        return int(text)
    if not _NUMBER.fullmatch(text):
        return None
    number = float(text)
    return number if math.isfinite(number) else None


def as_number(value: object) -> object:
    """Returns the number, or `value` itself if it is not one; `envelope` then refuses it or leaves it out."""
    number = read_number(value)
    return value if number is None else number


def read_count(value: object, maximum: float = MAX_COUNT) -> int | None:
    """Returns an integer from 0 to `maximum`, also for 12.0; None for anything else."""
    number = read_number(value)
    if number is None or not 0 <= number <= maximum or number != int(number):
        return None
    return int(number)


def read_amount(value: object, maximum: float = MAX_FIGURE) -> float | None:
    """Returns a number from 0 to `maximum`; None for anything else."""
    number = read_number(value)
    return float(number) if number is not None and 0 <= number <= maximum else None
