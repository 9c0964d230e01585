"""Parses the query parameters of the list of sessions: search, filters, order and cursor. Pure."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from math import ceil
from typing import TypeVar

from monitoring.people.pseudonym import pseudonym
from monitoring.stats.errors import Unclear
from monitoring.stats.figures import ACTIVE_SECONDS
from monitoring.stats.sessions.keyset import HIGHEST, LOWEST, RowCursor

T = TypeVar("T")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SORTS = {
    "last_message": "last_at",
    "started": "started",
    "messages": "message_count",
    "duration": "duration",
    "average_response_time": "average_wait",
    "slowest": "slowest_wait",
    "p95": "p95_wait",
    "tokens": "total_tokens",
    "cost": "cost",
    "errors": "errors",
}
"""Sort orders and their columns. Sessions with an unknown value come last in both directions."""
ORDERS = ("desc", "asc")
OUTCOMES = ("open", "closed", "timeout", "error", "failing")
"""Outcomes of sessions; `failing` stands for any session with an error."""
STATES = ("active", "idle", *OUTCOMES)
"""Present states of sessions. An open one is active or idle."""
WITHIN_SECONDS = {
    "5m": 300,
    "15m": 900,
    "1h": 3600,
    "6h": 21_600,
    "24h": 86_400,
    "7d": 604_800,
    "28d": 2_419_200,
    "90d": 7_776_000,
}
"""Seconds before now."""
UNIT_MICROS = {"ms": 1_000, "s": 10**6, "": 10**6, "min": 60 * 10**6, "h": 3600 * 10**6, "d": 86_400 * 10**6}
_ACTIVE_MICROS = ACTIVE_SECONDS * 10**6
DEFAULT_LIMIT, MAX_LIMIT = 50, 500
"""Rows of a page."""
MAX_PARAMETER_LENGTH = 512
"""Characters."""
FILTERS = (
    "q", "state", "outcome", "model", "owner", "within", "since", "until",
    "min_cost", "max_cost", "min_duration", "max_duration", "min_slowest", "min_p95", "min_errors", "min_tokens",
)  # fmt: skip
"""Parameters that exclude sessions."""


@dataclass(frozen=True, slots=True)
class Owner:
    """The owner with this key; None for sessions without an owner."""

    key: int | None

    @property
    def where(self) -> dict[str, int | bool]:
        """The Django lookups that select this owner's sessions."""
        return {"person__isnull": True} if self.key is None else {"person": self.key}


@dataclass(frozen=True, slots=True)
class SessionQuery:
    """One page of the list. Bounds are inclusive; times and durations in µs, costs in 1e-9 USD.

    `awake`: with a last message between these times a session is active. With `is_awake` only such sessions match,
    without it only others.
    """

    q: str = ""
    owner: Owner | None = None
    model: str = ""
    outcome: str = ""
    awake: tuple[int, int] | None = None
    is_awake: bool = True
    min_cost: int | None = None
    max_cost: int | None = None
    min_duration: int | None = None
    max_duration: int | None = None
    min_slowest: int | None = None
    min_p95: int | None = None
    min_errors: int | None = None
    min_tokens: int | None = None
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
    def exact_outcome(self) -> str:
        """The outcome that a session must have; "" with `failing`, which is a range of errors."""
        return "" if self.outcome == "failing" else self.outcome

    @property
    def ranges(self) -> dict[str, tuple[int | None, int | None]]:
        """(minimum, maximum) of each column with a bound."""
        bounds = {
            "last_at": (self.since, None),
            "started": (None, self.until),
            "cost": (self.min_cost, self.max_cost),
            "duration": (self.min_duration, self.max_duration),
            "errors": (max(self.min_errors or 0, 1) if self.outcome == "failing" else self.min_errors, None),
            "slowest_wait": (self.min_slowest, None),
            "p95_wait": (self.min_p95, None),
            "total_tokens": (self.min_tokens, None),
            "open_at": self.awake if self.awake and self.is_awake else (None, None),
        }
        return {column: pair for column, pair in bounds.items() if pair != (None, None)}


def read_query(parameters: Mapping[str, str], now: int) -> SessionQuery:
    """Parses the parameters. Empty ones count as absent, unknown ones are ignored. `now` in µs. Raises Unclear."""

    def given(name: str, parse: Callable[[str], T]) -> T | None:
        """Returns the value of a parameter; None without one. A ValueError's message follows the given text."""
        text = parameters.get(name, "").strip()
        if "\0" in text or len(text) > MAX_PARAMETER_LENGTH:
            raise Unclear(f"{name}: longer than {MAX_PARAMETER_LENGTH} characters, or contains a null character")
        try:
            return parse(text) if text else None
        except ValueError as error:
            raise Unclear(f'{name}: "{text[:60]}" {error}') from None

    down, sort = given("order", _one_of(ORDERS)) != "asc", given("sort", _one_of(SORTS)) or "last_message"
    since, within = given("since", instant_of), given("within", _one_of(WITHIN_SECONDS))
    state, outcome = given("state", _one_of(STATES)), given("outcome", _one_of(OUTCOMES))
    if state and outcome:
        raise Unclear("state: cannot be combined with `outcome`, which says the same")
    ended = "open" if state in ("active", "idle") else state or outcome or ""
    query = SessionQuery(
        q=given("q", str) or "",
        owner=given("owner", owner_of),
        model=given("model", str) or "",
        outcome=ended,
        awake=(now - _ACTIVE_MICROS + 1, now + _ACTIVE_MICROS - 1) if state in ("active", "idle") else None,
        is_awake=state != "idle",
        min_cost=given("min_cost", lambda text: ceil(nanos_of(text))),
        max_cost=given("max_cost", lambda text: int(nanos_of(text))),
        min_duration=given("min_duration", duration_of),
        max_duration=given("max_duration", duration_of),
        min_slowest=given("min_slowest", duration_of),
        min_p95=given("min_p95", duration_of),
        min_errors=given("min_errors", _amount_of),
        min_tokens=given("min_tokens", _amount_of),
        since=max(since or 0, now - WITHIN_SECONDS[within] * 10**6) if within else since,
        until=given("until", instant_of),
        sort=sort,
        down=down,
        limit=given("limit", _limit_of) or DEFAULT_LIMIT,
        before=given("before", lambda text: cursor_of(text, sort, down)),
    )
    for low, high in (("min_cost", "max_cost"), ("min_duration", "max_duration"), ("since", "until")):
        least, most = getattr(query, low), getattr(query, high)
        if least is not None and most is not None and least > most:
            raise Unclear(f"{low} is greater than {high}: no session can match")
    return query


def _one_of(words: Collection[str]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"is not one of {', '.join(words)}")
        return text

    return read


def _limit_of(text: str) -> int:
    if not re.fullmatch(r"[+]?[0-9]{1,9}", text) or int(text) < 1:
        raise ValueError("is not a whole number above 0")
    return min(int(text), MAX_LIMIT)


def _amount_of(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,15}", text):
        raise ValueError("is not a whole number")
    return int(text)


def owner_of(text: str) -> Owner:
    """Returns the owner with a pseudonym such as falcon-26. Raises ValueError if the bird does not match the number."""
    name = text.lower()
    if name == pseudonym(None):
        return Owner(None)
    number = name.rpartition("-")[2]
    if re.fullmatch(r"[0-9]{1,18}", number) and name == pseudonym(int(number)):
        return Owner(int(number))
    raise ValueError("is not an owner's pseudonym, a bird and its number such as falcon-26")


def nanos_of(text: str) -> Decimal:
    """Converts USD to 1e-9 USD. Raises ValueError."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise ValueError("is not an amount") from None
    if not amount.is_finite() or not 0 <= amount <= 10**9:
        raise ValueError("is not an amount between 0 and 1,000,000,000")
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
