"""Converts numbers of MongoDB's driver to Python's types. Pure."""

from bson import Decimal128


def plain(value: object) -> object:
    """Returns an Int64 or Decimal128 as int or float, other values unchanged. An integral Decimal128 becomes an int,
    regardless of trailing zeros; NaN stays NaN."""
    if not isinstance(value, Decimal128):
        return int(value) if isinstance(value, int) and not isinstance(value, bool) else value
    decimal = value.to_decimal()
    if not decimal.is_finite():
        return float("nan") if decimal.is_nan() else float(decimal)
    is_integral = abs(decimal.adjusted()) < 40 and decimal == decimal.to_integral_value()
    return int(decimal) if is_integral else float(decimal)
