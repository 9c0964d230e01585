"""Converts numbers of MongoDB's driver to Python's types. Pure."""

from typing import Any

from bson import Decimal128


def plain(value: Any) -> Any:
    """Returns an Int64 or Decimal128 as int or float, other values unchanged. An integral Decimal128 becomes an int,
    regardless of trailing zeros; NaN stays NaN."""
    if isinstance(value, Decimal128):
        return _number(value)
    return int(value) if type(value) is not bool and isinstance(value, int) else value


def _number(value: Decimal128) -> int | float:
    found = value.to_decimal()
    if not found.is_finite():
        return float("nan") if found.is_nan() else float(found)
    whole = abs(found.adjusted()) < 40 and found == found.to_integral_value()
    return int(found) if whole else float(found)
