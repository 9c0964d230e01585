"""Sums a session's messages in order, independently of the fold, to verify its figures. Pure."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from monitoring.events.envelope import instant
from monitoring.stats.bucket import DAY, HOUR, SECOND
from monitoring.stats.histogram import bucket_of
from monitoring.stats.rows import SessionSummary

MAX_DURATION_MICROS = 366 * DAY * SECOND
"""Longer response times are counted as this one."""
GAP_BORDERS = (60, 120, 300, 600, 900, 1800, 3600)
"""Seconds. A gap is counted under the smallest of these that it does not exceed, or under 0 above all of them."""
Values = dict[str, object]
"""Figures by name."""


class Row(NamedTuple):
    """The columns of a message that are read. Times are µs, costs 1e-9 USD."""

    session: int
    at: int
    message_id: str
    role: str
    status: str
    completed_at: int | None
    model: str | None
    prompt: int
    completion: int
    total: int
    cost: int
    usages: int
    usage_prompt: int
    usage_completion: int
    usage_total: int
    usage_cost: int
    usage_model: str | None
    asked_at: int | None


class Recount:
    """Sums over the messages of one session, to be added in order of (at, message_id)."""

    def __init__(self) -> None:
        self.numbers: Counter[str] = Counter()
        self.waits: Counter[int] = Counter()
        self.hours: Counter[int] = Counter()
        self.gaps: Counter[int] = Counter()
        self.models: dict[str, list[int]] = {}
        self.free: dict[str, list[int]] = {}
        self.first: Row | None = None
        self.last: Row | None = None
        self.last_wait: int | None = None
        self.asked_at_kept = 0

    def add(self, row: Row) -> None:
        numbers, before = self.numbers, self.last
        self.first, self.last, self.last_wait = self.first or row, row, None
        numbers["message_count"] += 1
        numbers[row.role] += 1
        numbers[row.status] += 1
        self.hours[row.at // (HOUR * SECOND) % 168] += 1
        self.asked_at_kept += row.asked_at or 0
        if before and row.at > before.at:
            gap = row.at - before.at
            self.gaps[min((border for border in GAP_BORDERS if gap <= border * SECOND), default=0)] += gap
        if row.role == "assistant" and before and before.role == "user":
            numbers["asked_at"] += before.at
            if row.status != "pending":
                self._wait(before.at, row)
        self._tokens(row)

    def _wait(self, asked: int, row: Row) -> None:
        if _completed_at(row) < asked:
            self.numbers["skewed_responses"] += 1
            return
        wait = self.last_wait = min(MAX_DURATION_MICROS, _completed_at(row) - asked)
        self.numbers["responses"] += 1
        self.numbers["wait_sum"] += wait
        self.numbers["start_sum"] += min(MAX_DURATION_MICROS, row.at - asked)
        self.waits[bucket_of(wait)] += 1

    def _tokens(self, row: Row) -> None:
        """Token usage records replace the tokens of the message."""
        amounts, model = (row.prompt, row.completion, row.total, row.cost), row.model
        if row.usages:
            amounts = row.usage_prompt, row.usage_completion, row.usage_total, row.usage_cost
            model = row.usage_model or row.model
        for name, amount in zip(("prompt_tokens", "completion_tokens", "total_tokens", "cost"), amounts, strict=True):
            self.numbers[name] += amount
        if row.role == "assistant" or any(amounts):
            prompt, completion, total, cost = amounts
            _add(self.models, model or "unknown", (1, total, cost, prompt, completion))
            if not cost and (prompt or completion):
                _add(self.free, f"{_completed_at(row) // (DAY * SECOND)} {model or 'unknown'}", (prompt, completion))

    def figures(self) -> Values:
        """Returns the sums as in a session's row, and `asked_at` summed over the answers."""
        first, last, numbers = self.first, self.last, self.numbers
        named = {name: numbers[name] for name in SUMS}
        return named | {
            "user_messages": numbers["user"],
            "assistant_messages": numbers["assistant"],
            "failed_messages": numbers["failed"],
            "pending_messages": numbers["pending"],
            "first_at": first.at if first else None,
            "last_at": last.at if last else None,
            "last_id": last.message_id if last else None,
            "last_role": last.role if last else None,
            "last_wait": self.last_wait,
            "last_done": _completed_at(last) if last else None,
            "histogram": dict(self.waits),
            "models": self.models,
            "hours": dict(self.hours),
            "gaps": dict(self.gaps),
            "free": self.free,
        }


def _completed_at(row: Row) -> int:
    return row.at if row.completed_at is None else row.completed_at


def _add(sums: dict[str, list[int]], name: str, amounts: tuple[int, ...]) -> None:
    held = sums.get(name, [0] * len(amounts))
    sums[name] = [a + b for a, b in zip(held, amounts, strict=True)]


SUMS = (
    "message_count", "total_tokens", "cost", "prompt_tokens", "completion_tokens", "responses", "wait_sum",
    "start_sum", "skewed_responses", "asked_at",
)  # fmt: skip


def recount(rows: Iterable[Row]) -> Recount:
    """Returns the sums of one session's messages."""
    counted = Recount()
    for row in rows:
        counted.add(row)
    return counted


def summary_of(recounted: Recount) -> SessionSummary:
    """Returns the session summary from sums: seconds, USD, RFC 3339."""
    first, last, sums = recounted.first, recounted.last, recounted.numbers
    return SessionSummary(
        message_count=sums["message_count"],
        total_tokens=sums["total_tokens"],
        total_cost=sums["cost"] / 1_000_000_000,
        last_message_at=instant(last.at if last else None),
        average_response_time=sums["wait_sum"] / 1e6 / sums["responses"] if sums["responses"] else 0.0,
        conversation_duration=(last.at - first.at) / 1e6 if last and first else 0.0,
        user_messages=sums["user"],
        assistant_messages=sums["assistant"],
    )
