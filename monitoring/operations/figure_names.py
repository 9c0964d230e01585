"""Names and units of the figures that the consistency check compares. Pure."""

from typing import NamedTuple

from monitoring.stats.definitions import BY_PAGE


class FigureName(NamedTuple):
    """`unit` is also `µs`, or `time`: µs since 1970 UTC or RFC 3339."""

    label: str
    unit: str


MICROS, TIME = "µs", "time"
FIGURE_NAMES = {one.name: FigureName(one.label, one.unit) for one in BY_PAGE["session"]} | {
    "wait_sum": FigureName("Sum of the waits", MICROS),
    "start_sum": FigureName("Sum of the times to start", MICROS),
    "asked_at": FigureName("Sum of the times of questions", "µs since 1970"),
    "first_at": FigureName("First message", TIME),
    "last_id": FigureName("Id of the last message", ""),
    "last_role": FigureName("Role of the last message", ""),
    "last_wait": FigureName("Wait for the last message", MICROS),
    "last_done": FigureName("End of the last message", TIME),
    "histogram": FigureName("Answers by wait", "answers by bucket"),
    "hours": FigureName("Messages by hour of the week", "messages by hour"),
    "gaps": FigureName("Time between messages", "µs by longest gap in s"),
    "free": FigureName("Tokens without a reported cost", "tokens by day and model"),
    "started": FigureName("Started", TIME),
    "duration": FigureName("Duration", MICROS),
    "average_wait": FigureName("Average wait", MICROS),
    "slowest_wait": FigureName("Slowest answer", MICROS),
    "p95_wait": FigureName("Wait p95", MICROS),
    "errors": FigureName("Errors", "errors"),
    "outcome": FigureName("Outcome", "word"),
    "model_names": FigureName("Names of the models", ""),
    "open_at": FigureName("Last activity while open", TIME),
    "row": FigureName("Session", ""),
}
"""Those of a session's page, then the sums and columns that are compared beside them."""
