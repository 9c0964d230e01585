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
    decimal = value.to_decimal()
    if not decimal.is_finite():
        return float("nan") if decimal.is_nan() else float(decimal)
    is_integral = abs(decimal.adjusted()) < 40 and decimal == decimal.to_integral_value()
    return int(decimal) if is_integral else float(decimal)
