"""What was used: tokens and cost by day, hour and model, and what local models would have cost elsewhere. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from monitoring.events.envelope import instant
from monitoring.stats.analysis.reports.dynamics import ratio
from monitoring.stats.analysis.reports.sums import WAITED, Summed
from monitoring.stats.figures import active_and_idle, dollars, engagement, named
from monitoring.stats.histogram import by_name, numbered, quantile
from monitoring.stats.prices.price_list import PriceList, shadow, usd
from monitoring.stats.tally import DAY, HOUR, Counts

Row = dict[str, Any]
EMPTY: Counts = {}


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
        """As many whole days, up to yesterday."""
        return Window(self.days, self.today - 1)

    @property
    def starts(self) -> range:
        """The beginning of each day, s."""
        return range(self.start, self.today + DAY, DAY)

    @property
    def numbers(self) -> tuple[int, int]:
        """The first and the last day, since 1970."""
        return self.start // DAY, self.today // DAY

    @property
    def head(self) -> Row:
        """How every report begins."""
        return {"days": self.days, "from": instant(self.start * 1_000_000), "to": instant(int(self.now * 1_000_000))}


@dataclass(frozen=True, slots=True)
class Used:
    """A window's days, added up, and what its tokens without a cost of their own would have cost: 1e-15 USD by day (s)
    and model."""

    summed: Summed
    shadows: Mapping[int, Mapping[str, int]]

    @property
    def days(self) -> Mapping[int, Counts]:
        return self.summed.days

    @property
    def groups(self) -> Mapping[str, Counts]:
        return self.summed.groups

    def of(self, prefix: str) -> Counts:
        return self.groups.get(prefix, EMPTY)

    def sum(self, prefix: str) -> int:
        return sum(self.of(prefix).values())

    @property
    def shadow(self) -> dict[str, int]:
        """Of all days, by model."""
        found: dict[str, int] = {}
        for costs in self.shadows.values():
            for model, cost in costs.items():
                found[model] = found.get(model, 0) + cost
        return found


def used(summed: Summed, prices: PriceList) -> Used:
    """A window's days, priced. A message is priced by the UTC day on which it was complete."""
    models = sorted({*summed.groups.get("fp", {}), *summed.groups.get("fq", {})})
    days = summed.days.items()
    return Used(summed, {start: _shadow(start // DAY, counts, models, prices) for start, counts in days})


def _shadow(day: int, counts: Counts, models: Sequence[str], prices: PriceList) -> dict[str, int]:
    free = {(day, model): (counts.get(f"fp:{model}", 0), counts.get(f"fq:{model}", 0)) for model in models}
    return shadow(prices, free)


def hours(window: Window, days: Mapping[int, Counts]) -> Row:
    """Messages, tokens and USD of every UTC hour of the window up to the present one, for a browser to fold."""
    last = (int(window.now) - window.start) // HOUR + 1
    found: Row = {"from": window.start}
    for name, prefix in (("messages", "h"), ("tokens", "ht"), ("cost", "hc")):
        keys = [f"{prefix}:{hour}" for hour in range(24)]
        amounts = [days.get(start, EMPTY).get(key, 0) for start in window.starts for key in keys][:last]
        found[name] = list(map(dollars, amounts)) if name == "cost" else amounts
    return found


def hour(start: int, counts: Counts) -> Row:
    """What was used in one hour that begins at `start` (s)."""
    messages, tokens, cost = (sum(named(counts, prefix).values()) for prefix in ("m:", "t:", "c:"))
    return {"t": start, "messages": messages, "tokens": tokens, "cost": dollars(cost)}


def by_day(window: Window, use: Used, idle_gap: int) -> list[Row]:
    """One row for every day of the window, also where nothing happened."""
    names = {prefix: [(key, f"{prefix}:{key}") for key in use.of(prefix)] for prefix in "mtcg"}
    return [
        _day(start, use.days.get(start, EMPTY), names, use.shadows.get(start, {}), idle_gap) for start in window.starts
    ]


def _day(
    start: int,
    counts: Counts,
    names: Mapping[str, Sequence[tuple[str, str]]],
    shadows: Mapping[str, int],
    idle_gap: int,
) -> Row:
    """A day of everything: `names` are those that occur in the window, with and without their prefix."""
    m, t, c, g = ({key: counts[name] for key, name in names[prefix] if name in counts} for prefix in "mtcg")
    return {
        "t": start,
        "messages": sum(m.values()),
        "sessions": counts.get("s", 0),
        "user": m.get("user", 0),
        "assistant": m.get("assistant", 0),
        "tokens": t,
        "cost": {model: dollars(cost) for model, cost in c.items()},
        "shadow_cost": {model: usd(cost) for model, cost in shadows.items()},
        "engagement": engagement(*active_and_idle(numbered(g), idle_gap)),
        "cycles": counts.get(WAITED, 0),
    }


def models(use: Used) -> list[Row]:
    """Every model, the one with the most tokens first. `messages` are its answers, and whatever else has tokens;
    `share` is its part of all tokens. `shadow_cost` is null where none of its tokens without a cost has a price."""
    waits = by_name(use.of("v"))
    names = {*use.of("n"), *use.of("t"), *use.of("c")}
    all_tokens, shadows = use.sum("t"), use.shadow
    rows = [_model(name, use, waits.get(name, {}), shadows.get(name), all_tokens) for name in names]
    return sorted(rows, key=lambda row: (-row["tokens"], -row["messages"], row["model"]))


def _model(name: str, use: Used, waits: Mapping[int, int], shadowed: int | None, all_tokens: int) -> Row:
    messages, tokens, cost = (use.of(prefix).get(name, 0) for prefix in "ntc")
    return {
        "model": name,
        "messages": messages,
        "prompt_tokens": use.of("p").get(name, 0),
        "completion_tokens": use.of("q").get(name, 0),
        "tokens": tokens,
        "cost": dollars(cost),
        "shadow_cost": None if shadowed is None else usd(shadowed),
        "tokens_per_message": ratio(tokens, messages),
        "cost_per_message": ratio(dollars(cost), messages),
        "response_p50": quantile(waits, 0.5),
        "response_p95": quantile(waits, 0.95),
        "share": ratio(tokens, all_tokens),
    }


def totals(use: Used) -> Row:
    """Everything together. `sessions` are those that began; `shadow_cost` is null where nothing had a price."""
    shadows = use.shadow
    return {
        "messages": use.sum("m"),
        "sessions": use.of("").get("s", 0),
        "prompt_tokens": use.sum("p"),
        "completion_tokens": use.sum("q"),
        "tokens": use.sum("t"),
        "cost": dollars(use.sum("c")),
        "shadow_cost": usd(sum(shadows.values())) if shadows else None,
    }


def efficiency(whole: Row) -> Row:
    """Ratios of the totals; reported cost alone. By session: by those that began in the window."""
    prompt, completion = whole["prompt_tokens"], whole["completion_tokens"]
    return {
        "tokens_per_message": ratio(whole["tokens"], whole["messages"]),
        "tokens_per_session": ratio(whole["tokens"], whole["sessions"]),
        "messages_per_session": ratio(whole["messages"], whole["sessions"]),
        "cost_per_session": ratio(whole["cost"], whole["sessions"]),
        "cost_per_1000_tokens": ratio(whole["cost"] * 1_000, whole["tokens"]),
        "completion_share": ratio(completion, prompt + completion),
    }


def price_note(prices: PriceList, use: Used) -> Row:
    """Which list the shadow costs are made with, and what it does not know."""
    free = {model for prefix in ("fp", "fq") for model, amount in use.of(prefix).items() if amount}
    unknown = sorted(free - set(use.shadow))
    note = f"No price for {', '.join(unknown[:5])}{' and others' if len(unknown) > 5 else ''}." if unknown else ""
    return {"version": prices.version, "models": len(prices.models), "note": note}
