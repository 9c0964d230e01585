"""The usage report: tokens and cost by day, hour and model, and shadow costs of local models. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta, field

from monitoring.events.envelope import instant
from monitoring.events.shape import Count, Dollars, Instant, Moment, Seconds, Shape, Share
from monitoring.stats import metrics
from monitoring.stats.bucket import DAY, HOUR, Counts, Groups
from monitoring.stats.figures import active_and_idle, dollars, engagement
from monitoring.stats.histogram import quantile
from monitoring.stats.price_list import PriceList, shadow_costs, usd
from monitoring.stats.reports.dynamics import Dynamics, Leaving, ratio
from monitoring.stats.reports.sums import Summed
from monitoring.stats.window import Period

EMPTY: Groups = {}
NO_COUNTS: Counts = {}
HOURLY = (
    (metrics.MESSAGES, metrics.HOURLY_MESSAGES),
    (metrics.TOKENS, metrics.HOURLY_TOKENS),
    (metrics.COST, metrics.HOURLY_COST),
)
"""The metrics of hours, each with the metric that keeps it in the rows of days."""


class Report(Shape, frozen=True):
    """A report on whole UTC hours or days, of `step` seconds each. `days` is the number of UTC days that it touches."""

    days: int
    start: Moment = field(name="from")
    to: Moment
    step: int


def head(period: Period) -> tuple[int, str, str, int]:
    """The fields of every Report."""
    return period.days, instant(period.start * 1_000_000), instant(int(period.to * 1_000_000)), period.step


class Hours(Shape, frozen=True):
    """Figures of consecutive hours, from the hour that starts at `from`."""

    start: Instant = field(name="from")
    messages: list[Count]
    tokens: list[Count]
    cost: list[Dollars]


class HourUsed(Shape, frozen=True):
    """Usage in the hour that starts at `t`."""

    t: Instant
    messages: Count
    tokens: Count
    cost: Dollars


class Day(Shape, frozen=True):
    """Usage on a UTC day, or in a UTC hour of a report by hours."""

    t: Instant
    messages: Count
    sessions: Annotated[int, Meta(ge=0, description="Sessions that started.")]
    user: Count
    assistant: Count
    tokens: dict[str, Count]
    cost: dict[str, Dollars]
    shadow_cost: dict[str, Dollars]
    engagement: Share | None
    cycles: Count


class ModelUsage(Shape, frozen=True):
    """Usage of a model."""

    model: str
    messages: Count
    prompt_tokens: Count
    completion_tokens: Count
    tokens: Count
    cost: Dollars
    shadow_cost: Dollars | None
    tokens_per_message: float | None
    cost_per_message: float | None
    response_p50: Seconds | None
    response_p95: Seconds | None
    share: Share | None


class Totals(Shape, frozen=True):
    """Sums over the window."""

    messages: Count
    sessions: Count
    prompt_tokens: Count
    completion_tokens: Count
    tokens: Count
    cost: Dollars
    shadow_cost: Dollars | None


class Efficiency(Shape, frozen=True):
    """Ratios of the totals."""

    tokens_per_message: float | None
    tokens_per_session: float | None
    messages_per_session: float | None
    cost_per_session: float | None
    cost_per_1000_tokens: float | None
    completion_share: Share | None


class PricesUsed(Shape, frozen=True):
    """The price list that the shadow costs are calculated with."""

    version: Count
    models: Count
    note: str


class UsageReport(Report, frozen=True):
    """Usage by hour, day and model. `by_day` has a row for each step."""

    hours: Hours
    by_day: list[Day]
    models: list[ModelUsage]


class Usage(UsageReport, frozen=True, kw_only=True):
    """Usage of all sessions: messages, tokens, costs."""

    totals: Totals
    efficiency: Efficiency
    dynamics: Dynamics
    leaving: Leaving
    prices: PricesUsed


@dataclass(frozen=True, slots=True)
class Used:
    """The hours or days of a period and their sum (`Summed`), and the shadow costs of tokens without a reported cost:
    1e-15 USD by hour or day (s) and model. `days` are UTC days with what was used in each of their hours."""

    rows: Mapping[int, Groups]
    days: Mapping[int, Groups]
    groups: Groups
    shadows: Mapping[int, Mapping[str, int]]

    @property
    def shadow(self) -> dict[str, int]:
        """Shadow costs of the whole period, by model."""
        by_model: dict[str, int] = {}
        for costs in self.shadows.values():
            for model, cost in costs.items():
                by_model[model] = by_model.get(model, 0) + cost
        return by_model


def used(summed: Summed, prices: PriceList, step: int = DAY) -> Used:
    """Returns the hours or days of a period with shadow costs. A message is priced on the UTC day of its completion."""
    shadows = {}
    for start, groups in summed.days.items():
        prompt, completion = metrics.UNPRICED_PROMPT.read(groups), metrics.UNPRICED_COMPLETION.read(groups)
        models = sorted({*prompt, *completion})
        free = {(start // DAY, model): (prompt.get(model, 0), completion.get(model, 0)) for model in models}
        shadows[start] = shadow_costs(prices, free)
    days = summed.days if step == DAY else days_of_hours(summed.days)
    return Used(summed.days, days, summed.groups, shadows)


def days_of_hours(rows: Mapping[int, Groups]) -> dict[int, Groups]:
    """Returns the UTC days of these hours with the amounts of each hour, as the rows of days hold them."""
    days: dict[int, dict[str, Counts]] = {}
    for start, groups in rows.items():
        day = days.setdefault(start - start % DAY, {})
        for metric, hourly in HOURLY:
            if amount := metric.sum(groups):
                day.setdefault(hourly.code, {})[str(start % DAY // HOUR)] = amount
    return dict(days)


def hours(period: Period, days: Mapping[int, Groups]) -> Hours:
    """Returns figures of every UTC hour of a period, as far as it is reached. `days` are UTC days."""
    starts = range(period.start, period.until, HOUR)

    def amounts(metric: metrics.Metric) -> list[int]:
        by_day = {day: metric.read(groups) for day, groups in days.items()}
        return [by_day.get(start - start % DAY, NO_COUNTS).get(str(start % DAY // HOUR), 0) for start in starts]

    cost = list(map(dollars, amounts(metrics.HOURLY_COST)))
    return Hours(period.start, amounts(metrics.HOURLY_MESSAGES), amounts(metrics.HOURLY_TOKENS), cost)


def hour(start: int, groups: Groups) -> HourUsed:
    return HourUsed(start, metrics.MESSAGES.sum(groups), metrics.TOKENS.sum(groups), dollars(metrics.COST.sum(groups)))


def by_day(period: Period, use: Used, idle_gap: int) -> list[Day]:
    """Returns one row for every step of the period, including those without messages."""
    rows = []
    for start in period.starts:
        groups = use.rows.get(start, EMPTY)
        messages = metrics.MESSAGES.read(groups)
        row = Day(
            t=start,
            messages=sum(messages.values()),
            sessions=metrics.SESSIONS_STARTED.sum(groups),
            user=messages.get("user", 0),
            assistant=messages.get("assistant", 0),
            tokens=metrics.TOKENS.read(groups),
            cost={model: dollars(cost) for model, cost in metrics.COST.read(groups).items()},
            shadow_cost={model: usd(cost) for model, cost in use.shadows.get(start, {}).items()},
            engagement=engagement(*active_and_idle(metrics.GAP_TIME.histogram(groups), idle_gap)),
            cycles=metrics.RESPONSE_BANDS.sum(groups),
        )
        rows.append(row)
    return rows


def models(use: Used) -> list[ModelUsage]:
    """Returns one row for each model, the one with most tokens first.

    `messages` are its answers, and other messages with tokens. `share` is its part of all tokens. `shadow_cost` is None
    if none of its tokens without a cost has a price.
    """
    columns = metrics.MODEL_MESSAGES, metrics.PROMPT_TOKENS, metrics.COMPLETION_TOKENS, metrics.TOKENS, metrics.COST
    by_model = [metric.read(use.groups) for metric in columns]
    waits, shadows, rows = metrics.MODEL_RESPONSE_TIME.histograms(use.groups), use.shadow, []
    all_tokens = metrics.TOKENS.sum(use.groups)
    for name in {name for counts in by_model for name in counts}:
        messages, prompt, completion, tokens, cost = (counts.get(name, 0) for counts in by_model)
        row = ModelUsage(
            model=name,
            messages=messages,
            prompt_tokens=prompt,
            completion_tokens=completion,
            tokens=tokens,
            cost=dollars(cost),
            shadow_cost=usd(shadows[name]) if name in shadows else None,
            tokens_per_message=ratio(tokens, messages),
            cost_per_message=ratio(dollars(cost), messages),
            response_p50=quantile(waits.get(name, {}), 0.5),
            response_p95=quantile(waits.get(name, {}), 0.95),
            share=ratio(tokens, all_tokens),
        )
        rows.append(row)
    return sorted(rows, key=lambda row: (-row.tokens, -row.messages, row.model))


def totals(use: Used) -> Totals:
    """Returns the sums. `sessions` are those that started. `shadow_cost` is None if no tokens had a price."""
    shadows, groups = use.shadow, use.groups
    return Totals(
        messages=metrics.MESSAGES.sum(groups),
        sessions=metrics.SESSIONS_STARTED.sum(groups),
        prompt_tokens=metrics.PROMPT_TOKENS.sum(groups),
        completion_tokens=metrics.COMPLETION_TOKENS.sum(groups),
        tokens=metrics.TOKENS.sum(groups),
        cost=dollars(metrics.COST.sum(groups)),
        shadow_cost=usd(sum(shadows.values())) if shadows else None,
    )


def efficiency(whole: Totals) -> Efficiency:
    """Returns ratios of the totals. Costs are reported ones; sessions are those that started in the window."""
    return Efficiency(
        tokens_per_message=ratio(whole.tokens, whole.messages),
        tokens_per_session=ratio(whole.tokens, whole.sessions),
        messages_per_session=ratio(whole.messages, whole.sessions),
        cost_per_session=ratio(whole.cost, whole.sessions),
        cost_per_1000_tokens=ratio(whole.cost * 1_000, whole.tokens),
        completion_share=ratio(whole.completion_tokens, whole.prompt_tokens + whole.completion_tokens),
    )


def price_note(prices: PriceList, use: Used) -> PricesUsed:
    """Returns the version of the price list, and the models without a price."""
    unpriced = metrics.UNPRICED_PROMPT, metrics.UNPRICED_COMPLETION
    free = {model for metric in unpriced for model, amount in metric.read(use.groups).items() if amount}
    unknown = sorted(free - set(use.shadow))
    note = f"No price for {', '.join(unknown[:5])}{' and others' if len(unknown) > 5 else ''}." if unknown else ""
    return PricesUsed(prices.version, len(prices.models), note)
