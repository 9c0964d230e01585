"""One message: which of its reported states is kept, its tokens and its response time. Pure."""

from dataclasses import dataclass

from monitoring.events.envelope import micros
from monitoring.events.record import Record
from monitoring.events.vocabulary import Message as MessageData
from monitoring.events.vocabulary import TokenUsage
from monitoring.stats.histogram import bucket_of

NANOS_PER_USD = 1_000_000_000
DAY = 86_400 * 1_000_000
"""µs."""
MAX_DURATION_MICROS = 366 * 86_400 * 1_000_000
"""Longer durations are counted as this one, so that their sums fit into 64 bits."""


MessageOrder = tuple[int, str, str, int | None, int | None]
"""(time, id, role, response time, completion time) of a message in its session, in µs. The response time is None if the
message has none. Messages are ordered by time, then id."""


@dataclass(slots=True)
class Message:
    """A row of `stats_message`."""

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
    partition: int = 0
    state_position: int = 0

    @property
    def order_key(self) -> tuple[int, str]:
        """(time, id): the sort key of the messages of a session."""
        return self.at or 0, self.message_id

    @property
    def order(self) -> MessageOrder:
        return self.at or 0, self.message_id, self.role, self.wait, self.done_at

    @property
    def done_at(self) -> int:
        """Completion time: `completed_at`, or else the message's time."""
        return (self.completed_at if self.completed_at is not None else self.at) or 0

    @property
    def token_amounts(self) -> tuple[int, int, int, int]:
        """Prompt tokens, completion tokens, all tokens, and their cost in 1e-9 USD."""
        if self.usages:
            return self.usage_prompt, self.usage_completion, self.usage_total, self.usage_cost
        return self.prompt, self.completion, self.total, self.cost

    @property
    def model_name(self) -> str:
        return (self.usage_model or self.model or "unknown") if self.usages else (self.model or "unknown")

    @property
    def wait(self) -> int | None:
        """Response time in µs, from the question to the complete answer; None without one."""
        if self.asked_at is None or self.status == "pending":
            return None
        wait = self.done_at - self.asked_at
        return None if wait < 0 else min(MAX_DURATION_MICROS, wait)

    @property
    def is_skewed(self) -> bool:
        """True if the answer was complete before its question was sent: two clocks disagree, and the response time is
        unknown."""
        return self.asked_at is not None and self.status != "pending" and self.done_at < self.asked_at

    @property
    def slow_rank(self) -> int | None:
        """Sort key of the slowest answers of a day: day * 4096 + histogram bucket. None without a response time."""
        wait = self.wait
        return None if wait is None else self.done_at // DAY * 4_096 + bucket_of(wait)


def nano(dollars: float | None) -> int:
    """Convert USD to 1e-9 USD, an integer, so that sums are exact. A cost above 0 becomes at least 1, because 0 means
    no cost."""
    return max(1, round(dollars * NANOS_PER_USD)) if dollars else 0


def outranks(stored: Message, data: MessageData, position: int) -> bool:
    """True if the stored state takes precedence over `data`.

    A finished state precedes a pending one, then the later completion, then the later position. Arrival is compared by
    position, so the order of counting makes no difference.
    """
    before = -1 if stored.completed_at is None else stored.completed_at
    after = -1 if data.completed_at is None else micros(data.completed_at)
    rank = stored.status != "pending", before, stored.state_position
    return rank > (data.status != "pending", after, position)


def take_state(message: Message, record: Record, data: MessageData, session: int) -> None:
    """Copy the state from an event into the message. `session` is the key of its session."""
    message.session, message.at, message.state_position = session, record.at, record.position
    message.role, message.status = data.role, data.status
    message.completed_at = None if data.completed_at is None else micros(data.completed_at)
    message.model, message.error, message.characters = data.model, data.error, data.characters
    message.prompt, message.completion = data.prompt_tokens or 0, data.completion_tokens or 0
    total = data.total_tokens
    message.total = message.prompt + message.completion if total is None else total
    message.cost = nano(data.cost)


def take_usage(message: Message, data: TokenUsage) -> None:
    """Add a `token_usage` event. Of several model names the smallest is kept, so that the order of events does not
    matter."""
    message.usages += 1
    message.usage_prompt += data.prompt_tokens
    message.usage_completion += data.completion_tokens
    message.usage_total += data.total_tokens
    message.usage_cost += nano(data.cost)
    if data.model:
        message.usage_model = min(message.usage_model or data.model, data.model)
