"""The registry of everything that is counted in time buckets. Pure.

A metric is one row of METRICS. Its code is what is stored; nobody else knows codes. A new counter is a row here and a
line in the fold that counts it; buckets, their columns, series and the table in docs/figures.md follow.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache, partial

from monitoring.stats.bucket import DAYS, LONG, WIDTHS, Counts, Groups
from monitoring.stats.histogram import by_name, numbered

COUNTS, DURATIONS, BY_MODEL, BY_OPERATION = COLUMNS = ("counts", "durations", "by_model", "by_operation")
"""The columns of a bucket's row. `counts` is small and read by everybody, the others by those who ask for them."""
NAMES_KEPT = 10_000
NANO_USD = "1e-9 US$"
NOTHING: Counts = {}


@dataclass(frozen=True, eq=False)
class Metric:
    """What is counted under one name.

    `dims`: what it is counted by; a bucket's number comes first, a name, which may hold ":", last. `widths`: of the
    buckets that hold it, s. `adds`: whether several buckets' counts add up; where they do not, the most is told.
    `point`: the name by which the points of charts, and so series over REST, have it. `summed`: whether they have the
    sum over its dimension. `values`: what a dimension always has, also where nothing was counted.
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
    """The name under which a count is gathered, of a value for each dimension."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "of", lru_cache(maxsize=NAMES_KEPT)(partial(_name, self.code)))

    def read(self, groups: Groups) -> Counts:
        """Its counts, by the values of its dimensions."""
        return groups.get(self.code, NOTHING)

    def sum(self, groups: Groups) -> int:
        return sum(self.read(groups).values())

    def histogram(self, groups: Groups) -> dict[int, int]:
        """Counts by a histogram's bucket, or by another number."""
        return numbered(self.read(groups))

    def histograms(self, groups: Groups) -> dict[str, dict[int, int]]:
        """Histograms by name, of counts by (bucket, name)."""
        return by_name(self.read(groups))


def _name(code: str, *values: str | int) -> str:
    return ":".join((code, *map(str, values)))


# Buckets of every width.
MESSAGES = Metric("messages", "m", "messages", "Messages, when they were sent.", ("role",), point="messages")
TOKENS = Metric("tokens", "t", "tokens", "Tokens of messages, when they were whole.", ("model",), point="tokens")
COST = Metric("cost", "c", NANO_USD, "Reported cost of messages, when they were whole.", ("model",), point="cost")
RESPONSE_TIME = Metric(
    "response_time", "w", "answers", "Answers by how long they were waited for, when they were whole.", ("bucket",),
    column=DURATIONS, point="wait",
)  # fmt: skip
SESSIONS_ACTIVE = Metric(
    "sessions_active", "a", "sessions", "Sessions with a message in the bucket.", adds=False, point="active"
)
SESSIONS_STARTED = Metric("sessions_started", "s", "sessions", "Sessions that began.", point="started")
SESSIONS_ENDED = Metric(
    "sessions_ended", "e", "sessions", "Sessions that ended.", ("reason",), point="ended", summed=True
)
ERRORS = Metric(
    "errors", "x", "errors", "Failed messages, operations that failed or ran out of time, sessions ended by an error.",
    ("kind",), point="errors", values=("message", "operation", "session"),
)  # fmt: skip
ANSWERS = Metric("answers", "f", "answers", "Answers that are whole, failed ones too.", point="finished")
ANSWERS_FAILED = Metric("answers_failed", "b", "answers", "Answers that failed.")
OPERATIONS = Metric(
    "operations", "o", "operations", "What the application did beside the talk.", ("outcome",), point="operations"
)

# Hours and days alone.
MODEL_MESSAGES = Metric(
    "model_messages", "n", "messages", "Answers, and whatever else has tokens.", ("model",), widths=LONG
)
PROMPT_TOKENS = Metric("prompt_tokens", "p", "tokens", "Tokens that models read.", ("model",), widths=LONG)
COMPLETION_TOKENS = Metric("completion_tokens", "q", "tokens", "Tokens that models wrote.", ("model",), widths=LONG)
UNPRICED_PROMPT = Metric(
    "unpriced_prompt_tokens", "fp", "tokens", "Tokens read for messages without a cost of their own.", ("model",),
    widths=LONG,
)  # fmt: skip
UNPRICED_COMPLETION = Metric(
    "unpriced_completion_tokens", "fq", "tokens", "Tokens written in messages without a cost of their own.", ("model",),
    widths=LONG,
)  # fmt: skip
MODEL_RESPONSE_TIME = Metric(
    "model_response_time", "v", "answers", "Answers by how long they were waited for, and by model.",
    ("bucket", "model"), widths=LONG, column=BY_MODEL,
)  # fmt: skip
RESPONSE_BANDS = Metric(
    "response_bands", "wb", "answers", "Answers by how long they were waited for, in bands with round borders.",
    ("band",), widths=LONG,
)  # fmt: skip
LAST_BANDS = Metric(
    "last_response_bands", "lb", "answers", "Those of them that are their session's last message.", ("band",),
    widths=LONG,
)  # fmt: skip
UNANSWERED = Metric(
    "unanswered_questions", "u", "questions", "Questions that are their session's last message.", widths=LONG
)
SKEWED = Metric("skewed_answers", "wn", "answers", "Answers that ended before their question.", widths=LONG)
GAP_TIME = Metric(
    "gap_time", "g", "µs", "Time between neighbouring messages, by the border that it does not exceed.", ("border",),
    widths=LONG,
)  # fmt: skip
LIFETIME = Metric(
    "lifetime", "k", "sessions", "Ended sessions by how long they lived.", ("bucket",), widths=LONG, column=DURATIONS
)
LIFETIME_BANDS = Metric(
    "lifetime_bands", "kb", "sessions", "Ended sessions by how long they lived, in bands with round borders.",
    ("band",), widths=LONG,
)  # fmt: skip
LIFETIME_SUM = Metric("lifetime_sum", "ks", "µs", "How long ended sessions lived, together.", widths=LONG)
NAMED_OPERATIONS = Metric(
    "named_operations", "op", "operations", "Operations by name.", ("outcome", "operation"), widths=LONG,
    column=BY_OPERATION,
)  # fmt: skip
OPERATION_TIME = Metric(
    "operation_time", "opd", "operations", "Operations by how long they took.", ("bucket", "operation"), widths=LONG,
    column=BY_OPERATION,
)  # fmt: skip
OPERATION_MEMORY = Metric(
    "operation_memory", "opm", "bytes", "Memory of operations, together.", ("operation",), widths=LONG,
    column=BY_OPERATION,
)  # fmt: skip
OPERATION_MEMORY_SAID = Metric(
    "operation_memory_said", "opmn", "operations", "Operations that said how much memory they took.", ("operation",),
    widths=LONG, column=BY_OPERATION,
)  # fmt: skip
OPERATION_CPU = Metric(
    "operation_cpu", "opc", "µs", "CPU time of operations, together.", ("operation",), widths=LONG, column=BY_OPERATION
)
OPERATION_CPU_SAID = Metric(
    "operation_cpu_said", "opcn", "operations", "Operations that said how much CPU time they took.", ("operation",),
    widths=LONG, column=BY_OPERATION,
)  # fmt: skip

# Days alone.
HOURLY_MESSAGES = Metric("hourly_messages", "h", "messages", "Messages by hour of the day.", ("hour",), widths=DAYS)
HOURLY_TOKENS = Metric("hourly_tokens", "ht", "tokens", "Tokens by hour of the day.", ("hour",), widths=DAYS)
HOURLY_COST = Metric("hourly_cost", "hc", NANO_USD, "Reported cost by hour of the day.", ("hour",), widths=DAYS)

METRICS = tuple(found for found in globals().copy().values() if isinstance(found, Metric))
BY_CODE = {metric.code: metric for metric in METRICS}
BY_NAME = {metric.name: metric for metric in METRICS}
EVERYWHERE = tuple(metric for metric in METRICS if metric.widths == WIDTHS)
"""What buckets of every width hold."""
SERIES = {metric.name: metric for metric in METRICS if metric.point}
"""What is told over time, by its public name."""


def columns_of(metrics: Iterable[Metric]) -> tuple[str, ...]:
    """The columns that hold these metrics."""
    wanted = {metric.column for metric in metrics}
    return tuple(column for column in COLUMNS if column in wanted)
