"""Parses the query parameters of the list of sessions: search, filters, order and cursor. Pure."""

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
"""Sort orders and their columns. Sessions with an unknown value come last in both directions."""
ORDERS = ("desc", "asc")
OUTCOMES = ("open", "closed", "timeout", "error", "failing")
"""How a session ended; `failing` stands for any session with an error."""
WITHIN_SECONDS = {"1h": 3600, "24h": 86_400, "7d": 604_800, "28d": 2_419_200}
"""Seconds before now."""
UNIT_MICROS = {"ms": 1_000, "s": 10**6, "": 10**6, "min": 60 * 10**6, "h": 3600 * 10**6, "d": 86_400 * 10**6}
DEFAULT_LIMIT, MAX_LIMIT = 50, 500
"""Rows of a page."""
MAX_PARAMETER_LENGTH = 512
"""Characters."""
FILTERS = (
    "q", "outcome", "model", "owner", "within", "since", "until",
    "min_cost", "max_cost", "min_duration", "max_duration",
)  # fmt: skip
"""Parameters that exclude sessions."""


@dataclass(frozen=True, slots=True)
class Owner:
    """The owner with this key; None for sessions without an owner."""

    key: int | None


@dataclass(frozen=True, slots=True)
class SessionQuery:
    """One page of the list. Bounds are inclusive; times and durations in µs, costs in 1e-9 USD."""

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
    limit: int = DEFAULT_LIMIT
    before: RowCursor | None = None

    @property
    def column(self) -> str:
        return SORTS[self.sort]

    @property
    def ranges(self) -> dict[str, tuple[int | None, int | None]]:
        """(minimum, maximum) of each column with a bound."""
        bounds = {
            "last_at": (self.since, None),
            "started": (None, self.until),
            "cost": (self.min_cost, self.max_cost),
            "duration": (self.min_duration, self.max_duration),
            "errors": (1 if self.outcome == "failing" else None, None),
        }
        return {column: pair for column, pair in bounds.items() if pair != (None, None)}


def read_query(parameters: Mapping[str, str], now: int) -> SessionQuery:
    """Parses the parameters. Empty ones count as absent, unknown ones are ignored. `now` in µs. Raises Unclear."""
    given = {name: value.strip() for name, value in parameters.items() if name in READERS and value.strip()}
    read = {name: _read(name, value) for name, value in given.items() if name != "before"}
    down, within = read.pop("order", "desc") == "desc", read.pop("within", None)
    sort = read.get("sort", "last_message")
    sinces = [read.get("since"), None if within is None else now - WITHIN_SECONDS[within] * 10**6]
    read["since"] = max((since for since in sinces if since is not None), default=None)
    before = _read("before", given["before"], lambda text: cursor_of(text, sort, down)) if "before" in given else None
    query = SessionQuery(**read, down=down, before=before)
    for low, high in (("min_cost", "max_cost"), ("min_duration", "max_duration"), ("since", "until")):
        least, most = getattr(query, low), getattr(query, high)
        if least is not None and most is not None and least > most:
            raise Unclear(f"{low} is greater than {high}: no session can match")
    return query


def _read(name: str, text: str, how: Callable[[str], Any] | None = None) -> Any:
    if "\0" in text or len(text) > MAX_PARAMETER_LENGTH:
        raise Unclear(f"{name}: longer than {MAX_PARAMETER_LENGTH} characters, or contains a null character")
    try:
        return (how or READERS[name])(text)
    except ValueError as error:
        raise Unclear(f"{name}: {text[:60]!r} {error}") from None


def _choice(words: tuple[str, ...]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"is not one of {', '.join(words)}")
        return text

    return read


def _limit_of(text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,9}", text):
        raise ValueError("is not a whole number")
    return min(max(int(text), 1), MAX_LIMIT)


def owner_of(text: str) -> Owner:
    """Returns the owner with a pseudonym such as falcon-26. Raises ValueError if the bird does not match the number."""
    name = text.lower()
    if name == pseudonym(None):
        return Owner(None)
    number = name.rpartition("-")[2]
    if re.fullmatch(r"[0-9]{1,18}", number) and name == pseudonym(int(number)):
        return Owner(int(number))
    raise ValueError("is not an owner's pseudonym, a bird and its number such as falcon-26")


def least_nanos_of(text: str) -> int:
    """Converts USD to 1e-9 USD, rounded up. Raises ValueError."""
    return ceil(_nanos(text))


def most_nanos_of(text: str) -> int:
    """Converts USD to 1e-9 USD, rounded down. Raises ValueError."""
    return int(_nanos(text))


def _nanos(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise ValueError("is not an amount in USD") from None
    if not amount.is_finite() or not 0 <= amount <= 10**9:
        raise ValueError("is not between 0 and 1,000,000,000 USD")
    return amount.scaleb(9)


def duration_of(text: str) -> int:
    """Converts `90`, `4.5 s`, `10 min`, `2 h` or `1 d` to µs; the default unit is the second. Raises ValueError."""
    match = re.fullmatch(r"([0-9]{1,12}(?:\.[0-9]{1,9})?)\s*(ms|s|min|h|d|)", text.lower())
    if not match:
        raise ValueError("is not a duration such as 90, 4.5 s, 10 min or 2 h")
    return min(int(Decimal(match[1]) * UNIT_MICROS[match[2]]), HIGHEST - 1)


def instant_of(text: str) -> int:
    """Converts RFC 3339 to µs since 1970; a time without a zone is UTC. Raises ValueError."""
    try:
        moment = datetime.fromisoformat(text)
        there = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return (there - EPOCH) // timedelta(microseconds=1)
    except (ValueError, OverflowError):
        raise ValueError("is not a time such as 2026-11-25T14:00:00Z") from None


def cursor(row: RowCursor, sort: str, down: bool) -> str:
    """Encodes a row as the `before` of the next page. A cursor is valid for its sort order only."""
    text = f"{sort} {ORDERS[not down]} {'' if row.value is None else row.value} {row.key}"
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def cursor_of(text: str, sort: str, down: bool) -> RowCursor:
    """Decodes a cursor. Raises ValueError if it is malformed, or of another sort order."""
    try:
        text = urlsafe_b64decode((text + "=" * (-len(text) % 4)).encode("ascii")).decode("ascii")
    except ValueError:
        text = ""
    match = re.fullmatch(r"(\w+) (asc|desc) (-?[0-9]{1,19}|) ([0-9]{1,19})", text, re.ASCII)
    if not match:
        raise ValueError("is not the `next` of a page; omit it to start at the beginning")
    if (match[1], match[2]) != (sort, ORDERS[not down]):
        raise ValueError(f"is a cursor of the list sorted by {match[1]} {match[2]}, not by {sort} {ORDERS[not down]}")
    row = RowCursor(int(match[3]) if match[3] else None, int(match[4]))
    if not (LOWEST < (row.value or 0) < HIGHEST and row.key < HIGHEST):
        raise ValueError("is not the `next` of a page; omit it to start at the beginning")
    return row


READERS: dict[str, Callable[[str], Any]] = {
    "q": str,
    "owner": owner_of,
    "model": str,
    "outcome": _choice(OUTCOMES),
    "min_cost": least_nanos_of,
    "max_cost": most_nanos_of,
    "min_duration": duration_of,
    "max_duration": duration_of,
    "since": instant_of,
    "until": instant_of,
    "within": _choice(tuple(WITHIN_SECONDS)),
    "sort": _choice(tuple(SORTS)),
    "order": _choice(ORDERS),
    "limit": _limit_of,
    "before": str,
}
"""The parser of each parameter. The message of a ValueError is shown after the given value."""
