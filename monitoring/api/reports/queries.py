"""The price list as REST says it."""

from typing import Any

from monitoring.stats.prices.price_list import Price, per_million
from monitoring.stats.prices.store import price_list, today


def prices() -> dict[str, Any]:
    """Its version, every price, and those in force today (UTC)."""
    listed = price_list()
    return {
        "version": listed.version,
        "prices": [price_row(price) for price in listed.prices],
        "in_force": [price_row(price) for price in listed.in_force(today())],
    }


def price_row(price: Price) -> dict[str, Any]:
    """A price in USD per million tokens."""
    return {
        "model": price.model,
        "valid_from": price.valid_from.isoformat(),
        "prompt": float(per_million(price.prompt)),
        "completion": float(per_million(price.completion)),
        "version": price.version,
        "note": price.note,
    }
