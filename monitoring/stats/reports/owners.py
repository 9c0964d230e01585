"""The report on one person's own sessions, and the comparison with all others where it may be disclosed. Pure."""

from collections.abc import Mapping
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType, field

from monitoring.events.shape import Count, Dollars, Moment, Seconds, Shape, Share
from monitoring.stats import metrics
from monitoring.stats.bucket import Counts, Groups
from monitoring.stats.figures import active_and_idle, dollars
from monitoring.stats.histogram import quantile
from monitoring.stats.reports.disclosure import MIN_CONTRIBUTORS, Top, is_disclosable
from monitoring.stats.reports.dynamics import rates, ratio
from monitoring.stats.reports.usage import UsageReport, Used, totals

WINDOWS = (
    "Compared over the last 7, 28 and 90 days only: freely chosen times would show what others did on a single day."
)
COMPARED_METRICS = (
    metrics.MESSAGES, metrics.TOKENS, metrics.COST, metrics.SESSIONS_STARTED,
    metrics.ANSWERS, metrics.ANSWERS_FAILED, metrics.GAP_TIME, metrics.RESPONSE_TIME,
)  # fmt: skip
"""Metrics that the comparison needs."""
SIGNIFICANT_DIGITS = 2
"""Significant digits of the others' figures. With more, their sums could be reconstructed."""
WITHHELD = f"Shown when at least {MIN_CONTRIBUTORS} other people were active in this time."
SUMS_OF = {
    "response_p50": ("answers",),
    "response_p95": ("answers",),
    "messages_per_session": ("messages", "sessions"),
    "tokens_per_message": ("tokens", "messages"),
    "cost_per_session": ("cost", "sessions"),
    "engagement": ("active", "time"),
    "error_rate": ("failed", "finished"),
}
"""Compared figures, and the sums that each is made of."""


class MyFigures(Shape, frozen=True):
    """Figures of one's own sessions."""

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
    """One's own figure and that of all others. `withheld` is true if fewer than 5 others contributed, or one of them
    made more than half."""

    name: str
    mine: float | None
    others: float | None
    withheld: bool


class Comparison(Shape, frozen=True, kw_only=True):
    """One's own figures and those of all others, or the reason why they are withheld. `people` of 5 means 5 or more."""

    start: Moment | UnsetType = field(name="from", default=UNSET)
    to: Moment | UnsetType = UNSET
    people: Annotated[int, Meta(ge=5)] | UnsetType = UNSET
    figures: list[Compared] | UnsetType = UNSET
    withheld: str | UnsetType = UNSET


class Mine(UsageReport, frozen=True, kw_only=True):
    """Figures of one's own sessions, and the comparison with others."""

    figures: MyFigures
    comparison: Comparison


def figures(use: Used, idle_gap: int) -> MyFigures:
    """Returns a person's own figures. `errors` are failed answers, and sessions that ended with an error; other
    failures, of questions for instance, are not included."""
    whole, waits = totals(use), metrics.RESPONSE_TIME.histogram(use.groups)
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
        errors=metrics.ANSWERS_FAILED.sum(use.groups) + metrics.ERRORS.read(use.groups).get("session", 0),
    )


def others(everybody: Groups, mine: Groups) -> Groups:
    """Returns all counts minus mine. Values below 0, which occur if mine was read later, are left out."""
    rest: dict[str, Counts] = {}
    for code, counts in everybody.items():
        own = mine.get(code, {})
        rest[code] = {name: left for name, amount in counts.items() if (left := amount - own.get(name, 0)) > 0}
    return rest


def comparison(
    mine: Groups, everybody: Groups, contributors: Mapping[str, Top], reader: int, idle_gap: int
) -> Comparison:
    """Compares my ratios and quantiles with those of all others.

    The comparison is withheld if fewer than MIN_CONTRIBUTORS other known people contributed, and a figure if one of its
    sums may not be disclosed (`is_disclosable`). `contributors` are the largest contributors to each of `sums`;
    `reader` is the person of `mine`. Sums of others are never disclosed, only figures that do not grow with activity.
    Sessions without an owner are part of the others' figures, but not of the people.
    """
    if sum(person != reader for person, _ in contributors.get("messages", ())) < MIN_CONTRIBUTORS:
        return Comparison(withheld=WITHHELD)
    rest = others(everybody, mine)
    totals = sums(rest, idle_gap)
    disclosable = {name for name in totals if is_disclosable(contributors.get(name, ()), reader, totals[name])}
    theirs, figures = _compared(rest, idle_gap), list[Compared]()
    for name, value in _compared(mine, idle_gap).items():
        shown = disclosable.issuperset(SUMS_OF[name])
        figures.append(Compared(name, value, rounded(name, theirs[name]) if shown else None, not shown))
    return Comparison(people=MIN_CONTRIBUTORS, figures=figures)


def rounded(name: str, value: float | None) -> float | None:
    """Rounds to SIGNIFICANT_DIGITS; engagement by its idle share, so that 99.7 % does not become 100 %."""
    if value is None:
        return None
    if name == "engagement":
        return round(1 - float(f"{1 - value:.{SIGNIFICANT_DIGITS}g}"), 9)
    return float(f"{value:.{SIGNIFICANT_DIGITS}g}")


def sums(groups: Groups, idle_gap: int) -> dict[str, int]:
    """Returns the sums that figures are made of: counts, tokens, 1e-9 USD, µs."""
    active, idle = active_and_idle(metrics.GAP_TIME.histogram(groups), idle_gap)
    return {
        "answers": metrics.RESPONSE_TIME.sum(groups),
        "messages": metrics.MESSAGES.sum(groups),
        "sessions": metrics.SESSIONS_STARTED.sum(groups),
        "tokens": metrics.TOKENS.sum(groups),
        "cost": metrics.COST.sum(groups),
        "active": active,
        "time": active + idle,
        "failed": metrics.ANSWERS_FAILED.sum(groups),
        "finished": metrics.ANSWERS.sum(groups),
    }


def _compared(groups: Groups, idle_gap: int) -> dict[str, float | None]:
    total, waits = sums(groups, idle_gap), metrics.RESPONSE_TIME.histogram(groups)
    return {
        "response_p50": quantile(waits, 0.5),
        "response_p95": quantile(waits, 0.95),
        "messages_per_session": ratio(total["messages"], total["sessions"]),
        "tokens_per_message": ratio(total["tokens"], total["messages"]),
        "cost_per_session": ratio(dollars(total["cost"]), total["sessions"]),
        "engagement": ratio(total["active"], total["time"]),
        "error_rate": ratio(total["failed"], total["finished"]),
    }
