"""The price list as it stands: what is shipped, and what administrators saved, which nobody changes again."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path

from monitoring.db.transactions import transactional
from monitoring.events.internal import Actor, Values
from monitoring.journal.checkpoints import lock_stage
from monitoring.recording.changes import change, record_changes
from monitoring.recording.record import redactor
from monitoring.stats import models
from monitoring.stats.price_list import Price, PriceList, read, refuse_any

LOCK = "prices"
SHIPPED = Path(__file__).with_name("prices.csv")
_COLUMNS = ("model", "valid_from", "prompt", "completion", "version", "note")


@lru_cache(maxsize=1)
def shipped() -> tuple[Price, ...]:
    """The prices that come with sbdash."""
    return tuple(read(SHIPPED.read_text().splitlines()))


def price_list() -> PriceList:
    """All prices, as they are now."""
    rows = models.Price.objects.order_by("version", "key").values_list(*_COLUMNS)
    return PriceList([*shipped(), *(Price(*row) for row in rows)])


def today() -> date:
    """The day of the house: UTC."""
    return datetime.now(UTC).date()


def add(new: Sequence[Price], who: str, actor: Actor) -> list[models.Price]:
    """Save all of these as the list's next version, or none; what the list says already is left out. Each is recorded
    with the price that held before. Raises Refused.

    For a caller that has a transaction already; returns the rows that were saved.
    """
    changes, before = changed(new)
    rows = [row_of(price, who) for price in changes]
    models.Price.objects.bulk_create(rows)
    record_changes(change(actor, "price", row.key, _held(before, row), _values(row)) for row in rows)
    return rows


def _held(prices: PriceList, row: models.Price) -> Values | None:
    """The values that a row replaces: of the price in force on its first day, if there is one."""
    held = prices.on(row.model, row.valid_from)
    return _values(held) if held else None


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
"""The same in a transaction of its own, or as a part of the one that is open."""


def changed(new: Sequence[Price]) -> tuple[list[Price], PriceList]:
    """Those of the prices that the list does not say already, as its next version, and the list. Raises Refused.

    From here to the end of the transaction nobody else saves one: of two who save at once the second is held against
    what the first saved, and makes the version after it.
    """
    lock_stage(LOCK)
    prices = price_list()
    more = [replace(price, version=prices.version + 1) for price in new if not prices.says(price)]
    refuse_any(prices, more, today())
    return more, prices


def row_of(price: Price, who: str) -> models.Price:
    """The row of a price; `who` saves it."""
    return models.Price(**{name: getattr(price, name) for name in _COLUMNS}, saved_by=who)
