"""One session's sums, and how one message more, or one less, changes them. Nothing here reads the session."""

from dataclasses import dataclass, field
from typing import Protocol

from monitoring.stats.histogram import bucket_of
from monitoring.stats.message import LONGEST_WAIT, Message, Place
from monitoring.stats.tally import SECOND, Tally

Numbers = dict[str, int]
PARTS = 8
"""Into so many parts sessions are divided, so that several workers can share them."""


def part_of(digest: bytes) -> int:
    """The part of a session, by the 16 bytes that stand for its id."""
    return digest[0] % PARTS


@dataclass(slots=True)
class Detail:
    """Response times by histogram bucket, messages and tokens and cost by model, messages by hour of the week (UTC)."""

    waits: dict[int, int] = field(default_factory=dict)
    models: dict[str, list[int]] = field(default_factory=dict)
    hours: dict[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class Session:
    """The fields of the row of the same name."""

    key: int
    digest: bytes
    session_id: str
    person: int | None = None
    session_type: str | None = None
    position: int = 0
    declared_at: int | None = None
    ended_at: int | None = None
    end_reason: str | None = None
    message_count: int = 0
    user_messages: int = 0
    assistant_messages: int = 0
    failed_messages: int = 0
    pending_messages: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0
    cost: int = 0
    first_at: int | None = None
    last_at: int | None = None
    last_id: str | None = None
    last_role: str | None = None
    responses: int = 0
    wait_sum: int = 0
    start_sum: int = 0
    votes_up: int = 0
    votes_down: int = 0
    failed_operations: int = 0
    detail: Detail = field(default_factory=Detail)

    @property
    def last(self) -> Place | None:
        return None if self.last_at is None else Place(self.last_at, self.last_id or "", self.last_role or "")

    @property
    def started_at(self) -> int | None:
        """When it began: what session.started said, or its first message."""
        return self.first_at if self.declared_at is None else self.declared_at


class Neighbours(Protocol):
    """Finds the messages of a session on either side of a place."""

    def before(self, session: int, key: tuple[int, str]) -> Place | None: ...
    def after(self, session: int, key: tuple[int, str]) -> Message | None: ...


def put_in(session: Session, message: Message, near: Neighbours, tally: Tally) -> Message | None:
    """Count a message at its place; returns the neighbour behind it, if its response time changed."""
    place, last = message.place, session.last
    if last is None or place[:2] > last[:2]:
        previous, following = last, None
    else:
        previous, following = _beside(session, message, near)
    if following is None:
        session.last_at, session.last_id, session.last_role = place
    if previous is None:
        session.first_at = place.at
    _pair(session, message, previous, tally)
    count(session, message, tally, 1)
    return _repair(session, following, previous, place, tally)


def take_out(session: Session, message: Message, near: Neighbours, tally: Tally) -> Message | None:
    """Undo `put_in`."""
    place = message.place
    previous, following = _beside(session, message, near)
    count(session, message, tally, -1)
    _unpair(session, message, previous, tally)
    if following is None:
        session.last_at, session.last_id, session.last_role = previous or (None, None, None)
    if previous is None:
        session.first_at = following.at if following else None
    return _repair(session, following, place, previous, tally)


def _beside(session: Session, message: Message, near: Neighbours) -> tuple[Place | None, Message | None]:
    key = message.key_in_order
    return near.before(session.key, key), near.after(session.key, key)


def _repair(
    session: Session, following: Message | None, was: Place | None, now: Place | None, tally: Tally
) -> Message | None:
    """Give a message another neighbour before it; returned if that changes its response time."""
    if following is None:
        return None
    asked = following.asked_at
    _unpair(session, following, was, tally)
    _pair(session, following, now, tally)
    return following if following.asked_at != asked else None


def _pair(session: Session, message: Message, previous: Place | None, tally: Tally) -> None:
    asked = previous is not None and previous.role == "user" and message.role == "assistant"
    message.asked_at = previous.at if asked and previous else None
    tally.active(previous.at if previous else None, message.at or 0, 1)
    count_wait(session, message, tally, 1)


def _unpair(session: Session, message: Message, previous: Place | None, tally: Tally) -> None:
    tally.active(previous.at if previous else None, message.at or 0, -1)
    count_wait(session, message, tally, -1)
    message.asked_at = None


def count_wait(session: Session, message: Message, tally: Tally, sign: int) -> None:
    """Count the message's response time, if it has one."""
    wait = message.wait
    if wait is None:
        return
    bucket = bucket_of(wait)
    session.responses += sign
    session.wait_sum += sign * wait
    session.start_sum += sign * min(LONGEST_WAIT, (message.at or 0) - (message.asked_at or 0))
    _bump(session.detail.waits, bucket, sign)
    tally.add(message.done_at, f"w:{bucket}", sign)


def count(session: Session, message: Message, tally: Tally, sign: int) -> None:
    """Count what the message is by itself, whatever its neighbours."""
    session.message_count += sign
    if message.role == "user":
        session.user_messages += sign
    elif message.role == "assistant":
        session.assistant_messages += sign
        if message.status != "pending":
            tally.add(message.done_at, "f", sign)
        if message.status == "failed":
            tally.add(message.done_at, "b", sign)
    if message.status == "failed":
        session.failed_messages += sign
        tally.add(message.done_at, "x:message", sign)
    elif message.status == "pending":
        session.pending_messages += sign
    tally.add(message.at or 0, f"m:{message.role}", sign)
    _bump(session.detail.hours, (message.at or 0) // (3600 * SECOND) % 168, sign)
    count_tokens(session, message, tally, sign)


def count_tokens(session: Session, message: Message, tally: Tally, sign: int) -> None:
    """Count tokens and cost, under the message's model."""
    tokens = message.tokens
    if message.role != "assistant" and not any(tokens):
        return
    session.prompt_tokens += sign * tokens.prompt
    session.completion_tokens += sign * tokens.completion
    session.total_tokens += sign * tokens.total
    session.cost += sign * tokens.cost
    name = message.model_name
    sums = session.detail.models.setdefault(name, [0, 0, 0])
    for place, amount in enumerate((1, tokens.total, tokens.cost)):
        sums[place] += sign * amount
    if not any(sums):
        del session.detail.models[name]
    if tokens.total:
        tally.add(message.done_at, f"t:{name}", sign * tokens.total)
    if tokens.cost:
        tally.add(message.done_at, f"c:{name}", sign * tokens.cost)


def _bump(counts: dict[int, int], name: int, sign: int) -> None:
    value = counts.get(name, 0) + sign
    if value:
        counts[name] = value
    else:
        counts.pop(name, None)
