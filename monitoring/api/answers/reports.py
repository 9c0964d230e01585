"""Answers over many sessions: usage, operations, somebody's own. Pure."""

from typing import Annotated

from msgspec import Meta, field

from monitoring.api.answers.kinds import Answer, Count, Dollars, Instant, Moment, Report, Seconds, Share
from monitoring.api.answers.responses import Bar


class Hours(Answer, frozen=True):
    """Figures of each hour; the first begins at `from`, none is left out."""

    start: Instant = field(name="from")
    messages: list[Count]
    tokens: list[Count]
    cost: list[Dollars]


class Day(Answer, frozen=True):
    """A day in UTC."""

    t: Instant
    messages: Count
    sessions: Annotated[int, Meta(ge=0, description="Sessions that began.")]
    user: Count
    assistant: Count
    tokens: dict[str, Count]
    cost: dict[str, Dollars]
    shadow_cost: dict[str, Dollars]
    engagement: Share | None
    cycles: Count


class ModelUsage(Answer, frozen=True):
    """What a model did."""

    model: str
    messages: Count
    prompt_tokens: Count
    completion_tokens: Count
    tokens: Count
    cost: Dollars
    shadow_cost: Dollars | None
    tokens_per_message: float | None
    cost_per_message: float | None
    response_p50: Seconds | None
    response_p95: Seconds | None
    share: Share | None


class Totals(Answer, frozen=True):
    """Sums over the time that is reported."""

    messages: Count
    sessions: Count
    prompt_tokens: Count
    completion_tokens: Count
    tokens: Count
    cost: Dollars
    shadow_cost: Dollars | None


class Efficiency(Answer, frozen=True):
    """What a message and a session take."""

    tokens_per_message: float | None
    tokens_per_session: float | None
    messages_per_session: float | None
    cost_per_session: float | None
    cost_per_1000_tokens: float | None
    completion_share: Share | None


class Dynamics(Answer, frozen=True):
    """How people talk."""

    messages_per_minute: float | None
    messages_per_hour: float | None
    messages_per_day: float | None
    active_seconds: Seconds
    idle_seconds: Seconds
    engagement: Share | None
    cycles: Count
    cycles_per_session: float | None
    idle_gap: Seconds


class Band(Answer, frozen=True):
    """Answers of a range of response times (s), and after how many of them nothing came."""

    start: Seconds = field(name="from")
    to: Seconds | None
    answers: Count
    left: Count
    chance: Share | None
    low: Share | None
    high: Share | None


class Leaving(Answer, frozen=True):
    """How often people leave, by how long they had waited."""

    start: Moment = field(name="from")
    to: Moment
    bands: list[Band]
    unanswered: Count


class PricesUsed(Answer, frozen=True):
    """Which prices the shadow costs are made with."""

    version: Count
    models: Count
    note: str


class Usage(Report, frozen=True):
    """What was used: messages, tokens, costs."""

    hours: Hours
    by_day: list[Day]
    models: list[ModelUsage]
    totals: Totals
    efficiency: Efficiency
    dynamics: Dynamics
    leaving: Leaving
    prices: PricesUsed


class Ends(Answer, frozen=True):
    """Sessions that ended, by reason."""

    closed: Count
    timeout: Count
    error: Count


class Created(Answer, frozen=True):
    """Sessions that began, and ended, in an hour."""

    t: Instant
    started: Count
    ended: Ends


class Lifetimes(Answer, frozen=True):
    """From the start of a session to its end."""

    count: Count
    mean: Seconds
    p50: Seconds
    p90: Seconds
    p95: Seconds
    histogram: list[Bar]


class TooLong(Answer, frozen=True):
    """Sessions that are open for longer than `limit` seconds; some of their ids."""

    limit: Seconds
    count: Count
    sessions: list[str]


class Errors(Answer, frozen=True):
    """Answers that failed, among those that finished."""

    finished: Count
    failed: Count
    rate: Share | None


class OperationFigures(Answer, frozen=True):
    """An operation of the application."""

    operation: str
    count: Count
    ok: Count
    failed: Count
    timeout: Count
    failure_rate: Share | None
    p50: Seconds | None
    p95: Seconds | None
    memory_mean: Annotated[float, Meta(ge=0, description="Bytes.")] | None
    cpu_mean: Seconds | None


class Operations(Report, frozen=True):
    """How the application does: sessions that begin, live and end; its operations."""

    active: Count
    open: Count
    created_per_hour: list[Created]
    lifetimes: Lifetimes | None
    ends: Ends
    too_long: TooLong
    errors: Errors
    operations: list[OperationFigures]


class MyFigures(Answer, frozen=True):
    """Sums of one's own sessions."""

    sessions: Count
    messages: Count
    tokens: Count
    cost: Dollars
    shadow_cost: Dollars | None
    response_p50: Seconds | None
    response_p95: Seconds | None
    engagement: Share | None
    active_seconds: Seconds
    errors: Count


class Compared(Answer, frozen=True):
    """A figure of one's own beside that of all others; `withheld` where fewer than 5 others, or mostly one, made it."""

    name: str
    mine: float | None
    others: float | None
    withheld: bool


class Comparison(Answer, frozen=True):
    """One's own figures beside everybody else's, where enough others are there; otherwise why not. `people` of 5 says
    that there are 5 or more."""

    start: Moment | None = field(name="from", default=None)
    to: Moment | None = None
    people: Annotated[int, Meta(ge=5)] | None = None
    figures: list[Compared] | None = None
    withheld: str | None = None


class Mine(Report, frozen=True):
    """Figures of one's own sessions."""

    figures: MyFigures
    hours: Hours
    by_day: list[Day]
    models: list[ModelUsage]
    comparison: Comparison
