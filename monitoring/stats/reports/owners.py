"""What is one person's, beside what is everybody else's, and only where nobody else can be made out in it. Pure."""

from collections.abc import Mapping
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType, field

from monitoring.events.shape import Count, Dollars, Moment, Seconds, Shape, Share
from monitoring.stats.bucket import Counts, Groups
from monitoring.stats.figures import active_and_idle, dollars, engagement
from monitoring.stats.histogram import quantile
from monitoring.stats.metrics import (
    ANSWERS,
    ANSWERS_FAILED,
    COST,
    ERRORS,
    GAP_TIME,
    MESSAGES,
    RESPONSE_TIME,
    SESSIONS_STARTED,
    TOKENS,
)
from monitoring.stats.reports.disclosure import FEWEST, Top, is_told
from monitoring.stats.reports.dynamics import rates, ratio
from monitoring.stats.reports.usage import UsageReport, Used, totals

WINDOWS = "Compared over 7, 28 and 90 days only."
COUNTED = (MESSAGES, TOKENS, COST, SESSIONS_STARTED, ANSWERS, ANSWERS_FAILED, GAP_TIME, RESPONSE_TIME)
"""What is compared is made of these."""
DIGITS = 2
"""Significant digits that are told of the others' figures: more would let their sums be found."""
WITHHELD = f"Shown when at least {FEWEST} other people used it in this time."
MADE_OF = {
    "response_p50": ("answers",),
    "response_p95": ("answers",),
    "messages_per_session": ("messages", "sessions"),
    "tokens_per_message": ("tokens", "messages"),
    "cost_per_session": ("cost", "sessions"),
    "engagement": ("active", "time"),
    "error_rate": ("failed", "finished"),
}
"""What is compared, and the sums that it is made of."""


class MyFigures(Shape, frozen=True):
    """Sums of one's own sessions."""

    sessions: Count
    messages: Count
    tokens: Count
    cost: Dollars
    shadow_cost: Dollars | None
    response_p50: Seconds | None
    response_p95: Seconds | None
    engagement: Share | None
    active_seconds: Seconds
    errors: Count


class Compared(Shape, frozen=True):
    """A figure of one's own beside that of all others; `withheld` where fewer than 5 others, or mostly one, made it."""

    name: str
    mine: float | None
    others: float | None
    withheld: bool


class Comparison(Shape, frozen=True, kw_only=True):
    """One's own figures beside everybody else's, where enough others are there; otherwise why not. `people` of 5 says
    that there are 5 or more."""

    start: Moment | UnsetType = field(name="from", default=UNSET)
    to: Moment | UnsetType = UNSET
    people: Annotated[int, Meta(ge=5)] | UnsetType = UNSET
    figures: list[Compared] | UnsetType = UNSET
    withheld: str | UnsetType = UNSET


class Mine(UsageReport, frozen=True, kw_only=True):
    """Figures of one's own sessions."""

    figures: MyFigures
    comparison: Comparison


def figures(use: Used, idle_gap: int) -> MyFigures:
    """A person's own figures. `errors` are failed answers, and sessions that ended with an error; what else failed, a
    question for instance, is not among them."""
    whole, waits = totals(use), RESPONSE_TIME.histogram(use.groups)
    pace = rates(use.days.values(), use.groups, idle_gap)
    return MyFigures(
        sessions=whole.sessions,
        messages=whole.messages,
        tokens=whole.tokens,
        cost=whole.cost,
        shadow_cost=whole.shadow_cost,
        response_p50=quantile(waits, 0.5),
        response_p95=quantile(waits, 0.95),
        engagement=pace.engagement,
        active_seconds=pace.active_seconds,
        errors=ANSWERS_FAILED.sum(use.groups) + ERRORS.read(use.groups).get("session", 0),
    )


def others(everybody: Groups, mine: Groups) -> Groups:
    """Everybody's counts without mine. Counts subtract, and so do histograms; what is read in between may lag."""
    return {code: _left(counts, mine.get(code, {})) for code, counts in everybody.items()}


def _left(counts: Counts, mine: Counts) -> Counts:
    return {name: left for name, amount in counts.items() if (left := amount - mine.get(name, 0)) > 0}


def others_behind(contributors: Mapping[str, Top], reader: int) -> int:
    """How many others said something, as far as it is told: up to FEWEST."""
    return min(FEWEST, sum(person != reader for person, _ in contributors.get("messages", ())))


def comparison(
    mine: Groups, everybody: Groups, contributors: Mapping[str, Top], reader: int, idle_gap: int
) -> Comparison:
    """My ratios and quantiles beside everybody else's; withheld where fewer than FEWEST other known people were there,
    and each figure by itself where one of its sums may not be told (`is_told`).

    `contributors` are those with most of each of `sums`, `reader` is whose `mine` is. Sums are not told of others: only
    figures that do not grow with how much somebody talks. Sessions of nobody are among the others' figures, but not
    among the people.
    """
    if others_behind(contributors, reader) < FEWEST:
        return Comparison(withheld=WITHHELD)
    theirs = others(everybody, mine)
    own, rest, made = _compared(mine, idle_gap), _compared(theirs, idle_gap), sums(theirs, idle_gap)
    told = {name for name, total in made.items() if is_told(contributors.get(name, ()), reader, total)}
    hidden = {name for name in own if not told.issuperset(MADE_OF[name])}
    figures = [
        Compared(name, value, None if name in hidden else rounded(name, rest[name]), name in hidden)
        for name, value in own.items()
    ]
    return Comparison(people=FEWEST, figures=figures)


def rounded(name: str, value: float | None) -> float | None:
    """To DIGITS significant digits; engagement to as many of what is idle, so that 99.7 % does not become all."""
    if value is None:
        return None
    if name == "engagement":
        return round(1 - _short(1 - value), 9)
    return _short(value)


def _short(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def sums(groups: Groups, idle_gap: int) -> dict[str, int]:
    """The sums that figures are made of: counts, tokens, 1e-9 USD, µs."""
    active, idle = active_and_idle(GAP_TIME.histogram(groups), idle_gap)
    return {
        "answers": RESPONSE_TIME.sum(groups),
        "messages": MESSAGES.sum(groups),
        "sessions": SESSIONS_STARTED.sum(groups),
        "tokens": TOKENS.sum(groups),
        "cost": COST.sum(groups),
        "active": active,
        "time": active + idle,
        "failed": ANSWERS_FAILED.sum(groups),
        "finished": ANSWERS.sum(groups),
    }


def _compared(groups: Groups, idle_gap: int) -> dict[str, float | None]:
    made, waits = sums(groups, idle_gap), RESPONSE_TIME.histogram(groups)
    return {
        "response_p50": quantile(waits, 0.5),
        "response_p95": quantile(waits, 0.95),
        "messages_per_session": ratio(made["messages"], made["sessions"]),
        "tokens_per_message": ratio(made["tokens"], made["messages"]),
        "cost_per_session": ratio(dollars(made["cost"]), made["sessions"]),
        "engagement": engagement(made["active"], made["time"] - made["active"]),
        "error_rate": ratio(made["failed"], made["finished"]),
    }
