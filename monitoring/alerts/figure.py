"""The figures that rules can use, and how each is computed from counts. Pure.

A figure is one row of FIGURES. Its parts are numbers of one step that add up over a window (or a histogram, or a
maximum), and `value` makes the figure of the sums. A rule can use a new figure as soon as its row is here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from monitoring.health.reading import HEALTH_FIGURES
from monitoring.stats.bucket import DAY, HOUR, Groups
from monitoring.stats.histogram import middle
from monitoring.stats.message import NANOS_PER_USD
from monitoring.stats.metrics import (
    ANSWERS,
    ANSWERS_FAILED,
    COST,
    ERRORS,
    MESSAGES,
    MODEL_RESPONSE_TIME,
    NAMED_OPERATIONS,
    OPERATIONS,
    RESPONSE_TIME,
    SESSIONS_ACTIVE,
    SESSIONS_ENDED,
    SESSIONS_STARTED,
    TOKENS,
    Metric,
)  # fmt: skip

MINUTE = 60
SCOPES = {
    "all": "all sessions together", "session": "each session", "user": "each user", "model": "each model",
    "operation": "each operation", "source": "each source",
}  # fmt: skip
Histogram = Mapping[int, int]
Part = tuple[float, ...] | Histogram
"""The numbers of one step, or its histogram."""
Kind = Literal["sum", "ratio", "maximum", "quantile", "single"]
Parts = Callable[[Groups], Mapping[str, Part]]
"""Returns the parts of one step by name; "" for all together."""
Source = tuple[tuple[Metric, ...], Parts]
"""The metrics that a figure is made of, and the function of a step's parts."""


@dataclass(frozen=True)
class Figure:
    """A figure of rules. `scopes`: the step (s) in which it is counted for each scope; 0 for single values. `sources`:
    the metrics and the function of a step's parts for each scope that is counted in buckets. `kind`: how parts of
    several steps become a value, which is divided by `divisor`; of a quantile `share` is which."""

    name: str
    label: str
    unit: str
    kind: Kind
    scopes: Mapping[str, int]
    sources: Mapping[str, Source]
    share: float = 0.0
    divisor: int = 1
    grows: bool = False
    """True if a session's value never falls while the session goes on."""


def _sum(metric: Metric) -> Source:
    return (metric,), lambda groups: {"": (metric.sum(groups),)}


def _named(metric: Metric) -> Source:
    return (metric,), lambda groups: {name: (n,) for name, n in metric.read(groups).items()}


def _ratio(over: Metric, under: Metric) -> Source:
    return (over, under), lambda groups: {"": (over.sum(groups), under.sum(groups))}


_WAITS: Source = (RESPONSE_TIME,), lambda groups: {"": RESPONSE_TIME.histogram(groups)}
_MODEL_WAITS: Source = (MODEL_RESPONSE_TIME,), lambda groups: dict(MODEL_RESPONSE_TIME.histograms(groups))


def _failed_operations(groups: Groups) -> dict[str, Part]:
    by_outcome = OPERATIONS.read(groups)
    return {"": (by_outcome.get("failed", 0) + by_outcome.get("timeout", 0), sum(by_outcome.values()))}


def _failed_by_name(groups: Groups) -> dict[str, Part]:
    found: dict[str, list[float]] = {}
    for name, amount in NAMED_OPERATIONS.read(groups).items():
        outcome, _, operation = name.partition(":")
        numbers = found.setdefault(operation, [0, 0])
        numbers[0] += amount if outcome in ("failed", "timeout") else 0
        numbers[1] += amount
    return {name: (failed, total) for name, (failed, total) in found.items()}


def _mean_of(histogram: Histogram) -> tuple[int, int]:
    """The sum (µs) and the number of the values of a histogram, exact within 1 %."""
    return sum(_micros(bucket) * n for bucket, n in histogram.items()), sum(histogram.values())


@cache
def _micros(bucket: int) -> int:
    return round(middle(bucket) * 1e6)


_MEANS: Source = (RESPONSE_TIME,), lambda groups: {"": _mean_of(RESPONSE_TIME.histogram(groups))}
_MODEL_MEANS: Source = (
    (MODEL_RESPONSE_TIME,),
    lambda groups: {name: _mean_of(one) for name, one in MODEL_RESPONSE_TIME.histograms(groups).items()},
)
_WAIT_SCOPES = {"all": MINUTE, "session": 0, "user": DAY, "model": HOUR}


def _quantile(percent: int) -> Figure:
    sources = {"all": _WAITS, "user": _WAITS, "model": _MODEL_WAITS}
    name, label = f"response_p{percent}", f"Response time, p{percent}"
    return Figure(name, label, "s", "quantile", _WAIT_SCOPES, sources, percent / 100)


def _count(name: str, label: str, unit: str, metric: Metric, *others: str, by_model: bool = False) -> Figure:
    sources = {"all": _sum(metric), "user": _sum(metric)}
    scopes = {"all": MINUTE, **{scope: 0 if scope == "session" else DAY for scope in others}}
    if by_model:
        sources["model"], scopes["model"] = _named(metric), MINUTE
    divisor = NANOS_PER_USD if unit == "US$" else 1
    return Figure(name, label, unit, "sum", scopes, sources, divisor=divisor, grows=True)


def _health(name: str, label: str, unit: str, *others: str, kind: Kind = "maximum") -> Figure:
    return Figure(name, label, unit, kind, dict.fromkeys(("all", *others), MINUTE), {})


FIGURES = {
    figure.name: figure
    for figure in (
        Figure("response_time", "Response time of one answer", "s", "single", {"all": 0, "session": 0, "model": 0}, {}),
        Figure("response_average", "Average response time", "s", "ratio", _WAIT_SCOPES,
               {"all": _MEANS, "user": _MEANS, "model": _MODEL_MEANS}, divisor=1_000_000),
        _quantile(50),
        _quantile(90),
        _quantile(95),
        _quantile(99),
        _count("messages", "Messages", "messages", MESSAGES, "session", "user"),
        _count("tokens", "Tokens", "tokens", TOKENS, "session", "user", by_model=True),
        _count("cost", "Cost", "US$", COST, "session", "user", by_model=True),
        _count("answers", "Answers", "answers", ANSWERS),
        _count("errors", "Errors", "errors", ERRORS, "session"),
        _count("sessions_started", "Sessions started", "sessions", SESSIONS_STARTED),
        _count("sessions_ended", "Sessions ended", "sessions", SESSIONS_ENDED),
        Figure("sessions_active", "Active sessions", "sessions", "maximum", {"all": MINUTE},
               {"all": _sum(SESSIONS_ACTIVE)}),
        Figure("error_rate", "Error rate", "share", "ratio", {"all": MINUTE, "session": 0, "user": DAY},
               {"all": _ratio(ANSWERS_FAILED, ANSWERS), "user": _ratio(ANSWERS_FAILED, ANSWERS)}),
        Figure("operation_failure_rate", "Failure rate of operations", "share", "ratio",
               {"all": MINUTE, "operation": HOUR},
               {"all": ((OPERATIONS,), _failed_operations), "operation": ((NAMED_OPERATIONS,), _failed_by_name)}),
        Figure("session_duration", "Duration of a session", "s", "single", {"session": 0}, {}, grows=True),
        Figure("engagement", "Engagement of a session", "share", "single", {"session": 0}, {}),
        Figure("suspicious_events", "Suspicious events", "events", "sum", {"all": MINUTE}, {}),
        _health("pipeline_lag", "Processing delay", "s"),
        _health("newest_age", "Age of the newest event", "s"),
        _health("memory", "Memory of sbdash", "bytes"),
        _health("cpu", "CPU of sbdash", "cores"),
        _health("refused_requests", "Refused requests", "requests"),
        _health("rejected_events", "Rejected events", "events"),
        _health("dropped_clients", "Dropped clients", "clients"),
        _health("queue", "Events to be processed", "events"),
        _health("disk_used", "Used disk space", "share"),
        _health("failed_deliveries", "Messages that failed and are tried again", "messages"),
        _health("gap_seconds", "Gaps in the data", "s", kind="sum"),
        _health("source_silence", "Time without events", "s", "source"),
    )
}  # fmt: skip
"""Every figure that a rule can use, by name."""
HEALTH = FIGURES.keys() & HEALTH_FIGURES.keys()
"""Those that are sbdash's own."""
