"""Prices of tokens, with the day from which each applies, and the costs they give to tokens without one. Pure."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from monitoring.stats.message import NANOS_PER_USD

MAX_PRICE_USD = Decimal(1_000_000)
"""USD per million tokens."""
MAX_MODEL_LENGTH, MAX_NOTE_LENGTH = 200, 300
"""Maximum characters of a model's name, and of a note."""
FIELDS = ("model", "valid_from", "prompt", "completion", "note")
_EPOCH = date(1970, 1, 1).toordinal()
_SCALE = 1_000_000 * NANOS_PER_USD


class InvalidPrice(ValueError):
    """A price may not be saved. The message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Price:
    """A model's prices from `valid_from` (UTC) on.

    `prompt` and `completion` are in 1e-9 USD per million tokens. A shipped price has version 0, a saved one a higher
    version.
    """

    model: str
    valid_from: date
    prompt: int
    completion: int
    version: int = 0
    note: str = ""

    def of(self, prompt: int, completion: int) -> int:
        """Returns the cost of these tokens in 1e-15 USD."""
        return prompt * self.prompt + completion * self.completion


class PriceList:
    """Prices of all models. It grows by the prices that administrators save: a few rows a year."""

    def __init__(self, prices: Iterable[Price]) -> None:
        self.prices = sorted(prices, key=lambda price: (price.model, price.valid_from, price.version))
        self._by_model: dict[tuple[bool, str], list[Price]] = {}
        for price in self.prices:
            self._by_model.setdefault((price.version > 0, price.model), []).append(price)

    @property
    def version(self) -> int:
        """The number of times the list was saved; 0 with shipped prices only."""
        return max((price.version for price in self.prices), default=0)

    @property
    def models(self) -> list[str]:
        return sorted({model for _, model in self._by_model})

    def on(self, model: str, day: date, before: int | None = None) -> Price | None:
        """Returns the price in force on a day, or the price that was in force before version `before` of the list; None
        without one.

        Saved prices take precedence over shipped ones, then prices of exactly this name over those of the name before
        ":", then the latest `valid_from` up to the day, then the highest version. So a price shipped in a later release
        changes nothing that an administrator priced.
        """
        for key in _lookup_keys(model):
            candidates = self._by_model.get(key, ())
            begun = [
                price for price in candidates if price.valid_from <= day and (before is None or price.version < before)
            ]
            if begun:
                return begun[-1]
        return None

    def in_force(self, day: date) -> list[Price]:
        """Returns the price in force on a day for each model, by name."""
        prices = (self.on(model, day) for model in self.models)
        return [price for price in prices if price]

    def has(self, price: Price) -> bool:
        """True if the list has the same price for this model on this first day."""
        in_force = self.on(price.model, price.valid_from)
        return in_force is not None and replace(in_force, version=price.version, note=price.note) == price

    def effective(self) -> list[Price]:
        """Returns all prices except those that never apply, because another price is in force on their first day."""
        return [price for price in self.prices if self.on(price.model, price.valid_from) is price]

    def dates(self, model: str) -> list[date]:
        """Returns the first days of the prices of this model, and of the name before ":"."""
        return sorted({price.valid_from for key in _lookup_keys(model) for price in self._by_model.get(key, ())})


def _lookup_keys(model: str) -> list[tuple[bool, str]]:
    """Returns (saved, name) in order of precedence."""
    names = dict.fromkeys((model, model.partition(":")[0]))
    return [(own, name) for own in (True, False) for name in names]


def rejection_reason(prices: PriceList, new: Price, today: date) -> str | None:
    """Returns why a price may not be saved; None if it may.

    A price from today (UTC) or earlier may give a cost to days that had none. It may not change a cost: it must not
    apply to a day on which another price applied, and today's earlier messages are counted too.
    """
    if (
        not new.model
        or new.model != new.model.strip()
        or not new.model.isprintable()
        or len(new.model) > MAX_MODEL_LENGTH
    ):
        return f"The model's name must have 1 to {MAX_MODEL_LENGTH} characters, without spaces around it."
    if len(new.note) > MAX_NOTE_LENGTH:
        return f"The note is longer than {MAX_NOTE_LENGTH} characters."
    if not all(0 <= amount <= MAX_PRICE_USD * NANOS_PER_USD for amount in (new.prompt, new.completion)):
        return f"A price must be 0 to {MAX_PRICE_USD:,} USD per million tokens."
    tags = (name for name in prices.models if name != new.model and name.partition(":")[0] == new.model)
    for name in (new.model, *tags):
        displaced = _displaced(prices, new, name, today)
        if displaced:
            family = "" if displaced.model == name else f" (that of {displaced.model})"
            return (
                f"{name} has had a price since {displaced.valid_from}{family}, by which its tokens are counted; "
                f"a price from {new.valid_from} would change what they cost. "
                f"Save it from {today + timedelta(1)} (tomorrow, UTC) or later."
            )
    return None


def _displaced(prices: PriceList, new: Price, name: str, today: date) -> Price | None:
    """Returns the price in force on the first day up to today that the new price would change for this model."""
    more = PriceList([*prices.prices, new])
    for day in sorted({new.valid_from, *more.dates(name)}):
        if new.valid_from <= day <= today and more.on(name, day) is new:
            before = prices.on(name, day)
            if before:
                return before
    return None


def validate_prices(prices: PriceList, new: Iterable[Price], today: date) -> None:
    """Raises InvalidPrice if one of these may not be saved, or two have the same model and day."""
    seen: set[tuple[str, date]] = set()
    for price in new:
        why = rejection_reason(prices, price, today)
        if (price.model, price.valid_from) in seen:
            why = f"{price.model} from {price.valid_from} appears twice."
        if why:
            raise InvalidPrice(why)
        seen.add((price.model, price.valid_from))


def shadow_costs(prices: PriceList, free: Mapping[tuple[int, str], tuple[int, int]]) -> dict[str, int]:
    """Returns the costs of tokens without a reported cost, in 1e-15 USD by model, for models with a price.

    `free` holds (prompt, completion) tokens by (day since 1970, model). Each day is priced by itself.
    """
    costs: dict[str, int] = {}
    for (day, model), tokens in free.items():
        price = prices.on(model, date.fromordinal(_EPOCH + day)) if any(tokens) else None
        if price:
            costs[model] = costs.get(model, 0) + price.of(*tokens)
    return costs


def session_shadow_costs(prices: PriceList, free: Mapping[str, list[int]]) -> dict[str, float]:
    """Returns the same for one session, in USD by model; `free` as in the session's row, by "DAY MODEL"."""
    tokens = {}
    for key, (prompt, completion) in free.items():
        day, _, model = key.partition(" ")
        tokens[int(day), model] = prompt, completion
    return {model: usd(cost) for model, cost in sorted(shadow_costs(prices, tokens).items())}


def usd(cost: int) -> float:
    """Converts 1e-15 USD to USD."""
    return cost / _SCALE


def per_million(nanos: int) -> Decimal:
    """Converts 1e-9 USD to USD, without trailing zeros."""
    return (Decimal(nanos) / NANOS_PER_USD).normalize() + Decimal(0)


def nano(text: str | Decimal) -> int:
    """Converts USD to whole 1e-9 USD. Raises ValueError."""
    try:
        amount = Decimal(text) * NANOS_PER_USD
        if amount == amount.to_integral_value() and 0 <= amount <= MAX_PRICE_USD * NANOS_PER_USD:
            return int(amount)
    except InvalidOperation:
        pass
    raise ValueError(f"not a price: {text} (0 to {MAX_PRICE_USD:,} USD per million tokens, up to nine decimal places)")


def read(lines: Iterable[str], version: int = 0) -> list[Price]:
    """Returns the prices of a CSV table with the columns FIELDS. `note` is optional; lines that begin with # are
    skipped. Raises InvalidPrice with the line's number."""
    kept = [(number, line) for number, line in enumerate(lines, 1) if line.strip() and not line.startswith("#")]
    rows = csv.DictReader(line for _, line in kept)
    missing = sorted(set(FIELDS[:4]) - set(rows.fieldnames or ()))
    if missing:
        raise InvalidPrice(f"The table has no column {missing[0]}; it needs {', '.join(FIELDS[:4])}.")
    prices = []
    for row in rows:
        try:
            if None in row or None in row.values():
                raise ValueError("the number of cells differs from the header")
            cells = {name: text.strip() for name, text in row.items()}
            day, amounts = date.fromisoformat(cells["valid_from"]), (nano(cells["prompt"]), nano(cells["completion"]))
            prices.append(Price(cells["model"], day, *amounts, version, cells.get("note", "")))
        except ValueError as error:
            raise InvalidPrice(f"Line {kept[rows.line_num - 1][0]}: {error}") from None
    return prices


def rows(prices: Iterable[Price]) -> list[list[str]]:
    """Returns a table that `read` accepts, with its header."""
    table = [[*FIELDS[:4], "version", "note"]]
    for price in prices:
        amounts = f"{per_million(price.prompt):f}", f"{per_million(price.completion):f}"
        table.append([price.model, str(price.valid_from), *amounts, str(price.version), price.note])
    return table
