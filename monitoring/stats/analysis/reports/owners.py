"""What is one person's, beside what is everybody else's, and only where nobody else can be made out in it. Pure."""

from collections.abc import Mapping
from typing import Any

from monitoring.stats.analysis.reports.dynamics import rates, ratio
from monitoring.stats.analysis.reports.usage import Used, totals
from monitoring.stats.figures import active_and_idle, dollars, engagement
from monitoring.stats.histogram import numbered, quantile
from monitoring.stats.tally import Counts

FEWEST = 5
"""Other people who must have been there before anything is said of them."""
MOST = 20
"""Others are counted up to here."""
WINDOWS = "Compared over 7, 28 and 90 days only."
COUNTED = ("", "m", "t", "c", "g", "w")
"""Prefixes of the counts that are compared."""
DIGITS = 2
"""Significant digits that are told of the others' figures: more would let their sums be found."""
WITHHELD = f"Shown when at least {FEWEST} other people used it in this time."
Row = dict[str, Any]
Groups = Mapping[str, Counts]


def figures(use: Used, idle_gap: int) -> Row:
    """A person's own figures. `errors` are failed answers, and sessions that ended with an error."""
    whole, waits = totals(use), numbered(use.of("w"))
    pace = rates(use.days.values(), use.groups, idle_gap)
    return {name: whole[name] for name in ("sessions", "messages", "tokens", "cost", "shadow_cost")} | {
        "response_p50": quantile(waits, 0.5),
        "response_p95": quantile(waits, 0.95),
        "engagement": pace["engagement"],
        "active_seconds": pace["active_seconds"],
        "errors": sum(use.of("x").get(kind, 0) for kind in ("message", "session")),
    }


def others(everybody: Groups, mine: Groups) -> dict[str, Counts]:
    """Everybody's counts without mine. Counts subtract, and so do histograms; what is read in between may lag."""
    return {prefix: _left(counts, mine.get(prefix, {})) for prefix, counts in everybody.items()}


def _left(counts: Counts, mine: Counts) -> Counts:
    return {name: left for name, amount in counts.items() if (left := amount - mine.get(name, 0)) > 0}


def comparison(mine: Groups, everybody: Groups, people: int, idle_gap: int) -> Row:
    """My ratios and quantiles beside everybody else's; withheld where fewer than FEWEST other known people were there.

    Sums are not told of others: only figures that do not grow with how much somebody talks. Sessions of nobody are
    among the others' figures, but not among the people.
    """
    if people < FEWEST:
        return {"withheld": WITHHELD}
    own, rest = _compared(mine, idle_gap), _compared(others(everybody, mine), idle_gap)
    return {
        "people": people,
        "figures": [{"name": name, "mine": value, "others": rounded(name, rest[name])} for name, value in own.items()],
    }


def rounded(name: str, value: float | None) -> float | None:
    """To DIGITS significant digits; engagement to as many of what is idle, so that 99.7 % does not become all."""
    if value is None:
        return None
    if name == "engagement":
        return round(1 - _short(1 - value), 9)
    return _short(value)


def _short(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def _compared(groups: Groups, idle_gap: int) -> dict[str, float | None]:
    def total(prefix: str) -> int:
        return sum(groups.get(prefix, {}).values())

    plain, waits = groups.get("", {}), numbered(groups.get("w", {}))
    sessions, messages = plain.get("s", 0), total("m")
    return {
        "response_p50": quantile(waits, 0.5),
        "response_p95": quantile(waits, 0.95),
        "messages_per_session": ratio(messages, sessions),
        "tokens_per_message": ratio(total("t"), messages),
        "cost_per_session": ratio(dollars(total("c")), sessions),
        "engagement": engagement(*active_and_idle(numbered(groups.get("g", {})), idle_gap)),
        "error_rate": ratio(plain.get("b", 0), plain.get("f", 0)),
    }
