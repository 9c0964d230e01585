"""One session's sums, and how one message more, or one less, changes them. Pure. Nothing here reads the session."""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from operator import add
from typing import NamedTuple, Protocol, TypeVar

from monitoring.stats import metrics
from monitoring.stats.bands import LIVES, WAITS, band_of
from monitoring.stats.bucket import DAY, HOUR, SECOND
from monitoring.stats.deltas import Amounts, BucketDeltas
from monitoring.stats.histogram import bucket_of
from monitoring.stats.message import LONGEST_WAIT, Message, Place
from monitoring.stats.model_names import between_bars

Name = TypeVar("Name", int, str)
PARTS = 8
"""Into so many parts sessions are divided, so that several workers can share them."""


def part_of(digest: bytes) -> int:
    """The part of a session, by the 16 bytes that stand for its id."""
    return digest[0] % PARTS


NOWHERE = (None, None, None, None, None)
_ANSWER, _FAILED_ANSWER, _ERROR = metrics.ANSWERS.of(), metrics.ANSWERS_FAILED.of(), metrics.ERRORS.of("message")
_UNANSWERED, _SKEWED = metrics.UNANSWERED.of(), metrics.SKEWED.of()
GAPS = (60, 120, 300, 600, 900, 1800, 3600)
"""Seconds: gaps between messages are counted by the smallest of these that they do not exceed; longer ones under 0."""
_HOUR = HOUR * SECOND
_BORDERS = [border * SECOND for border in GAPS]
_GAPS = [(border, metrics.GAP_TIME.of(border)) for border in (*GAPS, 0)]


@dataclass(slots=True)
class Detail:
    """What a row holds beside its columns.

    `waits`: response times by histogram bucket; `models`: [messages, tokens, cost, prompt, completion] by name;
    `hours`: messages by hour of the week (UTC); `gaps`: µs between neighbours by GAPS; `free`: [prompt, completion]
    tokens of messages without a cost of their own by "DAY MODEL"; `unowned`: what is to be counted for the session's
    person once one is named, by "HOUR NAME"; `silent`: since when it had been silent, if the clock
    ended it.
    """

    waits: dict[int, int] = field(default_factory=dict)
    models: dict[str, list[int]] = field(default_factory=dict)
    hours: dict[int, int] = field(default_factory=dict)
    gaps: dict[int, int] = field(default_factory=dict)
    free: dict[str, list[int]] = field(default_factory=dict)
    unowned: dict[str, int] = field(default_factory=dict)
    silent: int | None = None


@dataclass(slots=True)
class Session:
    """The fields of the row of the same name. `left_position`: of the entry by which something last left its place in
    the session: a message for another session or an earlier time, a vote for its newer state."""

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
    last_wait: int | None = None
    last_done: int | None = None
    responses: int = 0
    wait_sum: int = 0
    start_sum: int = 0
    skewed_responses: int = 0
    votes_up: int = 0
    votes_down: int = 0
    failed_operations: int = 0
    detail: Detail = field(default_factory=Detail)
    left_position: int = 0

    @property
    def last(self) -> Place | None:
        if self.last_at is None:
            return None
        return self.last_at, self.last_id or "", self.last_role or "", self.last_wait, self.last_done

    def ends_before(self, key: tuple[int, str]) -> bool:
        """Whether all its messages stand before a place."""
        return self.last_at is None or key > (self.last_at, self.last_id or "")

    @property
    def started_at(self) -> int | None:
        """When it began: what session.started said, or its first message."""
        return self.first_at if self.declared_at is None else self.declared_at

    started = started_at

    @property
    def duration(self) -> int:
        """µs from the first message to the last."""
        return 0 if self.first_at is None or self.last_at is None else self.last_at - self.first_at

    @property
    def average_wait(self) -> int | None:
        """µs; None without a response time."""
        return self.wait_sum // self.responses if self.responses else None

    @property
    def errors(self) -> int:
        return self.failed_messages + self.failed_operations

    @property
    def is_open(self) -> bool:
        """Whether it has not ended; a message after the end, or in the silence for which it ended, opens it again."""
        silent = self.ended_at if self.detail.silent is None else self.detail.silent
        return silent is None or silent < (self.last_at or self.started_at or 0)

    @property
    def outcome(self) -> str:
        """open, closed, timeout or error."""
        return "open" if self.is_open else self.end_reason or "closed"

    @property
    def open_at(self) -> int | None:
        """Since when an open session has been silent."""
        return (self.started_at if self.last_at is None else self.last_at) if self.is_open else None

    @property
    def model_names(self) -> str:
        return between_bars(self.detail.models)


class Neighbours(Protocol):
    """Finds the messages of a session on either side of a place that no message holds."""

    def beside(self, session: int, key: tuple[int, str]) -> tuple[Place | None, Message | None]: ...


def add_message(session: Session, message: Message, near: Neighbours, tally: BucketDeltas) -> Message | None:
    """Count a message at its place; returns the neighbour behind it, if its response time changed."""
    key = message.key_in_order
    previous, following = (session.last, None) if session.ends_before(key) else near.beside(session.key, key)
    if previous is None:
        session.first_at = message.at
    message.asked_at = _asked_at(message, previous)
    _split(session, previous, message, following, tally, 1)
    count(session, message, tally, 1)
    if following is None:
        _end_with(session, message.place, tally)
        return None
    return following if _follows(session, following, message.place, tally) else None


def remove_message(session: Session, message: Message, near: Neighbours, tally: BucketDeltas) -> Message | None:
    """Undo `add_message`."""
    previous, following = near.beside(session.key, message.key_in_order)
    if previous is None:
        session.first_at = following.at if following else None
    count(session, message, tally, -1)
    _split(session, previous, message, following, tally, -1)
    message.asked_at = None
    if following is None:
        _end_with(session, previous, tally)
        return None
    return following if _follows(session, following, previous, tally) else None


def recount(session: Session, message: Message, tally: BucketDeltas, change: Callable[[], None]) -> None:
    """`change` what a message says, at the same place and in the same role: its neighbours are the same."""
    count(session, message, tally, -1)
    change()
    count(session, message, tally, 1)
    if message.key_in_order == (session.last_at, session.last_id):
        _end_with(session, message.place, tally)


def recount_tokens(session: Session, message: Message, tally: BucketDeltas, change: Callable[[], None]) -> None:
    """`change` a message's tokens, and with them perhaps its model."""
    wait, was = message.wait, message.model_name
    tell(session, tally, message.done_at, *_spent(session, message, -1))
    change()
    tell(session, tally, message.done_at, *_spent(session, message, 1))
    if wait is not None and message.model_name != was:
        of, bucket = metrics.MODEL_RESPONSE_TIME.of, bucket_of(wait)
        changes = (of(bucket, was), -1), (of(bucket, message.model_name), 1)
        tell(session, tally, message.done_at, (), changes)


def _end_with(session: Session, last: Place | None, tally: BucketDeltas) -> None:
    """Say what the last message is."""
    _tell_last(session, tally, -1)
    session.last_at, session.last_id, session.last_role, session.last_wait, session.last_done = last or NOWHERE
    _tell_last(session, tally, 1)


def _tell_last(session: Session, tally: BucketDeltas, sign: int) -> None:
    if session.last_wait is not None:
        band = metrics.LAST_BANDS.of(band_of(session.last_wait, WAITS))
        tell_one(session, tally, session.last_done or 0, band, sign)
    elif session.last_role == "user":
        tell_one(session, tally, session.last_at or 0, _UNANSWERED, sign)


def _follows(session: Session, message: Message, previous: Place | None, tally: BucketDeltas) -> bool:
    """Give a message another neighbour before it. Whether that changes its response time."""
    asked_at = _asked_at(message, previous)
    if asked_at == message.asked_at:
        return False
    tell(session, tally, message.done_at, *_waited(session, message, tally, -1))
    message.asked_at = asked_at
    tell(session, tally, message.done_at, *_waited(session, message, tally, 1))
    if message.key_in_order == (session.last_at, session.last_id):
        _end_with(session, message.place, tally)
    return True


def _asked_at(message: Message, previous: Place | None) -> int | None:
    """A message answers the question right before it: when that was asked."""
    if previous is None or message.role != "assistant":
        return None
    at, _, role, _, _ = previous
    return at if role == "user" else None


def _split(
    session: Session,
    previous: Place | None,
    message: Message,
    following: Message | None,
    tally: BucketDeltas,
    sign: int,
) -> None:
    """Count the time between neighbours, and where their session was active, with a message between them."""
    before, at = previous[0] if previous else None, message.at or 0
    after = (following.at or 0) if following else None
    tally.active(before, at, sign)
    if after is not None:
        tally.active(before, after, -sign)
        tally.active(at, after, sign)
        if before is not None and _is_one_gap(before, after):
            return
        _gap(session, before, after, tally, -sign)
        _gap(session, at, after, tally, sign)
    _gap(session, before, at, tally, sign)


def _is_one_gap(before: int, after: int) -> bool:
    """Whether a gap and its pieces are counted at the same place."""
    return after - before <= _BORDERS[0] and before // _HOUR == after // _HOUR


def _gap(session: Session, before: int | None, at: int, tally: BucketDeltas, sign: int) -> None:
    if before is None or before == at:
        return
    gap = at - before
    border, name = _GAPS[bisect_left(_BORDERS, gap)]
    _bump(session.detail.gaps, border, sign * gap)
    tell_one(session, tally, at, name, sign * gap)


def count(session: Session, message: Message, tally: BucketDeltas, sign: int) -> None:
    """Count what the message is at its place: in it the neighbours count by the question that it answers alone."""
    at, done_at = message.at or 0, message.done_at
    session.message_count += sign
    _bump(session.detail.hours, at // _HOUR % 168, sign)
    everywhere, coarse = _spent(session, message, sign)
    _ended(session, message, sign, everywhere)
    if message.asked_at is not None:
        waited = _waited(session, message, tally, sign)
        everywhere += waited[0]
        coarse += waited[1]
    said = metrics.MESSAGES.of(message.role), sign
    if at == done_at:
        everywhere.append(said)
    else:
        tell(session, tally, at, (said,))
    tell(session, tally, done_at, everywhere, coarse)


def _waited(session: Session, message: Message, tally: BucketDeltas, sign: int) -> tuple[Amounts, Amounts]:
    """Count the message's response time, if it has one, or that it has none because it ended before its question;
    returns what that says to buckets of every width, and what to hours and days alone."""
    wait = message.wait
    if wait is None:
        if message.is_skewed:
            session.skewed_responses += sign
            tell_one(session, tally, message.at or 0, _SKEWED, sign)
        return (), ()
    bucket = bucket_of(wait)
    session.responses += sign
    session.wait_sum += sign * wait
    session.start_sum += sign * min(LONGEST_WAIT, (message.at or 0) - (message.asked_at or 0))
    _bump(session.detail.waits, bucket, sign)
    by_model = metrics.MODEL_RESPONSE_TIME.of(bucket, message.model_name), sign
    by_band = metrics.RESPONSE_BANDS.of(band_of(wait, WAITS)), sign
    return ((metrics.RESPONSE_TIME.of(bucket), sign),), (by_model, by_band)


def _ended(session: Session, message: Message, sign: int, everywhere: list[tuple[str, int]]) -> None:
    """Count roles and what became of the message, and what its end says to the buckets."""
    answer = message.role == "assistant"
    if answer:
        session.assistant_messages += sign
    elif message.role == "user":
        session.user_messages += sign
    if message.status == "pending":
        session.pending_messages += sign
        return
    if answer:
        everywhere.append((_ANSWER, sign))
    if message.status == "failed":
        session.failed_messages += sign
        everywhere.append((_ERROR, sign))
        if answer:
            everywhere.append((_FAILED_ANSWER, sign))


def _spent(session: Session, message: Message, sign: int) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """Count tokens and cost, under the message's model; returns what that says to buckets of every width, and what to
    hours and days alone."""
    prompt, completion, total, cost = message.spent
    if message.role != "assistant" and not (prompt or completion or total or cost):
        return [], []
    if sign < 0:
        prompt, completion, total, cost = -prompt, -completion, -total, -cost
    session.prompt_tokens += prompt
    session.completion_tokens += completion
    session.total_tokens += total
    session.cost += cost
    name = message.model_name
    _sum(session.detail.models, name, (sign, total, cost, prompt, completion))
    names = _names(name)
    everywhere = [(names.tokens, total)]
    coarse = [(names.messages, sign), (names.prompt, prompt), (names.completion, completion)]
    if cost:
        everywhere.append((names.cost, cost))
    elif prompt or completion:
        coarse += ((names.unpriced_prompt, prompt), (names.unpriced_completion, completion))
        _sum(session.detail.free, f"{message.done_at // (DAY * SECOND)} {name}", (prompt, completion))
    return everywhere, coarse


class Names(NamedTuple):
    """Under which names a model's counts stand."""

    messages: str
    prompt: str
    completion: str
    unpriced_prompt: str
    unpriced_completion: str
    tokens: str
    cost: str


@lru_cache(maxsize=1_000)
def _names(model: str) -> Names:
    return Names(
        metrics.MODEL_MESSAGES.of(model),
        metrics.PROMPT_TOKENS.of(model),
        metrics.COMPLETION_TOKENS.of(model),
        metrics.UNPRICED_PROMPT.of(model),
        metrics.UNPRICED_COMPLETION.of(model),
        metrics.TOKENS.of(model),
        metrics.COST.of(model),
    )


def tell(session: Session, tally: BucketDeltas, at: int, everywhere: Amounts, coarse: Amounts = ()) -> None:
    """Count in the buckets, and for the session's person; what is nobody's yet is remembered by the hour."""
    if not everywhere and not coarse:
        return
    tally.add(session.person, at, everywhere, coarse)
    if session.person is None:
        hour = at // _HOUR
        for name, amount in (*everywhere, *coarse):
            _bump(session.detail.unowned, f"{hour} {name}", amount)


def tell_one(session: Session, tally: BucketDeltas, at: int, name: str, amount: int) -> None:
    """One count by hours and days."""
    tally.add_one(session.person, at, name, amount)
    if session.person is None:
        _bump(session.detail.unowned, f"{at // _HOUR} {name}", amount)


def assign_owner(session: Session, person: int | None, tally: BucketDeltas) -> None:
    """The first person that is named in a session is its owner: what was counted before becomes theirs."""
    if person is None or session.person is not None:
        return
    session.person = person
    for place, amount in session.detail.unowned.items():
        hour, _, name = place.partition(" ")
        tally.move(person, int(hour), name, amount)
    session.detail.unowned = {}


def count_life(session: Session, began: int, tally: BucketDeltas, sign: int) -> None:
    """Count how long an ended session lived, at its end. One that ended before it began has no lifetime."""
    if session.ended_at is None or session.ended_at < began:
        return
    life = min(LONGEST_WAIT, session.ended_at - began)
    counted = (metrics.LIFETIME.of(bucket_of(life)), sign), (metrics.LIFETIME_BANDS.of(band_of(life, LIVES)), sign)
    tell(session, tally, session.ended_at, (), (*counted, (metrics.LIFETIME_SUM.of(), sign * life)))


def _sum(sums: dict[str, list[int]], name: str, amounts: tuple[int, ...]) -> None:
    """Add to a list of sums; one that is all zeros is not kept."""
    held = sums.get(name)
    summed = list(map(add, held, amounts)) if held else list(amounts)
    if any(summed):
        sums[name] = summed
    else:
        sums.pop(name, None)


def _bump(counts: dict[Name, int], name: Name, amount: int) -> None:
    value = counts.get(name, 0) + amount
    if value:
        counts[name] = value
    else:
        counts.pop(name, None)
