"""The registry of everything that is counted in time buckets. Pure.

A metric is one row of METRICS. Its code is stored, and used in no other module. A new counter is a row here and a line
in the fold that counts it. Buckets, columns, series and the table in docs/figures.md follow from the row.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Literal

from monitoring.stats.bucket import DAYS, LONG, WIDTHS, Counts, Groups
from monitoring.stats.histogram import by_name, int_keys

COUNTS, DURATIONS, BY_MODEL, BY_OPERATION = COLUMNS = ("counts", "durations", "by_model", "by_operation")
"""The count columns of a bucket's row. `counts` is small and read by most queries; the others are read on demand."""
NAME_CACHE_SIZE = 10_000
NANO_USD = "1e-9 US$"
NO_COUNTS: Counts = {}
Source = Literal["reported", "recomputed", "estimated"]
"""Reported by the application, or sums of reported values; recomputed here from messages and their times; estimated by
a calculation with an assumption."""


@dataclass(frozen=True, eq=False)
class Metric:
    """Definition of one counter.

    `dims`: its dimensions; a bucket number is first, a name, which may contain ":", last. `widths`: of the buckets that
    hold it, in s. `adds`: True if the counts of several buckets may be added; otherwise their maximum is taken.
    `point`: its name in chart points and REST series, where it is defined by `label`, `figure_unit`, `meaning` and
    `source`. `summed`: True if points have the sum over its dimension. `values`: values of a dimension that are always
    present, as 0 where nothing was counted.
    """

    name: str
    code: str
    unit: str
    meaning: str
    dims: tuple[str, ...] = ()
    widths: tuple[int, ...] = WIDTHS
    column: str = COUNTS
    adds: bool = True
    point: str = ""
    label: str = ""
    source: Source = "reported"
    summed: bool = False
    values: tuple[str, ...] = ()
    of: Callable[..., str] = field(init=False, repr=False)
    """Returns the name under which an amount is counted, given a value for each dimension."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "of", lru_cache(maxsize=NAME_CACHE_SIZE)(partial(_name, self.code)))

    @property
    def figure_unit(self) -> str:
        """Unit of its figures (`figures.figure`): histograms become seconds, and costs US$."""
        return "s" if self.dims == ("bucket",) else "US$" if self.unit == NANO_USD else self.unit

    def read(self, groups: Groups) -> Counts:
        """Counts by the joined values of the dimensions."""
        return groups.get(self.code, NO_COUNTS)

    def sum(self, groups: Groups) -> int:
        return sum(self.read(groups).values())

    def histogram(self, groups: Groups) -> dict[int, int]:
        """Counts by histogram bucket, or by another integer."""
        return int_keys(self.read(groups))

    def histograms(self, groups: Groups) -> dict[str, dict[int, int]]:
        """Histograms by name, for the dimensions (bucket, name)."""
        return by_name(self.read(groups))


def _name(code: str, *values: str | int) -> str:
    return ":".join((code, *map(str, values)))


# Buckets of every width, and the points of charts.
MESSAGES = Metric(
    "messages", "m", "messages", "Messages by role.", ("role",), point="messages", label="Messages", source="recomputed"
)
TOKENS = Metric(
    "tokens", "t", "tokens", "Tokens by model, at the completion of the answer.", ("model",),
    point="tokens", label="Tokens",
)  # fmt: skip
COST = Metric(
    "cost", "c", NANO_USD, "Reported costs by model, at the completion of the answer.", ("model",),
    point="cost", label="Cost",
)  # fmt: skip
RESPONSE_TIME = Metric(
    "response_time", "w", "answers",
    "p50, p90, p95 and p99 of the answers completed at that time, and their number. Null without answers.",
    ("bucket",), column=DURATIONS, point="wait", label="Response time", source="recomputed",
)  # fmt: skip
SESSIONS_ACTIVE = Metric(
    "sessions_active", "a", "sessions",
    "Sessions with a message. A point of several buckets shows the maximum of one bucket.",
    adds=False, point="active", label="Active", source="recomputed",
)  # fmt: skip
SESSIONS_STARTED = Metric(
    "sessions_started", "s", "sessions", "Sessions that started.", point="started", label="Started"
)
SESSIONS_ENDED = Metric(
    "sessions_ended", "e", "sessions", "Sessions that ended, for any reason.", ("reason",), summed=True,
    point="ended", label="Ended",
)  # fmt: skip
ERRORS = Metric(
    "errors", "x", "errors", "Failed messages, failed operations, sessions that ended with an error.", ("kind",),
    values=("message", "operation", "session"), point="errors", label="Errors",
)  # fmt: skip
ANSWERS = Metric(
    "answers", "f", "answers", "Answers that were completed or failed.", point="finished", label="Finished"
)
ANSWERS_FAILED = Metric("answers_failed", "b", "answers", "Answers that failed.")
OPERATIONS = Metric(
    "operations", "o", "operations", "Operations by outcome: ok, failed, timeout.", ("outcome",),
    point="operations", label="Operations",
)  # fmt: skip

# Hours and days only.
_coarse = partial(Metric, widths=LONG)
MODEL_MESSAGES = _coarse("model_messages", "n", "messages", "Answers, and other messages with tokens.", ("model",))
PROMPT_TOKENS = _coarse("prompt_tokens", "p", "tokens", "Prompt tokens.", ("model",))
COMPLETION_TOKENS = _coarse("completion_tokens", "q", "tokens", "Completion tokens.", ("model",))
UNPRICED_PROMPT = _coarse(
    "unpriced_prompt_tokens", "fp", "tokens", "Prompt tokens of messages without a reported cost.", ("model",)
)
UNPRICED_COMPLETION = _coarse(
    "unpriced_completion_tokens", "fq", "tokens", "Completion tokens of messages without a reported cost.", ("model",)
)
MODEL_RESPONSE_TIME = _coarse(
    "model_response_time", "v", "answers", "Answers by response time and model.", ("bucket", "model"), column=BY_MODEL
)
RESPONSE_BANDS = _coarse(
    "response_bands", "wb", "answers", "Answers by response time, in bands with round borders.", ("band",)
)
LAST_BANDS = _coarse(
    "last_response_bands", "lb", "answers", "Answers that are their session's last message, by band of response time.",
    ("band",),
)  # fmt: skip
UNANSWERED = _coarse("unanswered_questions", "u", "questions", "Questions that are their session's last message.")
SKEWED = _coarse("skewed_answers", "wn", "answers", "Answers completed before their question.")
GAP_TIME = _coarse(
    "gap_time", "g", "µs", "Time between neighbouring messages, by the smallest border that it does not exceed.",
    ("border",),
)  # fmt: skip
LIFETIME = _coarse("lifetime", "k", "sessions", "Ended sessions by lifetime.", ("bucket",), column=DURATIONS)
LIFETIME_BANDS = _coarse(
    "lifetime_bands", "kb", "sessions", "Ended sessions by lifetime, in bands with round borders.", ("band",)
)
LIFETIME_SUM = _coarse("lifetime_sum", "ks", "µs", "Total lifetime of ended sessions.")

# Hours and days only, by the operation's name.
_by_operation = partial(_coarse, column=BY_OPERATION)
NAMED_OPERATIONS = _by_operation(
    "named_operations", "op", "operations", "Operations by name.", ("outcome", "operation")
)
OPERATION_TIME = _by_operation(
    "operation_time", "opd", "operations", "Operations by duration.", ("bucket", "operation")
)
OPERATION_MEMORY = _by_operation("operation_memory", "opm", "bytes", "Total memory of operations.", ("operation",))
OPERATION_MEMORY_REPORTS = _by_operation(
    "operation_memory_reports", "opmn", "operations", "Operations with reported memory.", ("operation",)
)
OPERATION_CPU = _by_operation("operation_cpu", "opc", "µs", "Total CPU time of operations.", ("operation",))
OPERATION_CPU_REPORTS = _by_operation(
    "operation_cpu_reports", "opcn", "operations", "Operations with reported CPU time.", ("operation",)
)

# Days only.
_daily = partial(Metric, widths=DAYS)
HOURLY_MESSAGES = _daily("hourly_messages", "h", "messages", "Messages by hour of the day.", ("hour",))
HOURLY_TOKENS = _daily("hourly_tokens", "ht", "tokens", "Tokens by hour of the day.", ("hour",))
HOURLY_COST = _daily("hourly_cost", "hc", NANO_USD, "Reported cost by hour of the day.", ("hour",))

METRICS = tuple(value for value in globals().copy().values() if isinstance(value, Metric))
BY_CODE = {metric.code: metric for metric in METRICS}
BY_NAME = {metric.name: metric for metric in METRICS}
ALL_WIDTH_METRICS = tuple(metric for metric in METRICS if metric.widths == WIDTHS)
"""Metrics that buckets of every width hold."""
SERIES = {metric.name: metric for metric in METRICS if metric.point}
"""Metrics that are available as series, by public name."""


def columns_of(metrics: Iterable[Metric]) -> tuple[str, ...]:
    """Returns the columns that hold these metrics."""
    wanted = {metric.column for metric in metrics}
    return tuple(column for column in COLUMNS if column in wanted)
