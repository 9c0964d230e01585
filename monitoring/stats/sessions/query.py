"""What a reader of the list of sessions asks for: search, filters, order and place, from query parameters. Pure."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from math import ceil
from typing import Any

from monitoring.people.pseudonym import pseudonym
from monitoring.stats.errors import Unclear
from monitoring.stats.sessions.keyset import HIGHEST, LOWEST, RowCursor

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SORTS = {
    "last_message": "last_at",
    "started": "started",
    "messages": "message_count",
    "duration": "duration",
    "average_response_time": "average_wait",
    "tokens": "total_tokens",
    "cost": "cost",
    "errors": "errors",
}
"""What one sorts by, and its column. A session whose value is unknown comes last, whichever way the order is."""
ORDERS = ("desc", "asc")
OUTCOMES = ("open", "closed", "timeout", "error", "failing")
"""How a session ended; `failing` is any with an error in it."""
WITHIN = {"1h": 3600, "24h": 86_400, "7d": 604_800, "28d": 2_419_200}
"""Seconds before now."""
UNITS = {"ms": 1_000, "s": 10**6, "": 10**6, "min": 60 * 10**6, "h": 3600 * 10**6, "d": 86_400 * 10**6}
USUAL, MOST = 50, 500
"""Rows of a page."""
LONGEST = 512
"""Characters of a parameter."""
FILTERS = (
    "q", "outcome", "model", "owner", "within", "since", "until",
    "min_cost", "max_cost", "min_duration", "max_duration",
)  # fmt: skip
"""Parameters that leave sessions out."""


@dataclass(frozen=True, slots=True)
class Owner:
    """The owner with this key; None for sessions that nobody owns."""

    key: int | None


@dataclass(frozen=True, slots=True)
class SessionQuery:
    """One page of the list. Bounds are inclusive: times and durations µs, costs 1e-9 USD."""

    q: str = ""
    owner: Owner | None = None
    model: str = ""
    outcome: str = ""
    min_cost: int | None = None
    max_cost: int | None = None
    min_duration: int | None = None
    max_duration: int | None = None
    since: int | None = None
    until: int | None = None
    sort: str = "last_message"
    down: bool = True
    limit: int = USUAL
    before: RowCursor | None = None

    @property
    def column(self) -> str:
        return SORTS[self.sort]

    @property
    def ranges(self) -> dict[str, tuple[int | None, int | None]]:
        """The least and the most of each column that is bounded."""
        bounds = {
            "last_at": (self.since, None),
            "started": (None, self.until),
            "cost": (self.min_cost, self.max_cost),
            "duration": (self.min_duration, self.max_duration),
            "errors": (1 if self.outcome == "failing" else None, None),
        }
        return {column: pair for column, pair in bounds.items() if pair != (None, None)}


def read_query(parameters: Mapping[str, str], now: int) -> SessionQuery:
    """What the parameters ask for; empty ones are absent, unknown ones ignored. `now` in µs. Raises Unclear."""
    given = {name: value.strip() for name, value in parameters.items() if name in READERS and value.strip()}
    read = {name: _read(name, value) for name, value in given.items() if name != "before"}
    down, within = read.pop("order", "desc") == "desc", read.pop("within", None)
    sort = read.get("sort", "last_message")
    sinces = [read.get("since"), None if within is None else now - WITHIN[within] * 10**6]
    read["since"] = max((since for since in sinces if since is not None), default=None)
    before = _read("before", given["before"], lambda word: place_of(word, sort, down)) if "before" in given else None
    made = SessionQuery(**read, down=down, before=before)
    for low, high in (("min_cost", "max_cost"), ("min_duration", "max_duration"), ("since", "until")):
        least, most = getattr(made, low), getattr(made, high)
        if least is not None and most is not None and least > most:
            raise Unclear(f"{low} lies above {high}: nothing can match")
    return made


def _read(name: str, word: str, how: Callable[[str], Any] | None = None) -> Any:
    if "\0" in word or len(word) > LONGEST:
        raise Unclear(f"{name}: longer than {LONGEST} characters, or with a zero byte in it")
    try:
        return (how or READERS[name])(word)
    except ValueError as error:
        raise Unclear(f"{name}: {word[:60]!r} {error}") from None


def _one_of(words: tuple[str, ...]) -> Callable[[str], str]:
    def read(word: str) -> str:
        if word not in words:
            raise ValueError(f"is none of {', '.join(words)}")
        return word

    return read


def _rows(word: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,9}", word):
        raise ValueError("is not a whole number")
    return min(max(int(word), 1), MOST)


def owner_of(word: str) -> Owner:
    """The owner behind a pseudonym such as falcon-26. Raises ValueError when the bird does not fit the number."""
    name = word.lower()
    if name == pseudonym(None):
        return Owner(None)
    number = name.rpartition("-")[2]
    if re.fullmatch(r"[0-9]{1,18}", number) and name == pseudonym(int(number)):
        return Owner(int(number))
    raise ValueError("is not the pseudonym of an owner, which is a bird and its number, such as falcon-26")


def least_nanos_of(word: str) -> int:
    """USD to whole 1e-9 USD that are no less. Raises ValueError."""
    return ceil(_nanos(word))


def most_nanos_of(word: str) -> int:
    """USD to whole 1e-9 USD that are no more. Raises ValueError."""
    return int(_nanos(word))


def _nanos(word: str) -> Decimal:
    try:
        amount = Decimal(word)
    except InvalidOperation:
        raise ValueError("is not an amount in USD") from None
    if not amount.is_finite() or not 0 <= amount <= 10**9:
        raise ValueError("is not between 0 and 1,000,000,000 USD")
    return amount.scaleb(9)


def duration_of(word: str) -> int:
    """`90`, `4.5 s`, `10 min`, `2 h`, `1 d` to µs; without a unit they are seconds. Raises ValueError."""
    found = re.fullmatch(r"([0-9]{1,12}(?:\.[0-9]{1,9})?)\s*(ms|s|min|h|d|)", word.lower())
    if not found:
        raise ValueError("is not a duration such as 90, 4.5 s, 10 min or 2 h")
    return min(int(Decimal(found[1]) * UNITS[found[2]]), HIGHEST - 1)


def instant_of(word: str) -> int:
    """RFC 3339 to µs since 1970; a time without a zone is UTC. Raises ValueError."""
    try:
        moment = datetime.fromisoformat(word)
        there = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return (there - EPOCH) // timedelta(microseconds=1)
    except (ValueError, OverflowError):
        raise ValueError("is not a time such as 2026-11-25T14:00:00Z") from None


def cursor(place: RowCursor, sort: str, down: bool) -> str:
    """A place as the `before` of the next page; it holds for its order alone."""
    text = f"{sort} {ORDERS[not down]} {'' if place.value is None else place.value} {place.key}"
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def place_of(word: str, sort: str, down: bool) -> RowCursor:
    """The place behind a cursor. Raises ValueError for nonsense, and for a cursor of another order."""
    try:
        text = urlsafe_b64decode((word + "=" * (-len(word) % 4)).encode("ascii")).decode("ascii")
    except ValueError:
        text = ""
    found = re.fullmatch(r"(\w+) (asc|desc) (-?[0-9]{1,19}|) ([0-9]{1,19})", text, re.ASCII)
    if not found:
        raise ValueError("is not the `next` of a page; the list begins anew without it")
    if (found[1], found[2]) != (sort, ORDERS[not down]):
        raise ValueError(f"goes on with a list by {found[1]} {found[2]}, not by {sort} {ORDERS[not down]}")
    place = RowCursor(int(found[3]) if found[3] else None, int(found[4]))
    if not (LOWEST < (place.value or 0) < HIGHEST and place.key < HIGHEST):
        raise ValueError("is not the `next` of a page; the list begins anew without it")
    return place


READERS: dict[str, Callable[[str], Any]] = {
    "q": str,
    "owner": owner_of,
    "model": str,
    "outcome": _one_of(OUTCOMES),
    "min_cost": least_nanos_of,
    "max_cost": most_nanos_of,
    "min_duration": duration_of,
    "max_duration": duration_of,
    "since": instant_of,
    "until": instant_of,
    "within": _one_of(tuple(WITHIN)),
    "sort": _one_of(tuple(SORTS)),
    "order": _one_of(ORDERS),
    "limit": _rows,
    "before": str,
}
"""How each parameter is read; a ValueError's words follow the value that was given."""
