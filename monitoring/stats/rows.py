"""Shapes of sessions and their contents, as lists, pages and REST show them; `figures` builds them. Pure."""

from typing import Annotated, Literal

from msgspec import Meta

from monitoring.events.shape import Count, Dollars, Moment, Seconds, Shape, Share

State = Literal["active", "idle", "ended"]
Outcome = Annotated[str, Meta(extra_json_schema={"enum": ["open", "closed", "timeout", "error"]})]
Role = Annotated[str, Meta(extra_json_schema={"enum": ["user", "assistant", "system", "tool"]})]
Status = Annotated[str, Meta(extra_json_schema={"enum": ["completed", "pending", "failed"]})]
"""Vocabulary of the events, which ingest validates. Database rows hold it as plain text."""
Owner = Annotated[str, Meta(description="The owner's pseudonym.")]


class SessionRow(Shape, frozen=True):
    """A row in the list of sessions."""

    id: str
    owner: Owner
    messages: Count
    average_response_time: Seconds | None
    response_p95: Seconds | None
    slowest_response: Seconds | None
    tokens: Count
    cost: Dollars
    errors: Annotated[int, Meta(ge=0, description="Failed messages and failed operations.")]
    last_message_at: Moment | None
    started_at: Moment | None
    state: State
    outcome: Outcome
    duration: Seconds
    models: list[str]


class ModelOfSession(Shape, frozen=True):
    """Figures of one model in a session."""

    messages: Count
    tokens: Count
    cost: Dollars
    prompt_tokens: Count
    completion_tokens: Count


class SessionSummary(Shape, frozen=True):
    """The summary of a session. Seconds and USD."""

    message_count: Count
    total_tokens: Count
    total_cost: Dollars
    last_message_at: Moment | None
    average_response_time: Seconds
    conversation_duration: Seconds
    user_messages: Count
    assistant_messages: Count


class SessionFigures(SessionSummary, frozen=True, kw_only=True):
    """All figures of a session."""

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
        list[tuple[float, int]], Meta(description="Pairs: the middle of a bar in seconds, and its count.")
    ]
    models: dict[str, ModelOfSession]


class SessionHead(SessionFigures, frozen=True, kw_only=True):
    """One session: owner, state, times and figures."""

    id: str
    owner: Owner
    session_type: str | None
    state: State
    started_at: Moment | None
    ended_at: Moment | None
    end_reason: str | None
    shadow_cost: (
        Annotated[
            float, Meta(ge=0, description="USD that its tokens without a reported cost would have cost at list prices.")
        ]
        | None
    )
    idle_gap: Annotated[
        int, Meta(ge=0, description="Gaps between messages longer than this, in seconds, count as idle time.")
    ]


class MessageRow(Shape, frozen=True):
    """Figures of a message, without its text."""

    id: str
    role: Role | None
    status: Status | None
    at: Moment | None
    completed_at: Moment | None
    wait: Annotated[float, Meta(ge=0, description="Response time in seconds.")] | None
    skewed: Annotated[
        bool, Meta(description="Completed before its question: clocks disagree, and the response time is unknown.")
    ]
    tokens: Count
    prompt_tokens: Count
    completion_tokens: Count
    cost: Dollars
    model: str | None
    error: str | None


class VoteRow(Shape, frozen=True):
    """A person's vote on a message."""

    at: Moment
    value: Annotated[str, Meta(extra_json_schema={"enum": ["up", "down"]})]
    message_id: str | None


class OperationRow(Shape, frozen=True):
    """An operation of the application for a session."""

    at: Moment
    operation: str
    outcome: Annotated[str, Meta(extra_json_schema={"enum": ["ok", "failed", "timeout"]})]
    duration: Seconds | None
    error: str | None
    memory_bytes: Count | None
    cpu_seconds: Seconds | None


class Mark(Shape, frozen=True):
    """Start or end of a session."""

    at: Moment
    kind: Literal["started", "ended"]
    reason: str | None
