"""Converts counts into figures: numbers with units, as pages and REST show them. Pure."""

from collections.abc import Iterable, Mapping

from msgspec.structs import asdict, astuple

from monitoring.events.envelope import instant
from monitoring.stats import rows
from monitoring.stats.bucket import Counts, Groups
from monitoring.stats.histogram import middle, quantiles
from monitoring.stats.message import NANOS_PER_USD, Message
from monitoring.stats.metrics import ALL_WIDTH_METRICS, ANSWERS, ANSWERS_FAILED, NANO_USD, SERIES, Metric
from monitoring.stats.operation import Operation
from monitoring.stats.session import Session
from monitoring.stats.working_set import Vote

ACTIVE_SECONDS = 300
"""Seconds after its last message during which a session counts as active."""
ROLES = ("user", "assistant", "system", "tool")
Figure = int | Mapping[str, float] | None
"""A number, numbers or quantiles by name, or None where unknown."""
PointFigures = dict[str, Figure]
"""The figures of one point of every chart: those of each metric of SERIES under its `point`."""
Point = dict[str, Figure | float]
"""One point of every chart: `t` (s), and its figures. A part of what was counted in a longer time is a fraction."""


def seconds(micros: int) -> float:
    return micros / 1e6


def dollars(nanos: int) -> float:
    return nanos / NANOS_PER_USD


def total(rows: Iterable[Groups], of: Iterable[Metric] = ALL_WIDTH_METRICS) -> dict[str, Counts]:
    """Sum the counts of these metrics over several buckets. Zeros are removed."""
    buckets = list(rows)
    if len(buckets) == 1:
        return {metric.code: counts for metric in of if (counts := metric.read(buckets[0]))}
    summed: dict[str, Counts] = {}
    adds = {metric.code: metric.adds for metric in of}
    for groups in buckets:
        for code in adds.keys() & groups.keys():
            by_value = summed.setdefault(code, {})
            for value, amount in groups[code].items():
                before = by_value.get(value, 0)
                by_value[value] = before + amount if adds[code] else max(before, amount)
    return {code: {value: amount for value, amount in counts.items() if amount} for code, counts in summed.items()}


def wait_figures(histogram: dict[int, int]) -> dict[str, float] | None:
    """Returns p50, p90, p95 and p99 in seconds, and the count; None without response times."""
    count = sum(histogram.values())
    if count <= 0:
        return None
    p50, p90, p95, p99 = quantiles(histogram, (0.5, 0.9, 0.95, 0.99))
    return {"p50": p50, "p90": p90, "p95": p95, "p99": p99, "count": count}


def figure(metric: Metric, groups: Groups) -> Figure:
    """Returns a metric's value in a bucket: seconds, US$, quantiles of a histogram, or numbers by name."""
    match metric.dims:
        case ("bucket",):
            return wait_figures(metric.histogram(groups))
        case ():
            return metric.sum(groups)
    if metric.summed:
        return metric.sum(groups)
    counts = metric.read(groups)
    if metric.unit == NANO_USD:
        return {name: dollars(amount) for name, amount in counts.items()}
    return dict.fromkeys(metric.values, 0) | counts


def point_figures(groups: Groups) -> PointFigures:
    return {metric.point: figure(metric, groups) for metric in SERIES.values()}


def error_rate(groups: Groups) -> float | None:
    """Returns the share of failed answers among those that are complete or failed; None without any."""
    finished = ANSWERS.sum(groups)
    return ANSWERS_FAILED.sum(groups) / finished if finished else None


def state(session: Session, now: int) -> rows.State:
    """Returns "active", "idle" or "ended". A message after the end makes the session active again; a message in the
    future does not yet."""
    last = session.last_at or session.started_at or 0
    if not session.is_open:
        return "ended"
    return "active" if abs(now - last) < ACTIVE_SECONDS * 1_000_000 else "idle"


def session_summary(session: Session) -> rows.SessionSummary:
    return rows.SessionSummary(
        message_count=session.message_count,
        total_tokens=session.total_tokens,
        total_cost=dollars(session.cost),
        last_message_at=instant(session.last_at),
        average_response_time=seconds(session.wait_sum) / session.responses if session.responses else 0.0,
        conversation_duration=seconds(session.duration),
        user_messages=session.user_messages,
        assistant_messages=session.assistant_messages,
    )


def session_figures(session: Session, idle_gap: int) -> rows.SessionFigures:
    """Returns all figures of a session. Gaps between messages over `idle_gap` seconds are idle time."""
    histogram, count = session.detail.waits, session.responses
    active, idle = active_and_idle(session.detail.gaps, idle_gap)
    p50, p90, p95, p99 = quantiles(histogram, (0.5, 0.9, 0.95, 0.99)) or (None,) * 4
    return rows.SessionFigures(
        *astuple(session_summary(session)),
        average_time_to_start=seconds(session.start_sum) / count if count else 0.0,
        skewed_responses=session.skewed_responses,
        responses=count,
        response_p50=p50,
        response_p90=p90,
        response_p95=p95,
        response_p99=p99,
        prompt_tokens=session.prompt_tokens,
        completion_tokens=session.completion_tokens,
        failed_messages=session.failed_messages,
        pending_messages=session.pending_messages,
        failed_operations=session.failed_operations,
        votes_up=session.votes_up,
        votes_down=session.votes_down,
        active_seconds=seconds(active),
        idle_seconds=seconds(idle),
        engagement=engagement(active, idle),
        messages_per_minute=session.message_count / (session.duration / 60e6) if session.duration else None,
        response_histogram=[(middle(bucket), amount) for bucket, amount in sorted(histogram.items())],
        models={
            model: rows.ModelOfSession(messages, tokens, dollars(cost), prompt, completion)
            for model, (messages, tokens, cost, prompt, completion) in sorted(session.detail.models.items())
        },
    )


def active_and_idle(gaps: Mapping[int, int], idle_gap: int) -> tuple[int, int]:
    """Split the time between messages (µs by border) into gaps up to `idle_gap` seconds, one of GAPS, and longer
    ones."""
    active = sum(amount for border, amount in gaps.items() if 0 < border <= idle_gap)
    return active, sum(gaps.values()) - active


def engagement(active: float, idle: float) -> float | None:
    """Returns active / (active + idle), the active share of the conversation time; None without time.

    Active time lies between messages no further apart than the idle gap. The figure measures how dense conversations
    are, not whether people liked them: ten minutes of reading count as idle.
    """
    return active / (active + idle) if active + idle else None


def session_row(session: Session, owner: str, now: int) -> rows.SessionRow:
    return rows.SessionRow(
        id=session.session_id,
        owner=owner,
        messages=session.message_count,
        average_response_time=None if session.average_wait is None else seconds(session.average_wait),
        response_p95=None if session.p95_wait is None else seconds(session.p95_wait),
        slowest_response=None if session.slowest_wait is None else seconds(session.slowest_wait),
        tokens=session.total_tokens,
        cost=dollars(session.cost),
        errors=session.errors,
        last_message_at=instant(session.last_at),
        started_at=instant(session.started_at),
        state=state(session, now),
        outcome=session.outcome,
        duration=seconds(session.duration),
        models=sorted(session.detail.models),
    )


def session_head(session: Session, owner: str, now: int, shadow_cost: float | None, idle_gap: int) -> rows.SessionHead:
    return rows.SessionHead(
        **asdict(session_figures(session, idle_gap)),
        id=session.session_id,
        owner=owner,
        session_type=session.session_type,
        state=state(session, now),
        started_at=instant(session.started_at),
        ended_at=None if session.is_open else instant(session.ended_at),
        end_reason=None if session.is_open else session.end_reason,
        shadow_cost=shadow_cost,
        idle_gap=idle_gap,
    )


def message_row(message: Message) -> rows.MessageRow:
    prompt, completion, tokens, cost = message.token_amounts
    return rows.MessageRow(
        id=message.message_id,
        role=message.role,
        status=message.status,
        at=instant(message.at),
        completed_at=instant(message.completed_at),
        wait=None if message.wait is None else seconds(message.wait),
        skewed=message.is_skewed,
        tokens=tokens,
        prompt_tokens=prompt,
        completion_tokens=completion,
        cost=dollars(cost),
        model=message.model_name if message.usages or message.model else None,
        error=message.error,
    )


def vote_row(vote: Vote) -> rows.VoteRow:
    return rows.VoteRow(instant(vote.at), vote.value, vote.message_id)


def operation_row(operation: Operation) -> rows.OperationRow:
    return rows.OperationRow(
        at=instant(operation.at),
        operation=operation.operation,
        outcome=operation.outcome,
        duration=None if operation.duration is None else seconds(operation.duration),
        error=operation.error,
        memory_bytes=operation.memory,
        cpu_seconds=None if operation.cpu is None else seconds(operation.cpu),
    )


def marks(session: Session) -> list[rows.Mark]:
    started, ended = session.started_at, session.ended_at
    first = [] if started is None else [rows.Mark(instant(started), "started", None)]
    return first if ended is None else [*first, rows.Mark(instant(ended), "ended", session.end_reason)]
