"""What a model's tokens would have cost elsewhere: prices with dates, and which of them holds on a day. Pure."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

NANO = 1_000_000_000
MOST = Decimal(1_000_000)
"""USD per million tokens."""
LONGEST, WORDIEST = 200, 300
"""Characters of a model's name, and of a note."""
FIELDS = ("model", "valid_from", "prompt", "completion", "note")
_EPOCH = date(1970, 1, 1).toordinal()
_SCALE = 1_000_000 * NANO


class Refused(ValueError):
    """A price that may not be saved; says why and what to do."""


@dataclass(frozen=True, slots=True)
class Price:
    """From `valid_from` (UTC) on; `prompt` and `completion` in 1e-9 USD per million tokens. What is shipped has the
    version 0, what an administrator saved a higher one."""

    model: str
    valid_from: date
    prompt: int
    completion: int
    version: int = 0
    note: str = ""

    def of(self, prompt: int, completion: int) -> int:
        """What these tokens cost, in 1e-15 USD."""
        return prompt * self.prompt + completion * self.completion

    def same(self, other: "Price") -> bool:
        """Whether both say the same of the same model and day."""
        mine = self.model, self.valid_from, self.prompt, self.completion
        return mine == (other.model, other.valid_from, other.prompt, other.completion)


class PriceList:
    """Prices of all models. Grows by what administrators save: a few rows a year."""

    def __init__(self, prices: Iterable[Price]) -> None:
        self.prices = sorted(prices, key=_rank)
        self._by_model: dict[tuple[bool, str], list[Price]] = {}
        for price in self.prices:
            self._by_model.setdefault((price.version > 0, price.model), []).append(price)

    @property
    def version(self) -> int:
        """How often it was saved; 0 while only the shipped prices are there."""
        return max((price.version for price in self.prices), default=0)

    @property
    def models(self) -> list[str]:
        return sorted({model for _, model in self._by_model})

    def on(self, model: str, day: date, before: int | None = None) -> Price | None:
        """The price in force, or that was before a version of the list was saved: of what administrators saved, else of
        what is shipped, of the prices of exactly this name, else of the name before ":", the one with the latest
        `valid_from` that has come, and of those the highest version. So what a later release ships changes nothing that
        an administrator priced."""
        for place in _places(model):
            listed = self._by_model.get(place, ())
            begun = [
                price for price in listed if price.valid_from <= day and (before is None or price.version < before)
            ]
            if begun:
                return begun[-1]
        return None

    def in_force(self, day: date) -> list[Price]:
        """The price of each model that holds on a day, by name."""
        found = (self.on(model, day) for model in self.models)
        return [price for price in found if price]

    def says(self, price: Price) -> bool:
        """Whether it says the same of this model from this day on."""
        held = self.on(price.model, price.valid_from)
        return held is not None and held.same(price)

    def standing(self) -> list[Price]:
        """All prices but those that never hold, because another does on their first day."""
        return [price for price in self.prices if self.on(price.model, price.valid_from) is price]

    def dates(self, model: str) -> list[date]:
        """The days on which a price of this model begins, or one of the name before ":"."""
        return sorted({price.valid_from for place in _places(model) for price in self._by_model.get(place, ())})

    def under(self, model: str) -> list[str]:
        """This name, and the tags of it that have a price of their own."""
        return [model, *(name for name in self.models if name != model and name.partition(":")[0] == model)]


def _places(model: str) -> list[tuple[bool, str]]:
    """Where a price is looked for, in order: whether an administrator's, and under which name."""
    names = dict.fromkeys((model, model.partition(":")[0]))
    return [(own, name) for own in (True, False) for name in names]


def _rank(price: Price) -> tuple[str, date, int]:
    return price.model, price.valid_from, price.version


def refusal(prices: PriceList, new: Price, today: date) -> str | None:
    """Why a price may not be saved; None when it may.

    A price that begins today (UTC) or before may give a cost to days that had none. It may not change a cost: not
    where it would hold on a day on which another price held, and today's earlier messages are counted too.
    """
    if not new.model or new.model != new.model.strip() or not new.model.isprintable() or len(new.model) > LONGEST:
        return f"The model's name must be 1 to {LONGEST} characters, as the events write it, without spaces around it."
    if len(new.note) > WORDIEST:
        return f"The note is longer than {WORDIEST} characters."
    if not all(0 <= amount <= MOST * NANO for amount in (new.prompt, new.completion)):
        return f"A price is 0 to {MOST:,} USD per million tokens."
    for name in prices.under(new.model):
        held = _held(prices, new, name, today)
        if held:
            family = "" if held.model == name else f" (that of {held.model})"
            return (
                f"{name} has had a price since {held.valid_from}{family}, by which its tokens are counted; a price "
                f"from {new.valid_from} would change what they cost. "
                f"Save it from {today + timedelta(1)} (tomorrow, UTC) or later."
            )
    return None


def _held(prices: PriceList, new: Price, name: str, today: date) -> Price | None:
    """The price that a model has on the first day up to today that the new one would take from it."""
    more = PriceList([*prices.prices, new])
    for day in sorted({new.valid_from, *more.dates(name)}):
        if new.valid_from <= day <= today and more.on(name, day) is new:
            before = prices.on(name, day)
            if before:
                return before
    return None


def refuse_any(prices: PriceList, new: Iterable[Price], today: date) -> None:
    """Refuse them all where one of them may not be saved, or two say something of the same day. Raises Refused."""
    seen: set[tuple[str, date]] = set()
    for price in new:
        why = refusal(prices, price, today)
        if (price.model, price.valid_from) in seen:
            why = f"{price.model} from {price.valid_from} is there twice."
        if why:
            raise Refused(why)
        seen.add((price.model, price.valid_from))


def shadow(prices: PriceList, free: Mapping[tuple[int, str], tuple[int, int]]) -> dict[str, int]:
    """What tokens without a cost of their own would have cost, in 1e-15 USD by model; models with a price only.

    `free` holds (prompt, completion) tokens by (day since 1970, model); each day has its own price.
    """
    costs: dict[str, int] = {}
    for (day, model), tokens in free.items():
        price = prices.on(model, date.fromordinal(_EPOCH + day)) if any(tokens) else None
        if price:
            costs[model] = costs.get(model, 0) + price.of(*tokens)
    return costs


def session_shadow(prices: PriceList, free: Mapping[str, list[int]]) -> dict[str, float]:
    """The same of one session, in USD by model; `free` as its row holds it, by "DAY MODEL"."""
    tokens = {}
    for place, (prompt, completion) in free.items():
        day, _, model = place.partition(" ")
        tokens[int(day), model] = prompt, completion
    found = shadow(prices, tokens)
    return {model: usd(cost) for model, cost in sorted(found.items())}


def usd(cost: int) -> float:
    """1e-15 USD as USD."""
    return cost / _SCALE


def per_million(nanos: int) -> Decimal:
    """1e-9 USD as USD, as people write it."""
    return (Decimal(nanos) / NANO).normalize() + Decimal(0)


def nano(text: str | Decimal) -> int:
    """USD as whole 1e-9 USD. Raises ValueError."""
    try:
        amount = Decimal(text) * NANO
        if amount == amount.to_integral_value() and 0 <= amount <= MOST * NANO:
            return int(amount)
    except InvalidOperation:
        pass
    raise ValueError(f"not a price: {text} (0 to {MOST:,} USD per million tokens, at most nine decimal places)")


def read(lines: Iterable[str], version: int = 0) -> list[Price]:
    """The prices of a CSV table with FIELDS, of which the note may be missing; lines that begin with # are left out.
    Raises Refused with the line's number."""
    kept = [(number, line) for number, line in enumerate(lines, 1) if line.strip() and not line.startswith("#")]
    rows = csv.DictReader(line for _, line in kept)
    missing = sorted(set(FIELDS[:4]) - set(rows.fieldnames or ()))
    if missing:
        raise Refused(f"The table has no column {missing[0]}; it needs {', '.join(FIELDS[:4])}.")
    found = []
    for row in rows:
        try:
            found.append(_price(row, version))
        except ValueError as error:
            raise Refused(f"Line {kept[rows.line_num - 1][0]}: {error}") from None
    return found


def _price(row: Mapping[str | None, str | None], version: int) -> Price:
    if None in row or None in row.values():
        raise ValueError("it has not as many cells as the header")
    cells = {name: (text or "").strip() for name, text in row.items()}
    amounts = nano(cells["prompt"]), nano(cells["completion"])
    return Price(cells["model"], date.fromisoformat(cells["valid_from"]), *amounts, version, cells.get("note", ""))


def rows(prices: Iterable[Price]) -> list[list[str]]:
    """A table that `read` understands, its header first."""
    header = [*FIELDS[:4], "version", "note"]
    return [header, *(list(map(str, _cells(price))) for price in prices)]


def _cells(price: Price) -> tuple[object, ...]:
    amounts = f"{per_million(price.prompt):f}", f"{per_million(price.completion):f}"
    return price.model, price.valid_from, *amounts, price.version, price.note
