"""Values of MongoDB's driver as Python's own. Pure."""

from typing import Any

from bson import Decimal128


def plain(value: Any) -> Any:
    """A number as an int or a float, also where it is an Int64 or a Decimal128; everything else as it is. A Decimal128
    that is whole is an int, whatever zeros it trails; one that is no number is NaN."""
    if isinstance(value, Decimal128):
        return _number(value)
    return int(value) if type(value) is not bool and isinstance(value, int) else value


def _number(value: Decimal128) -> int | float:
    found = value.to_decimal()
    if not found.is_finite():
        return float("nan") if found.is_nan() else float(found)
    whole = abs(found.adjusted()) < 40 and found == found.to_integral_value()
    return int(found) if whole else float(found)
