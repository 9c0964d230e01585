"""How sessions live and end, and how operations go. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from monitoring.stats.analysis.reports.usage import Window
from monitoring.stats.bands import LIVES, counted, spans
from monitoring.stats.bucket import HOUR, Counts, Groups
from monitoring.stats.figures import error_rate, seconds
from monitoring.stats.histogram import quantile
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

REASONS = ("closed", "timeout", "error")
OUTCOMES = ("ok", "failed", "timeout")
HOURS = 7 * 24
"""Hours at most for which it is said how many sessions began and ended."""
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Hour:
    """Of one hour (`start` in s): sessions that began, and that ended, by reason."""

    start: int
    started: int
    ended: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Present:
    """What is now: sessions that spoke lately, open ones, and of those that began before the limit (s) how many, and
    the ids of the oldest."""

    active: int
    open: int
    limit: int
    late: int
    oldest: Sequence[str]


def first_hour(start: int, now: float) -> int:
    """The first of the hours that are shown, s."""
    present = int(now) - int(now) % HOUR
    return max(start, present - (HOURS - 1) * HOUR)


def report(days: int, now: float, groups: Groups, hours: Iterable[Hour], present: Present) -> Row:
    """The report of a window's added-up days, its hours, and what is now."""
    window, ends = Window(days, now), SESSIONS_ENDED.read(groups)
    return {
        **window.head,
        "active": present.active,
        "open": present.open,
        "created_per_hour": hourly(hours, first_hour(window.start, now), now),
        "lifetimes": lifetimes(groups),
        "ends": {reason: ends.get(reason, 0) for reason in REASONS},
        "too_long": {"limit": present.limit, "count": present.late, "sessions": list(present.oldest)},
        "errors": {
            "finished": ANSWERS.sum(groups),
            "failed": ANSWERS_FAILED.sum(groups),
            "rate": error_rate(groups),
        },
        "operations": operations(groups),
    }


def hourly(hours: Iterable[Hour], first: int, now: float) -> list[Row]:
    """Every hour from the first to the present one, also where nothing began."""
    held = {hour.start: hour for hour in hours}
    empty = dict.fromkeys(REASONS, 0)
    rows = []
    for start in range(first, int(now) + 1, HOUR):
        hour = held.get(start, Hour(start, 0, empty))
        rows.append({"t": start, "started": hour.started, "ended": {**empty, **hour.ended}})
    return rows


def lifetimes(groups: Groups) -> Row | None:
    """How long sessions lived that ended in the window, from their start to their end, in seconds. None when none did.

    Who fell silent ended when time ran out: such a lifetime includes the silence before. Sessions that ended before
    they began are not among them.
    """
    histogram = LIFETIME.histogram(groups)
    ended = sum(histogram.values())
    if not ended:
        return None
    figures: Row = {"count": ended, "mean": seconds(LIFETIME_SUM.sum(groups)) / ended}
    return figures | {
        "p50": quantile(histogram, 0.5),
        "p90": quantile(histogram, 0.9),
        "p95": quantile(histogram, 0.95),
        "histogram": bars(LIFETIME_BANDS.read(groups)),
    }


def bars(amounts: Counts) -> list[Row]:
    """Lifetimes by band, up to the last one with anything in it. `to` is null where a bar has no end."""
    rows = zip(spans(LIVES), counted(amounts, LIVES), strict=True)
    found = [{"from": low, "to": high, "count": amount} for (low, high), amount in rows]
    return found[: max((place for place, row in enumerate(found, 1) if row["count"]), default=0)]


def operations(groups: Groups) -> list[Row]:
    """Every operation by name, the most frequent first. `failed` and `timeout` are failures; means are over those that
    said how much memory or CPU they took, null where none did."""
    done: dict[str, dict[str, int]] = {}
    for name, amount in NAMED_OPERATIONS.read(groups).items():
        outcome, _, operation = name.partition(":")
        done.setdefault(operation, {})[outcome] = amount
    durations = OPERATION_TIME.histograms(groups)
    rows = [_operation(name, outcomes, durations.get(name, {}), groups) for name, outcomes in done.items()]
    return sorted(rows, key=lambda row: (-row["count"], row["operation"]))


def _operation(name: str, outcomes: Mapping[str, int], durations: Mapping[int, int], groups: Groups) -> Row:
    ok, failed, timeout = (outcomes.get(outcome, 0) for outcome in OUTCOMES)
    cpu = _mean(groups, OPERATION_CPU, OPERATION_CPU_SAID, name)
    return {
        "operation": name,
        "count": ok + failed + timeout,
        "ok": ok,
        "failed": failed,
        "timeout": timeout,
        "failure_rate": (failed + timeout) / (ok + failed + timeout) if ok + failed + timeout else None,
        "p50": quantile(durations, 0.5),
        "p95": quantile(durations, 0.95),
        "memory_mean": _mean(groups, OPERATION_MEMORY, OPERATION_MEMORY_SAID, name),
        "cpu_mean": None if cpu is None else cpu / 1e6,
    }


def _mean(groups: Groups, together: Metric, said: Metric, name: str) -> float | None:
    """Sum by number; bytes, or µs."""
    number = said.read(groups).get(name, 0)
    return together.read(groups).get(name, 0) / number if number else None
