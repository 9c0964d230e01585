"""The operations report: starts, ends and lifetimes of sessions, errors, and the application's operations. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

from monitoring.events.shape import Count, Instant, Seconds, Shape, Share
from monitoring.stats import metrics
from monitoring.stats.bands import LIFETIME_BORDERS, band_counts, band_ranges
from monitoring.stats.bucket import HOUR, Counts, Groups
from monitoring.stats.figures import error_rate, seconds
from monitoring.stats.histogram import quantile, quantiles
from monitoring.stats.reports.dynamics import ratio
from monitoring.stats.reports.responses import Bar
from monitoring.stats.reports.usage import Report, head
from monitoring.stats.window import Period

OUTCOMES = ("ok", "failed", "timeout")
MAX_HOURS = 7 * 24
"""Maximum number of hours with counts of started and ended sessions."""


class Ends(Shape, frozen=True):
    """Ended sessions by reason."""

    closed: Count
    timeout: Count
    error: Count


class Created(Shape, frozen=True):
    """Sessions that started, and ended, in an hour."""

    t: Instant
    started: Count
    ended: Ends


class Lifetimes(Shape, frozen=True):
    """Time from the start of a session to its end."""

    count: Count
    mean: Seconds
    p50: Seconds
    p90: Seconds
    p95: Seconds
    histogram: list[Bar]


class TooLong(Shape, frozen=True):
    """Sessions open for longer than `limit` seconds, and ids of some of them."""

    limit: Seconds
    count: Count
    sessions: list[str]


class Errors(Shape, frozen=True):
    """Failed answers, and completed ones including failed."""

    finished: Count
    failed: Count
    rate: Share | None


class OperationFigures(Shape, frozen=True):
    """Figures of one operation of the application."""

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
    """Sessions that started and ended, their lifetimes, errors, and operations."""

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
    """The present state: active sessions, open ones, and those open for too long."""

    active: int
    open: int
    too_long: TooLong


def first_hour(period: Period) -> int:
    """Returns the first hour of which started and ended sessions are shown, s."""
    last = (period.until - 1) - (period.until - 1) % HOUR
    return max(period.start, last - (MAX_HOURS - 1) * HOUR)


def report(period: Period, groups: Groups, hours: Iterable[Created], present: Present) -> Operations:
    """Builds the report from the summed counts of a period, its hours and the present state."""
    return Operations(
        *head(period),
        active=present.active,
        open=present.open,
        created_per_hour=hourly(hours, first_hour(period), period.until),
        lifetimes=lifetimes(groups),
        ends=ends(metrics.SESSIONS_ENDED.read(groups)),
        too_long=present.too_long,
        errors=Errors(metrics.ANSWERS.sum(groups), metrics.ANSWERS_FAILED.sum(groups), error_rate(groups)),
        operations=operations(groups),
    )


def ends(counts: Mapping[str, int]) -> Ends:
    return Ends(counts.get("closed", 0), counts.get("timeout", 0), counts.get("error", 0))


def hourly(hours: Iterable[Created], first: int, until: int) -> list[Created]:
    """Returns all hours that begin in [first, until), including those without sessions."""
    by_start = {hour.t: hour for hour in hours}
    return [by_start.get(start) or Created(start, 0, ends({})) for start in range(first, until, HOUR)]


def lifetimes(groups: Groups) -> Lifetimes | None:
    """Returns the lifetimes in seconds of the sessions that ended in the window; None without any.

    The lifetime of a session that timed out includes the silence before its end. Sessions that ended before their start
    are left out.
    """
    histogram = metrics.LIFETIME.histogram(groups)
    ended = sum(histogram.values())
    if ended <= 0:
        return None
    mean = seconds(metrics.LIFETIME_SUM.sum(groups)) / ended
    p50, p90, p95 = quantiles(histogram, (0.5, 0.9, 0.95))
    return Lifetimes(ended, mean, p50, p90, p95, bars(metrics.LIFETIME_BANDS.read(groups)))


def bars(amounts: Counts) -> list[Bar]:
    """Returns lifetimes by band, up to the last band with a session. `to` is None for the last band."""
    rows = zip(band_ranges(LIFETIME_BORDERS), band_counts(amounts, LIFETIME_BORDERS), strict=True)
    bands = [Bar(low, high, amount) for (low, high), amount in rows]
    return bands[: max((number for number, row in enumerate(bands, 1) if row.count), default=0)]


def operations(groups: Groups) -> list[OperationFigures]:
    """Returns figures of each operation by name, the most frequent first. `failed` and `timeout` are failures. Means
    are over operations with reported memory or CPU time; None without any."""
    done: dict[str, dict[str, int]] = {}
    for name, amount in metrics.NAMED_OPERATIONS.read(groups).items():
        outcome, _, operation = name.partition(":")
        done.setdefault(operation, {})[outcome] = amount
    durations, rows = metrics.OPERATION_TIME.histograms(groups), []
    for name, outcomes in done.items():
        ok, failed, timeout = (outcomes.get(outcome, 0) for outcome in OUTCOMES)
        memory = metrics.OPERATION_MEMORY.read(groups).get(name, 0)
        cpu = metrics.OPERATION_CPU.read(groups).get(name, 0)
        row = OperationFigures(
            operation=name,
            count=ok + failed + timeout,
            ok=ok,
            failed=failed,
            timeout=timeout,
            failure_rate=ratio(failed + timeout, ok + failed + timeout),
            p50=quantile(durations.get(name, {}), 0.5),
            p95=quantile(durations.get(name, {}), 0.95),
            memory_mean=ratio(memory, metrics.OPERATION_MEMORY_REPORTS.read(groups).get(name, 0)),
            cpu_mean=ratio(seconds(cpu), metrics.OPERATION_CPU_REPORTS.read(groups).get(name, 0)),
        )
        rows.append(row)
    return sorted(rows, key=lambda row: (-row.count, row.operation))
