"""How sessions live and end, and how operations go. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

from monitoring.events.shape import Count, Instant, Seconds, Shape, Share
from monitoring.stats.bands import LIVES, counted, spans
from monitoring.stats.bucket import HOUR, Counts, Groups
from monitoring.stats.figures import error_rate, seconds
from monitoring.stats.histogram import quantile, quantiles
from monitoring.stats.metrics import (
    ANSWERS,
    ANSWERS_FAILED,
    LIFETIME,
    LIFETIME_BANDS,
    LIFETIME_SUM,
    NAMED_OPERATIONS,
    OPERATION_CPU,
    OPERATION_CPU_SAID,
    OPERATION_MEMORY,
    OPERATION_MEMORY_SAID,
    OPERATION_TIME,
    SESSIONS_ENDED,
    Metric,
)
from monitoring.stats.reports.responses import Bar
from monitoring.stats.reports.usage import Report, Window

OUTCOMES = ("ok", "failed", "timeout")
HOURS = 7 * 24
"""Hours at most for which it is said how many sessions began and ended."""


class Ends(Shape, frozen=True):
    """Sessions that ended, by reason."""

    closed: Count
    timeout: Count
    error: Count


class Created(Shape, frozen=True):
    """Sessions that began, and ended, in an hour."""

    t: Instant
    started: Count
    ended: Ends


class Lifetimes(Shape, frozen=True):
    """From the start of a session to its end."""

    count: Count
    mean: Seconds
    p50: Seconds
    p90: Seconds
    p95: Seconds
    histogram: list[Bar]


class TooLong(Shape, frozen=True):
    """Sessions that are open for longer than `limit` seconds; some of their ids."""

    limit: Seconds
    count: Count
    sessions: list[str]


class Errors(Shape, frozen=True):
    """Answers that failed, among those that finished."""

    finished: Count
    failed: Count
    rate: Share | None


class OperationFigures(Shape, frozen=True):
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


class Operations(Report, frozen=True, kw_only=True):
    """How the application does: sessions that begin, live and end; its operations."""

    active: Count
    open: Count
    created_per_hour: list[Created]
    lifetimes: Lifetimes | None
    ends: Ends
    too_long: TooLong
    errors: Errors
    operations: list[OperationFigures]


@dataclass(frozen=True, slots=True)
class Present:
    """What is now: sessions that spoke lately, open ones, and those of them that began too long ago."""

    active: int
    open: int
    too_long: TooLong


def first_hour(start: int, now: float) -> int:
    """The first of the hours that are shown, s."""
    present = int(now) - int(now) % HOUR
    return max(start, present - (HOURS - 1) * HOUR)


def report(days: int, now: float, groups: Groups, hours: Iterable[Created], present: Present) -> Operations:
    """The report of a window's added-up days, its hours, and what is now."""
    window = Window(days, now)
    return Operations(
        *window.head,
        active=present.active,
        open=present.open,
        created_per_hour=hourly(hours, first_hour(window.start, now), now),
        lifetimes=lifetimes(groups),
        ends=ends(SESSIONS_ENDED.read(groups)),
        too_long=present.too_long,
        errors=Errors(ANSWERS.sum(groups), ANSWERS_FAILED.sum(groups), error_rate(groups)),
        operations=operations(groups),
    )


def ends(counts: Mapping[str, int]) -> Ends:
    return Ends(counts.get("closed", 0), counts.get("timeout", 0), counts.get("error", 0))


def hourly(hours: Iterable[Created], first: int, now: float) -> list[Created]:
    """Every hour from the first to the present one, also where nothing began."""
    held = {hour.t: hour for hour in hours}
    return [held.get(start) or Created(start, 0, ends({})) for start in range(first, int(now) + 1, HOUR)]


def lifetimes(groups: Groups) -> Lifetimes | None:
    """How long sessions lived that ended in the window, from their start to their end, in seconds. None when none did.

    Who fell silent ended when time ran out: such a lifetime includes the silence before. Sessions that ended before
    they began are not among them.
    """
    histogram = LIFETIME.histogram(groups)
    ended = sum(histogram.values())
    if ended <= 0:
        return None
    mean = seconds(LIFETIME_SUM.sum(groups)) / ended
    p50, p90, p95 = quantiles(histogram, (0.5, 0.9, 0.95))
    return Lifetimes(ended, mean, p50, p90, p95, bars(LIFETIME_BANDS.read(groups)))


def bars(amounts: Counts) -> list[Bar]:
    """Lifetimes by band, up to the last one with anything in it. `to` is null where a bar has no end."""
    rows = zip(spans(LIVES), counted(amounts, LIVES), strict=True)
    found = [Bar(low, high, amount) for (low, high), amount in rows]
    return found[: max((place for place, row in enumerate(found, 1) if row.count), default=0)]


def operations(groups: Groups) -> list[OperationFigures]:
    """Every operation by name, the most frequent first. `failed` and `timeout` are failures; means are over those that
    said how much memory or CPU they took, null where none did."""
    done: dict[str, dict[str, int]] = {}
    for name, amount in NAMED_OPERATIONS.read(groups).items():
        outcome, _, operation = name.partition(":")
        done.setdefault(operation, {})[outcome] = amount
    durations = OPERATION_TIME.histograms(groups)
    rows = [_operation(name, outcomes, durations.get(name, {}), groups) for name, outcomes in done.items()]
    return sorted(rows, key=lambda row: (-row.count, row.operation))


def _operation(
    name: str, outcomes: Mapping[str, int], durations: Mapping[int, int], groups: Groups
) -> OperationFigures:
    ok, failed, timeout = (outcomes.get(outcome, 0) for outcome in OUTCOMES)
    cpu, count = _mean(groups, OPERATION_CPU, OPERATION_CPU_SAID, name), ok + failed + timeout
    return OperationFigures(
        operation=name,
        count=count,
        ok=ok,
        failed=failed,
        timeout=timeout,
        failure_rate=(failed + timeout) / count if count else None,
        p50=quantile(durations, 0.5),
        p95=quantile(durations, 0.95),
        memory_mean=_mean(groups, OPERATION_MEMORY, OPERATION_MEMORY_SAID, name),
        cpu_mean=None if cpu is None else cpu / 1e6,
    )


def _mean(groups: Groups, together: Metric, said: Metric, name: str) -> float | None:
    """Sum by number; bytes, or µs."""
    number = said.read(groups).get(name, 0)
    return together.read(groups).get(name, 0) / number if number else None
