"""The registry of everything that is counted in time buckets. Pure.

A metric is one row of METRICS. Its code is stored, and used in no other module. A new counter is a row here and a line
in the fold that counts it. Buckets, columns, series and the table in docs/figures.md follow from the row.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache, partial

from monitoring.stats.bucket import DAYS, LONG, WIDTHS, Counts, Groups
from monitoring.stats.histogram import by_name, int_keys

COUNTS, DURATIONS, BY_MODEL, BY_OPERATION = COLUMNS = ("counts", "durations", "by_model", "by_operation")
"""The count columns of a bucket's row. `counts` is small and read by most queries; the others are read on demand."""
NAME_CACHE_SIZE = 10_000
NANO_USD = "1e-9 US$"
NO_COUNTS: Counts = {}


@dataclass(frozen=True, eq=False)
class Metric:
    """Definition of one counter.

    `dims`: its dimensions; a bucket number is first, a name, which may contain ":", last. `widths`: of the buckets that
    hold it, in s. `adds`: True if the counts of several buckets may be added; otherwise their maximum is taken.
    `point`: its name in chart points and REST series. `summed`: True if points have the sum over its dimension.
    `values`: values of a dimension that are always present, as 0 where nothing was counted.
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
    summed: bool = False
    values: tuple[str, ...] = ()
    of: Callable[..., str] = field(init=False, repr=False)
    """Returns the name under which an amount is counted, given a value for each dimension."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "of", lru_cache(maxsize=NAME_CACHE_SIZE)(partial(_name, self.code)))

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


# Buckets of every width.
MESSAGES = Metric("messages", "m", "messages", "Messages by the time they were sent.", ("role",), point="messages")
TOKENS = Metric("tokens", "t", "tokens", "Tokens of messages by completion time.", ("model",), point="tokens")
COST = Metric("cost", "c", NANO_USD, "Reported cost of messages by completion time.", ("model",), point="cost")
RESPONSE_TIME = Metric(
    "response_time", "w", "answers", "Answers by response time, at their completion.", ("bucket",),
    column=DURATIONS, point="wait",
)  # fmt: skip
SESSIONS_ACTIVE = Metric(
    "sessions_active", "a", "sessions", "Sessions with a message in the bucket.", adds=False, point="active"
)
SESSIONS_STARTED = Metric("sessions_started", "s", "sessions", "Sessions that started.", point="started")
SESSIONS_ENDED = Metric(
    "sessions_ended", "e", "sessions", "Sessions that ended.", ("reason",), point="ended", summed=True
)
ERRORS = Metric(
    "errors", "x", "errors", "Failed messages, operations that failed or timed out, sessions ended by an error.",
    ("kind",), point="errors", values=("message", "operation", "session"),
)  # fmt: skip
ANSWERS = Metric("answers", "f", "answers", "Completed answers, failed ones included.", point="finished")
ANSWERS_FAILED = Metric("answers_failed", "b", "answers", "Answers that failed.")
OPERATIONS = Metric("operations", "o", "operations", "Operations of the application.", ("outcome",), point="operations")

# Hours and days only.
MODEL_MESSAGES = Metric(
    "model_messages", "n", "messages", "Answers, and other messages with tokens.", ("model",), widths=LONG
)
PROMPT_TOKENS = Metric("prompt_tokens", "p", "tokens", "Prompt tokens.", ("model",), widths=LONG)
COMPLETION_TOKENS = Metric("completion_tokens", "q", "tokens", "Completion tokens.", ("model",), widths=LONG)
UNPRICED_PROMPT = Metric(
    "unpriced_prompt_tokens", "fp", "tokens", "Prompt tokens of messages without a reported cost.", ("model",),
    widths=LONG,
)  # fmt: skip
UNPRICED_COMPLETION = Metric(
    "unpriced_completion_tokens", "fq", "tokens", "Completion tokens of messages without a reported cost.", ("model",),
    widths=LONG,
)  # fmt: skip
MODEL_RESPONSE_TIME = Metric(
    "model_response_time", "v", "answers", "Answers by response time and model.",
    ("bucket", "model"), widths=LONG, column=BY_MODEL,
)  # fmt: skip
RESPONSE_BANDS = Metric(
    "response_bands", "wb", "answers", "Answers by response time, in bands with round borders.",
    ("band",), widths=LONG,
)  # fmt: skip
LAST_BANDS = Metric(
    "last_response_bands", "lb", "answers", "Answers that are their session's last message, by band of response time.",
    ("band",), widths=LONG,
)  # fmt: skip
UNANSWERED = Metric(
    "unanswered_questions", "u", "questions", "Questions that are their session's last message.", widths=LONG
)
SKEWED = Metric("skewed_answers", "wn", "answers", "Answers completed before their question.", widths=LONG)
GAP_TIME = Metric(
    "gap_time", "g", "µs", "Time between neighbouring messages, by the smallest border that it does not exceed.",
    ("border",), widths=LONG,
)  # fmt: skip
LIFETIME = Metric(
    "lifetime", "k", "sessions", "Ended sessions by lifetime.", ("bucket",), widths=LONG, column=DURATIONS
)
LIFETIME_BANDS = Metric(
    "lifetime_bands", "kb", "sessions", "Ended sessions by lifetime, in bands with round borders.",
    ("band",), widths=LONG,
)  # fmt: skip
LIFETIME_SUM = Metric("lifetime_sum", "ks", "µs", "Total lifetime of ended sessions.", widths=LONG)
NAMED_OPERATIONS = Metric(
    "named_operations", "op", "operations", "Operations by name.", ("outcome", "operation"), widths=LONG,
    column=BY_OPERATION,
)  # fmt: skip
OPERATION_TIME = Metric(
    "operation_time", "opd", "operations", "Operations by duration.", ("bucket", "operation"), widths=LONG,
    column=BY_OPERATION,
)  # fmt: skip
OPERATION_MEMORY = Metric(
    "operation_memory", "opm", "bytes", "Total memory of operations.", ("operation",), widths=LONG,
    column=BY_OPERATION,
)  # fmt: skip
OPERATION_MEMORY_SAID = Metric(
    "operation_memory_said", "opmn", "operations", "Operations with reported memory.", ("operation",),
    widths=LONG, column=BY_OPERATION,
)  # fmt: skip
OPERATION_CPU = Metric(
    "operation_cpu", "opc", "µs", "Total CPU time of operations.", ("operation",), widths=LONG, column=BY_OPERATION
)
OPERATION_CPU_SAID = Metric(
    "operation_cpu_said", "opcn", "operations", "Operations with reported CPU time.", ("operation",),
    widths=LONG, column=BY_OPERATION,
)  # fmt: skip

# Days only.
HOURLY_MESSAGES = Metric("hourly_messages", "h", "messages", "Messages by hour of the day.", ("hour",), widths=DAYS)
HOURLY_TOKENS = Metric("hourly_tokens", "ht", "tokens", "Tokens by hour of the day.", ("hour",), widths=DAYS)
HOURLY_COST = Metric("hourly_cost", "hc", NANO_USD, "Reported cost by hour of the day.", ("hour",), widths=DAYS)

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
