"""The usage report: tokens and cost by day, hour and model, and shadow costs of local models. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta, field

from monitoring.events.envelope import instant
from monitoring.events.shape import Count, Dollars, Instant, Moment, Seconds, Shape, Share
from monitoring.stats.bucket import DAY, HOUR, Groups
from monitoring.stats.figures import active_and_idle, dollars, engagement
from monitoring.stats.histogram import quantile
from monitoring.stats.metrics import (
    COMPLETION_TOKENS,
    COST,
    GAP_TIME,
    HOURLY_COST,
    HOURLY_MESSAGES,
    HOURLY_TOKENS,
    MESSAGES,
    MODEL_MESSAGES,
    MODEL_RESPONSE_TIME,
    PROMPT_TOKENS,
    RESPONSE_BANDS,
    SESSIONS_STARTED,
    TOKENS,
    UNPRICED_COMPLETION,
    UNPRICED_PROMPT,
    Metric,
)
from monitoring.stats.price_list import PriceList, shadow_costs, usd
from monitoring.stats.reports.dynamics import Dynamics, Leaving, ratio
from monitoring.stats.reports.sums import Summed

EMPTY: Groups = {}


class Report(Shape, frozen=True):
    """A report on `days` UTC days, today included."""

    days: int
    start: Moment = field(name="from")
    to: Moment


@dataclass(frozen=True, slots=True)
class Window:
    """The UTC day of `now` (s since 1970) and the days before it, `days` in all."""

    days: int
    now: float

    @property
    def start(self) -> int:
        return self.today - (self.days - 1) * DAY

    @property
    def today(self) -> int:
        return int(self.now) - int(self.now) % DAY

    @property
    def past(self) -> "Window":
        """The same number of whole days, up to yesterday."""
        return Window(self.days, self.today - 1)

    @property
    def starts(self) -> range:
        """The start of each day, s."""
        return range(self.start, self.today + DAY, DAY)

    @property
    def numbers(self) -> tuple[int, int]:
        """The first and the last day, in days since 1970."""
        return self.start // DAY, self.today // DAY

    @property
    def head(self) -> tuple[int, str, str]:
        """The first three fields of every Report."""
        return self.days, instant(self.start * 1_000_000), instant(int(self.now * 1_000_000))


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
    """Usage on a UTC day."""

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
    """Usage by hour, day and model."""

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
    """The summed days of a window, and the shadow costs of tokens without a reported cost: 1e-15 USD by day (s) and
    model."""

    summed: Summed
    shadows: Mapping[int, Mapping[str, int]]

    @property
    def days(self) -> Mapping[int, Groups]:
        return self.summed.days

    @property
    def groups(self) -> Groups:
        return self.summed.groups

    @property
    def shadow(self) -> dict[str, int]:
        """Shadow costs of all days, by model."""
        by_model: dict[str, int] = {}
        for costs in self.shadows.values():
            for model, cost in costs.items():
                by_model[model] = by_model.get(model, 0) + cost
        return by_model


def used(summed: Summed, prices: PriceList) -> Used:
    """Returns the days of a window with shadow costs. A message is priced on the UTC day of its completion."""
    return Used(summed, {start: _shadow(start // DAY, groups, prices) for start, groups in summed.days.items()})


def _shadow(day: int, groups: Groups, prices: PriceList) -> dict[str, int]:
    prompt, completion = UNPRICED_PROMPT.read(groups), UNPRICED_COMPLETION.read(groups)
    models = sorted({*prompt, *completion})
    return shadow_costs(prices, {(day, model): (prompt.get(model, 0), completion.get(model, 0)) for model in models})


def hours(window: Window, days: Mapping[int, Groups]) -> Hours:
    """Returns figures of every UTC hour of the window up to the present one."""
    last = (int(window.now) - window.start) // HOUR + 1

    def amounts(metric: Metric) -> list[int]:
        by_hour = [metric.read(days.get(start, EMPTY)) for start in window.starts]
        return [counts.get(hour, 0) for counts in by_hour for hour in _HOURS][:last]

    cost = list(map(dollars, amounts(HOURLY_COST)))
    return Hours(window.start, amounts(HOURLY_MESSAGES), amounts(HOURLY_TOKENS), cost)


_HOURS = [str(hour) for hour in range(24)]


def hour(start: int, groups: Groups) -> HourUsed:
    return HourUsed(start, MESSAGES.sum(groups), TOKENS.sum(groups), dollars(COST.sum(groups)))


def by_day(window: Window, use: Used, idle_gap: int) -> list[Day]:
    """Returns one row for every day of the window, including days without messages."""
    return [_day(start, use.days.get(start, EMPTY), use.shadows.get(start, {}), idle_gap) for start in window.starts]


def _day(start: int, groups: Groups, shadows: Mapping[str, int], idle_gap: int) -> Day:
    messages = MESSAGES.read(groups)
    return Day(
        t=start,
        messages=sum(messages.values()),
        sessions=SESSIONS_STARTED.sum(groups),
        user=messages.get("user", 0),
        assistant=messages.get("assistant", 0),
        tokens=TOKENS.read(groups),
        cost={model: dollars(cost) for model, cost in COST.read(groups).items()},
        shadow_cost={model: usd(cost) for model, cost in shadows.items()},
        engagement=engagement(*active_and_idle(GAP_TIME.histogram(groups), idle_gap)),
        cycles=RESPONSE_BANDS.sum(groups),
    )


def models(use: Used) -> list[ModelUsage]:
    """Returns one row for each model, the one with most tokens first.

    `messages` are its answers, and other messages with tokens. `share` is its part of all tokens. `shadow_cost` is None
    if none of its tokens without a cost has a price.
    """
    waits = MODEL_RESPONSE_TIME.histograms(use.groups)
    names = {name for metric in (MODEL_MESSAGES, TOKENS, COST) for name in metric.read(use.groups)}
    all_tokens, shadows = TOKENS.sum(use.groups), use.shadow
    rows = [_model(name, use.groups, waits.get(name, {}), shadows.get(name), all_tokens) for name in names]
    return sorted(rows, key=lambda row: (-row.tokens, -row.messages, row.model))


def _model(name: str, groups: Groups, waits: Mapping[int, int], shadowed: int | None, all_tokens: int) -> ModelUsage:
    messages, tokens, cost = (metric.read(groups).get(name, 0) for metric in (MODEL_MESSAGES, TOKENS, COST))
    return ModelUsage(
        model=name,
        messages=messages,
        prompt_tokens=PROMPT_TOKENS.read(groups).get(name, 0),
        completion_tokens=COMPLETION_TOKENS.read(groups).get(name, 0),
        tokens=tokens,
        cost=dollars(cost),
        shadow_cost=None if shadowed is None else usd(shadowed),
        tokens_per_message=ratio(tokens, messages),
        cost_per_message=ratio(dollars(cost), messages),
        response_p50=quantile(waits, 0.5),
        response_p95=quantile(waits, 0.95),
        share=ratio(tokens, all_tokens),
    )


def totals(use: Used) -> Totals:
    """Returns the sums. `sessions` are those that started. `shadow_cost` is None if no tokens had a price."""
    shadows, groups = use.shadow, use.groups
    return Totals(
        messages=MESSAGES.sum(groups),
        sessions=SESSIONS_STARTED.sum(groups),
        prompt_tokens=PROMPT_TOKENS.sum(groups),
        completion_tokens=COMPLETION_TOKENS.sum(groups),
        tokens=TOKENS.sum(groups),
        cost=dollars(COST.sum(groups)),
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
    unpriced = UNPRICED_PROMPT, UNPRICED_COMPLETION
    free = {model for metric in unpriced for model, amount in metric.read(use.groups).items() if amount}
    unknown = sorted(free - set(use.shadow))
    note = f"No price for {', '.join(unknown[:5])}{' and others' if len(unknown) > 5 else ''}." if unknown else ""
    return PricesUsed(prices.version, len(prices.models), note)
