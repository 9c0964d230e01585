"""One message: which of several states holds, and what it counts for. Pure."""

from dataclasses import dataclass
from typing import NamedTuple

from monitoring.events.envelope import micros
from monitoring.events.record import Record
from monitoring.events.vocabulary import Message as MessageData
from monitoring.events.vocabulary import TokenUsage
from monitoring.stats.histogram import bucket_of

NANO = 1_000_000_000
DAY = 86_400 * 1_000_000
"""µs."""
LONGEST_WAIT = 366 * 86_400 * 1_000_000
"""µs; whatever is longer counts as this, so that no sum of them outgrows 64 bits."""


Place = tuple[int, str, str, int | None, int | None]
"""Where something stands in its session: time, id, role, and an answer's response time, if it has one, and when it was
whole. Order is by time, then id."""


class Tokens(NamedTuple):
    """`cost` in 1e-9 USD."""

    prompt: int
    completion: int
    total: int
    cost: int


@dataclass(slots=True)
class Message:
    """The fields of the row of the same name."""

    key: int
    digest: bytes
    message_id: str
    session: int | None = None
    position: int = 0
    at: int | None = None
    role: str = ""
    status: str = ""
    completed_at: int | None = None
    model: str | None = None
    error: str | None = None
    characters: int | None = None
    prompt: int = 0
    completion: int = 0
    total: int = 0
    cost: int = 0
    usages: int = 0
    usage_prompt: int = 0
    usage_completion: int = 0
    usage_total: int = 0
    usage_cost: int = 0
    usage_model: str | None = None
    asked_at: int | None = None
    part: int = 0
    said: int = 0

    @property
    def key_in_order(self) -> tuple[int, str]:
        """By this the messages of a session are sorted."""
        return self.at or 0, self.message_id

    @property
    def place(self) -> Place:
        return self.at or 0, self.message_id, self.role, self.wait, self.done_at

    @property
    def done_at(self) -> int:
        """When it was whole: `completed_at`, or its time."""
        return (self.completed_at if self.completed_at is not None else self.at) or 0

    @property
    def tokens(self) -> Tokens:
        return Tokens(*self.spent)

    @property
    def spent(self) -> tuple[int, int, int, int]:
        """The same, for who counts many: a tuple is made in a third of the time."""
        if self.usages:
            return self.usage_prompt, self.usage_completion, self.usage_total, self.usage_cost
        return self.prompt, self.completion, self.total, self.cost

    @property
    def model_name(self) -> str:
        return (self.usage_model or self.model or "unknown") if self.usages else (self.model or "unknown")

    @property
    def wait(self) -> int | None:
        """The response time in µs: from the question to the whole answer; None where none counts."""
        if self.asked_at is None or self.status == "pending":
            return None
        wait = self.done_at - self.asked_at
        return None if wait < 0 else min(LONGEST_WAIT, wait)

    @property
    def is_skewed(self) -> bool:
        """Whether it ended before its question was asked: two clocks disagree, and nobody knows how long one waited."""
        return self.asked_at is not None and self.status != "pending" and self.done_at < self.asked_at

    @property
    def ranked(self) -> int | None:
        """By this the slowest answers of a day are found."""
        wait = self.wait
        return None if wait is None else self.done_at // DAY * 4_096 + bucket_of(wait)


def nano(dollars: float | None) -> int:
    """USD as 1e-9 USD, so that sums are exact. A cost is at least one of them: none is taken for no cost."""
    return max(1, round(dollars * NANO)) if dollars else 0


def outranked(held: Message, data: MessageData, position: int) -> bool:
    """Whether the state that is held beats another: finished beats pending, then the later completion, then the later
    arrival. Arrival is an entry's position, so that whoever counts first makes no difference."""
    completed = None if data.completed_at is None else micros(data.completed_at)
    return (*_rank(held.status, held.completed_at), held.said) > (*_rank(data.status, completed), position)


def _rank(status: str, completed_at: int | None) -> tuple[bool, int]:
    return status != "pending", -1 if completed_at is None else completed_at


def take_state(message: Message, record: Record, data: MessageData, session: int, part: int) -> None:
    """Make the message what this event says it is: of this session, which is of this part."""
    message.session, message.part, message.at, message.said = session, part, record.at, record.position
    message.role, message.status = data.role, data.status
    message.completed_at = None if data.completed_at is None else micros(data.completed_at)
    message.model, message.error, message.characters = data.model, data.error, data.characters
    message.prompt, message.completion = data.prompt_tokens or 0, data.completion_tokens or 0
    given = data.total_tokens
    message.total = message.prompt + message.completion if given is None else given
    message.cost = nano(data.cost)


def take_usage(message: Message, data: TokenUsage) -> None:
    """Add a record of tokens. Of several models' names the smallest is kept, so that order does not matter."""
    message.usages += 1
    message.usage_prompt += data.prompt_tokens
    message.usage_completion += data.completion_tokens
    message.usage_total += data.total_tokens
    message.usage_cost += nano(data.cost)
    if data.model:
        message.usage_model = min(message.usage_model or data.model, data.model)
