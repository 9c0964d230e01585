"""Builds REST's response with the price list."""

from monitoring.api.schemas import PriceRow, Prices
from monitoring.stats.price_list import Price, per_million
from monitoring.stats.prices import price_list, today


def prices() -> Prices:
    listed = price_list()
    return Prices(listed.version, list(map(price_row, listed.prices)), list(map(price_row, listed.in_force(today()))))


def price_row(price: Price) -> PriceRow:
    cost = float(per_million(price.prompt)), float(per_million(price.completion))
    return PriceRow(price.model, price.valid_from.isoformat(), *cost, price.version, price.note)
