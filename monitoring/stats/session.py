"""One session's sums, and how adding or removing a message changes them. Pure. No function reads a whole session."""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from operator import add
from typing import Protocol, TypeVar

from msgspec import Struct

from monitoring.stats import metrics
from monitoring.stats.bands import LIFETIME_BORDERS, WAIT_BORDERS, band_of
from monitoring.stats.bucket import DAY, HOUR, SECOND
from monitoring.stats.deltas import Amounts, BucketDeltas
from monitoring.stats.histogram import bucket_of, middle, quantile
from monitoring.stats.message import MAX_DURATION_MICROS, Message, MessageOrder
from monitoring.stats.model_names import join_delimited

Name = TypeVar("Name", int, str)
PARTS = 8
"""Number of partitions of the sessions. Workers share the sessions by partition."""


def part_of(digest: bytes) -> int:
    """Returns the partition of a session, from the 16 byte digest of its id."""
    return digest[0] % PARTS


_ANSWER, _FAILED_ANSWER, _ERROR = metrics.ANSWERS.of(), metrics.ANSWERS_FAILED.of(), metrics.ERRORS.of("message")
_UNANSWERED, _SKEWED = metrics.UNANSWERED.of(), metrics.SKEWED.of()
GAPS = (60, 120, 300, 600, 900, 1800, 3600)
"""Seconds. A gap between messages is counted under the smallest of these that it does not exceed, or under 0 above all
of them."""
_HOUR = HOUR * SECOND
_GAP_BORDERS = [border * SECOND for border in GAPS]
_GAP_METRICS = [(border, metrics.GAP_TIME.of(border)) for border in (*GAPS, 0)]


class Detail(Struct):
    """The sums of a session that are not columns of its own.

    `waits`: response times by histogram bucket. `models`: [messages, tokens, cost, prompt, completion] by name.
    `hours`: messages by hour of the week (UTC). `gaps`: µs between neighbours by GAPS. `free`: [prompt, completion]
    tokens of messages without a reported cost, by "DAY MODEL". `unowned`: counts for the session's owner, while no
    owner is known, by "HOUR NAME". `silent`: beginning of the silence (µs), if a timeout ended the session.
    """

    waits: dict[int, int] = {}
    models: dict[str, list[int]] = {}
    hours: dict[int, int] = {}
    gaps: dict[int, int] = {}
    free: dict[str, list[int]] = {}
    unowned: dict[str, int] = {}
    silent: int | None = None


@dataclass(slots=True)
class Session:
    """A row of `stats_session`. It is a dataclass, because assigning to a field of a Struct takes twice the time.

    `left_position` is the position of the latest entry that moved something out of its former place in the session: a
    message to another session or to an earlier time, a vote to a newer state.
    """

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
    def last(self) -> MessageOrder | None:
        if self.last_at is None:
            return None
        return self.last_at, self.last_id or "", self.last_role or "", self.last_wait, self.last_done

    def ends_before(self, key: tuple[int, str]) -> bool:
        """True if all messages of the session come before the key (time, id)."""
        return self.last_at is None or key > (self.last_at, self.last_id or "")

    @property
    def started_at(self) -> int | None:
        """The declared start (`session.started`), or else the time of the first message."""
        return self.first_at if self.declared_at is None else self.declared_at

    started = started_at

    @property
    def duration(self) -> int:
        """µs from the first message to the last; 0 without messages."""
        return 0 if self.first_at is None or self.last_at is None else self.last_at - self.first_at

    @property
    def average_wait(self) -> int | None:
        """Mean response time in µs; None without a response."""
        return self.wait_sum // self.responses if self.responses else None

    @property
    def slowest_wait(self) -> int | None:
        """Longest response time in µs, exact within 1 %; None without a response."""
        waits = self.detail.waits
        return round(middle(max(waits)) * SECOND) if waits else None

    @property
    def p95_wait(self) -> int | None:
        """95th percentile of the response times in µs, exact within 1 %; None without a response."""
        found = quantile(self.detail.waits, 0.95)
        return None if found is None else round(found * SECOND)

    @property
    def errors(self) -> int:
        return self.failed_messages + self.failed_operations

    @property
    def is_open(self) -> bool:
        """True if the session has not ended. A message after the end, or after the silence that ended it, opens it
        again."""
        silent = self.ended_at if self.detail.silent is None else self.detail.silent
        return silent is None or silent < (self.last_at or self.started_at or 0)

    @property
    def outcome(self) -> str:
        """Open, closed, timeout or error, in lower case."""
        return "open" if self.is_open else self.end_reason or "closed"

    @property
    def open_at(self) -> int | None:
        """Time of an open session's last message, or else its start; None for an ended session."""
        return (self.started_at if self.last_at is None else self.last_at) if self.is_open else None

    @property
    def model_names(self) -> str:
        return join_delimited(self.detail.models)


class NeighbourFinder(Protocol):
    """Finds the messages of a session on either side of a key that no message holds."""

    def neighbours(self, session: int, key: tuple[int, str]) -> tuple[MessageOrder | None, Message | None]: ...


def add_message(session: Session, message: Message, finder: NeighbourFinder, deltas: BucketDeltas) -> Message | None:
    """Count a message between its neighbours. Returns the next message if its response time changed."""
    key = message.order_key
    previous, following = (session.last, None) if session.ends_before(key) else finder.neighbours(session.key, key)
    if previous is None:
        session.first_at = message.at
    message.asked_at = _asked_at(message, previous)
    _count_gaps(session, previous, message, following, deltas, 1)
    count_message(session, message, deltas, 1)
    if following is None:
        _set_last(session, message.order, deltas)
        return None
    return following if _set_previous(session, following, message.order, deltas) else None


def remove_message(session: Session, message: Message, finder: NeighbourFinder, deltas: BucketDeltas) -> Message | None:
    """Undo `add_message`. Returns the next message if its response time changed."""
    previous, following = finder.neighbours(session.key, message.order_key)
    if previous is None:
        session.first_at = following.at if following else None
    count_message(session, message, deltas, -1)
    _count_gaps(session, previous, message, following, deltas, -1)
    message.asked_at = None
    if following is None:
        _set_last(session, previous, deltas)
        return None
    return following if _set_previous(session, following, previous, deltas) else None


def recount(session: Session, message: Message, deltas: BucketDeltas, change: Callable[[], None]) -> None:
    """Count a message again after `change()`, which must keep its time and role, so that its neighbours stay the
    same."""
    count_message(session, message, deltas, -1)
    change()
    count_message(session, message, deltas, 1)
    if message.order_key == (session.last_at, session.last_id):
        _set_last(session, message.order, deltas)


def recount_tokens(session: Session, message: Message, deltas: BucketDeltas, change: Callable[[], None]) -> None:
    """Count a message's tokens again after `change()`, which may also change the name of its model."""
    wait, old_model = message.wait, message.model_name
    count(session, deltas, message.done_at, *_count_tokens(session, message, -1))
    change()
    count(session, deltas, message.done_at, *_count_tokens(session, message, 1))
    if wait is not None and message.model_name != old_model:
        of, bucket = metrics.MODEL_RESPONSE_TIME.of, bucket_of(wait)
        changes = (of(bucket, old_model), -1), (of(bucket, message.model_name), 1)
        count(session, deltas, message.done_at, (), changes)


def _set_last(session: Session, last: MessageOrder | None, deltas: BucketDeltas) -> None:
    """Set the session's last message."""
    _count_last(session, deltas, -1)
    session.last_at, session.last_id, session.last_role, session.last_wait, session.last_done = last or (None,) * 5
    _count_last(session, deltas, 1)


def _count_last(session: Session, deltas: BucketDeltas, sign: int) -> None:
    if session.last_wait is not None:
        band = metrics.LAST_BANDS.of(band_of(session.last_wait, WAIT_BORDERS))
        count_coarse(session, deltas, session.last_done or 0, band, sign)
    elif session.last_role == "user":
        count_coarse(session, deltas, session.last_at or 0, _UNANSWERED, sign)


def _set_previous(session: Session, message: Message, previous: MessageOrder | None, deltas: BucketDeltas) -> bool:
    """Set the message's previous neighbour. Returns True if that changes its response time."""
    asked_at = _asked_at(message, previous)
    if asked_at == message.asked_at:
        return False
    count(session, deltas, message.done_at, *_count_response(session, message, deltas, -1))
    message.asked_at = asked_at
    count(session, deltas, message.done_at, *_count_response(session, message, deltas, 1))
    if message.order_key == (session.last_at, session.last_id):
        _set_last(session, message.order, deltas)
    return True


def _asked_at(message: Message, previous: MessageOrder | None) -> int | None:
    """Returns the time of the question that an answer follows directly, or None."""
    if previous is None or message.role != "assistant":
        return None
    at, _, role, _, _ = previous
    return at if role == "user" else None


def _count_gaps(
    session: Session,
    previous: MessageOrder | None,
    message: Message,
    following: Message | None,
    deltas: BucketDeltas,
    sign: int,
) -> None:
    """Count the gaps around a message, and the buckets in which its session was active. `sign` -1 removes the
    message."""
    before, at = previous[0] if previous else None, message.at or 0
    after = (following.at or 0) if following else None
    deltas.count_active(before, at, sign)
    if after is not None:
        deltas.count_active(before, after, -sign)
        deltas.count_active(at, after, sign)
        if before is not None and after - before <= _GAP_BORDERS[0] and before // _HOUR == after // _HOUR:
            return  # the gap and its two parts are counted under the same border and hour
        _count_gap(session, before, after, deltas, -sign)
        _count_gap(session, at, after, deltas, sign)
    _count_gap(session, before, at, deltas, sign)


def _count_gap(session: Session, before: int | None, at: int, deltas: BucketDeltas, sign: int) -> None:
    if before is None or before == at:
        return
    gap = at - before
    border, name = _GAP_METRICS[bisect_left(_GAP_BORDERS, gap)]
    _increment(session.detail.gaps, border, sign * gap)
    count_coarse(session, deltas, at, name, sign * gap)


def count_message(session: Session, message: Message, deltas: BucketDeltas, sign: int) -> None:
    """Count a message (`sign` 1), or remove its counts (-1). Of its neighbours only the time of the question
    matters."""
    at, done_at, is_answer = message.at or 0, message.done_at, message.role == "assistant"
    session.message_count += sign
    _increment(session.detail.hours, at // _HOUR % 168, sign)
    all_widths, coarse = _count_tokens(session, message, sign)
    if is_answer:
        session.assistant_messages += sign
    elif message.role == "user":
        session.user_messages += sign
    if message.status == "pending":
        session.pending_messages += sign
    elif is_answer:
        all_widths.append((_ANSWER, sign))
    if message.status == "failed":
        session.failed_messages += sign
        all_widths.append((_ERROR, sign))
        if is_answer:
            all_widths.append((_FAILED_ANSWER, sign))
    if message.asked_at is not None:
        response_all_widths, response_coarse = _count_response(session, message, deltas, sign)
        all_widths += response_all_widths
        coarse += response_coarse
    sent = metrics.MESSAGES.of(message.role), sign
    if at == done_at:
        all_widths.append(sent)
    else:
        count(session, deltas, at, (sent,))
    count(session, deltas, done_at, all_widths, coarse)


def _count_response(session: Session, message: Message, deltas: BucketDeltas, sign: int) -> tuple[Amounts, Amounts]:
    """Count the message's response time, if it has one, or that it is skewed.

    Returns amounts for buckets of all widths, and amounts for hours and days only.
    """
    wait = message.wait
    if wait is None:
        if message.is_skewed:
            session.skewed_responses += sign
            count_coarse(session, deltas, message.at or 0, _SKEWED, sign)
        return (), ()
    bucket = bucket_of(wait)
    session.responses += sign
    session.wait_sum += sign * wait
    session.start_sum += sign * min(MAX_DURATION_MICROS, (message.at or 0) - (message.asked_at or 0))
    _increment(session.detail.waits, bucket, sign)
    by_model = metrics.MODEL_RESPONSE_TIME.of(bucket, message.model_name), sign
    by_band = metrics.RESPONSE_BANDS.of(band_of(wait, WAIT_BORDERS)), sign
    return ((metrics.RESPONSE_TIME.of(bucket), sign),), (by_model, by_band)


def _count_tokens(session: Session, message: Message, sign: int) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """Count tokens and cost under the message's model.

    Returns amounts for buckets of all widths, and amounts for hours and days only.
    """
    prompt, completion, total, cost = message.token_amounts
    if message.role != "assistant" and not (prompt or completion or total or cost):
        return [], []
    if sign < 0:
        prompt, completion, total, cost = -prompt, -completion, -total, -cost
    session.prompt_tokens += prompt
    session.completion_tokens += completion
    session.total_tokens += total
    session.cost += cost
    name = message.model_name
    _add_amounts(session.detail.models, name, (sign, total, cost, prompt, completion))
    in_tokens, in_cost, in_messages, in_prompt, in_completion, in_unpriced_prompt, in_unpriced_completion = _names(name)
    all_widths = [(in_tokens, total)]
    coarse = [(in_messages, sign), (in_prompt, prompt), (in_completion, completion)]
    if cost:
        all_widths.append((in_cost, cost))
    elif prompt or completion:
        coarse += (in_unpriced_prompt, prompt), (in_unpriced_completion, completion)
        _add_amounts(session.detail.free, f"{message.done_at // (DAY * SECOND)} {name}", (prompt, completion))
    return all_widths, coarse


_BY_MODEL = (
    metrics.TOKENS, metrics.COST, metrics.MODEL_MESSAGES, metrics.PROMPT_TOKENS, metrics.COMPLETION_TOKENS,
    metrics.UNPRICED_PROMPT, metrics.UNPRICED_COMPLETION,
)  # fmt: skip


@lru_cache(maxsize=1_000)
def _names(model: str) -> tuple[str, ...]:
    """Returns the names of the counts of one model. One look-up takes a fifth of the time of seven."""
    return tuple(metric.of(model) for metric in _BY_MODEL)


def count(session: Session, deltas: BucketDeltas, at: int, all_widths: Amounts, coarse: Amounts = ()) -> None:
    """Add amounts to the buckets and to the owner's days. Amounts of a session without an owner are also kept by hour,
    until `assign_owner`."""
    if not all_widths and not coarse:
        return
    deltas.add(session.person, at, all_widths, coarse)
    if session.person is None:
        hour = at // _HOUR
        for name, amount in (*all_widths, *coarse):
            _increment(session.detail.unowned, f"{hour} {name}", amount)


def count_coarse(session: Session, deltas: BucketDeltas, at: int, name: str, amount: int) -> None:
    """Add one amount to hours and days only."""
    deltas.add_coarse(session.person, at, name, amount)
    if session.person is None:
        _increment(session.detail.unowned, f"{at // _HOUR} {name}", amount)


def assign_owner(session: Session, person: int | None, deltas: BucketDeltas) -> None:
    """Make the first person named in a session its owner, and move the earlier counts to that person."""
    if person is None or session.person is not None:
        return
    session.person = person
    for hour_and_name, amount in session.detail.unowned.items():
        hour, _, name = hour_and_name.partition(" ")
        deltas.move_to_owner(person, int(hour), name, amount)
    session.detail.unowned = {}


def count_lifetime(session: Session, started_at: int, deltas: BucketDeltas, sign: int) -> None:
    """Count the lifetime of an ended session at the time of its end. A session that ended before its start has no
    lifetime."""
    if session.ended_at is None or session.ended_at < started_at:
        return
    lifetime = min(MAX_DURATION_MICROS, session.ended_at - started_at)
    counted = (
        (metrics.LIFETIME.of(bucket_of(lifetime)), sign),
        (metrics.LIFETIME_BANDS.of(band_of(lifetime, LIFETIME_BORDERS)), sign),
    )
    count(session, deltas, session.ended_at, (), (*counted, (metrics.LIFETIME_SUM.of(), sign * lifetime)))


def _add_amounts(sums: dict[str, list[int]], name: str, amounts: tuple[int, ...]) -> None:
    """Add to a list of sums. A list of zeros is removed."""
    stored = sums.get(name)
    summed = list(map(add, stored, amounts)) if stored else list(amounts)
    if any(summed):
        sums[name] = summed
    else:
        sums.pop(name, None)


def _increment(counts: dict[Name, int], name: Name, amount: int) -> None:
    value = counts.get(name, 0) + amount
    if value:
        counts[name] = value
    else:
        counts.pop(name, None)
