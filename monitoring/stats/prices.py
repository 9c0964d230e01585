"""The price list: the shipped prices, and those that administrators saved. A saved price never changes."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path

from monitoring.db.transactions import transactional
from monitoring.events.internal import Actor, Values
from monitoring.journal.leases import lock
from monitoring.recording.changes import change, record_changes
from monitoring.recording.record import redactor
from monitoring.stats import models
from monitoring.stats.price_list import Price, PriceList, read, validate_prices

LOCK = "prices"
SHIPPED = Path(__file__).with_name("prices.csv")


@lru_cache(maxsize=1)
def shipped() -> tuple[Price, ...]:
    """Returns the prices that come with sbdash."""
    return tuple(read(SHIPPED.read_text().splitlines()))


def price_list() -> PriceList:
    """Returns all prices."""
    columns = "model", "valid_from", "prompt", "completion", "version", "note"
    rows = models.Price.objects.order_by("version", "key").values_list(*columns)
    return PriceList([*shipped(), *(Price(*row) for row in rows)])


def saved_between(start: datetime, end: datetime, limit: int = 200) -> list[models.Price]:
    """Returns the newest prices that administrators saved in [start, end], in order of time."""
    rows = models.Price.objects.filter(saved_at__gte=start, saved_at__lte=end).order_by("-saved_at", "-key")
    return list(rows[:limit])[::-1]


def today() -> date:
    """Returns the present UTC day."""
    return datetime.now(UTC).date()


def add(new: Sequence[Price], who: str, actor: Actor) -> list[models.Price]:
    """Save all of these prices as the list's next version, or none. Prices that the list already has are skipped.

    Each is recorded with the price that was in force before. Must be called in a transaction. Returns the saved rows.
    Raises InvalidPrice.
    """
    added, before = new_prices(new)
    rows = [models.Price(**asdict(price), saved_by=who) for price in added]
    models.Price.objects.bulk_create(rows)
    changes = []
    for row in rows:
        in_force = before.on(row.model, row.valid_from)
        changes.append(change(actor, "price", row.key, _values(in_force) if in_force else None, _values(row)))
    record_changes(changes)
    return rows


def _values(price: Price | models.Price) -> Values:
    """As they are recorded; `prompt` and `completion` in 1e-9 US$ for a million tokens."""
    rule, numbers = redactor(), {name: getattr(price, name) for name in ("prompt", "completion", "version")}
    texts = {
        "model": rule.model(price.model),
        "note": rule.code(price.note),
        "valid_from": price.valid_from.isoformat(),
    }
    return numbers | texts


save = transactional(add)
"""The same in a transaction of its own, or as part of the open one."""


def new_prices(new: Sequence[Price]) -> tuple[list[Price], PriceList]:
    """Returns the prices that the list does not have yet, as its next version, and the list. Raises InvalidPrice.

    Locks the list until the end of the transaction: of two concurrent callers the second is checked against the prices
    of the first, and makes the version after it.
    """
    lock(LOCK)
    prices = price_list()
    added = [replace(price, version=prices.version + 1) for price in new if not prices.has(price)]
    validate_prices(prices, added, today())
    return added, prices
