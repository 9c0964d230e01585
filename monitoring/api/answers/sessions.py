"""Answers about sessions. Pure."""

from typing import Annotated, Literal

from msgspec import Meta

from monitoring.api.answers.kinds import Answer, Count, Dollars, Moment, Next, Seconds, Share

State = Literal["active", "idle", "ended"]
Outcome = Literal["open", "closed", "timeout", "error"]
Role = Literal["user", "assistant", "system", "tool"]


class SessionRow(Answer, frozen=True):
    """A line in the list of sessions."""

    id: str
    owner: Annotated[str, Meta(description="The owner's pseudonym.")]
    messages: Count
    average_response_time: Seconds | None
    response_p95: Seconds | None
    tokens: Count
    cost: Dollars
    errors: Annotated[int, Meta(ge=0, description="Failed messages and failed operations.")]
    last_message_at: Moment | None
    started_at: Moment | None
    state: State
    outcome: Outcome
    duration: Seconds
    models: list[str]


class Sessions(Answer, frozen=True):
    """A page of sessions. It may be short while `next` is there: so much was looked at, and looking on takes a page."""

    sessions: list[SessionRow]
    next: Next | None
    examined: Annotated[int, Meta(ge=0, description="Rows that were looked at for this page.")]


class ModelOfSession(Answer, frozen=True):
    """What a model did in a session."""

    messages: Count
    tokens: Count
    cost: Dollars
    prompt_tokens: Count
    completion_tokens: Count


class SessionFigures(Answer, frozen=True):
    """The eight figures of a session, then the rest."""

    message_count: Count
    total_tokens: Count
    total_cost: Dollars
    last_message_at: Moment | None
    average_response_time: Seconds
    conversation_duration: Seconds
    user_messages: Count
    assistant_messages: Count
    average_time_to_start: Seconds
    skewed_responses: Count
    responses: Count
    response_p50: Seconds | None
    response_p90: Seconds | None
    response_p95: Seconds | None
    response_p99: Seconds | None
    prompt_tokens: Count
    completion_tokens: Count
    failed_messages: Count
    pending_messages: Count
    failed_operations: Count
    votes_up: Count
    votes_down: Count
    active_seconds: Seconds
    idle_seconds: Seconds
    engagement: Share | None
    messages_per_minute: float | None
    response_histogram: Annotated[
        list[tuple[float, int]], Meta(description="Pairs: the middle of a bar in seconds, and how many.")
    ]
    models: dict[str, ModelOfSession]


class Session(SessionFigures, frozen=True):
    """One session: who, when, and its figures."""

    id: str
    owner: Annotated[str, Meta(description="The owner's pseudonym.")]
    session_type: str | None
    state: State
    started_at: Moment | None
    ended_at: Moment | None
    end_reason: str | None
    shadow_cost: Annotated[float, Meta(ge=0, description="USD that its free tokens would have cost elsewhere.")] | None
    idle_gap: Annotated[int, Meta(ge=0, description="Seconds of silence from which on time counts as idle.")]


class MessageRow(Answer, frozen=True):
    """A message: figures, no words."""

    id: str
    role: Role | None
    status: Literal["completed", "pending", "failed"] | None
    at: Moment | None
    completed_at: Moment | None
    wait: Annotated[float, Meta(ge=0, description="Response time in seconds.")] | None
    skewed: Annotated[bool, Meta(description="It ended before its question: clocks disagree, and the wait is unknown.")]
    tokens: Count
    prompt_tokens: Count
    completion_tokens: Count
    cost: Dollars
    model: str | None
    error: str | None


class Messages(Answer, frozen=True):
    """A page of a session's messages, in order of time."""

    messages: list[MessageRow]
    next: Next | None


class Outlier(Answer, frozen=True):
    """Why a response time stands out of those of its model. The figures are null for an owner while fewer than 5 other
    people are behind them, or one of them makes over half of it."""

    typical: Seconds | None
    limit: Seconds | None
    score: float | None
    rule: str


class TimedMessage(MessageRow, frozen=True):
    """A message of a timeline."""

    outlier: Outlier | None


class VoteRow(Answer, frozen=True):
    """What somebody thinks of a message."""

    at: Moment
    value: Literal["up", "down"]
    message_id: str | None


class OperationRow(Answer, frozen=True):
    """What was done for a session."""

    at: Moment
    operation: str
    outcome: Literal["ok", "failed", "timeout"]
    duration: Seconds | None
    error: str | None
    memory_bytes: Count | None
    cpu_seconds: Seconds | None


class Mark(Answer, frozen=True):
    """When a session began, and ended."""

    at: Moment
    kind: Literal["started", "ended"]
    reason: str | None


class Timeline(Answer, frozen=True):
    """A page of what happened in a session: its messages in order of time, and what else there was."""

    messages: list[TimedMessage]
    votes: list[VoteRow]
    operations: list[OperationRow]
    marks: list[Mark]
    next: Next | None
