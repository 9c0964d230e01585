"""How conversations go: rates, active and idle time, cycles, and how long people wait before they give up. Pure."""

from collections.abc import Iterable, Mapping
from math import sqrt
from typing import Any

from monitoring.events.envelope import instant
from monitoring.stats.bands import WAITS, counted, spans
from monitoring.stats.figures import active_and_idle, engagement, seconds
from monitoring.stats.histogram import numbered
from monitoring.stats.tally import HOUR, Counts, prefixed

SURE = 1.959964
"""Standard deviations on either side that hold 95 %."""
HOURS = [f"h:{hour}" for hour in range(24)]
Row = dict[str, Any]
Groups = Mapping[str, Counts]


def ratio(amount: float, by: float) -> float | None:
    """None instead of a division by nothing."""
    return amount / by if by else None


def rates(days: Iterable[Counts], groups: Groups, idle_gap: int) -> Row:
    """How fast and how dense people talk, over all days of a window.

    A rate is messages by the time in which there was any: by UTC days with a message, by UTC hours with a message, and
    by minutes of active time (of all sessions, one after another). A cycle is a question that was answered.
    """
    messages = sum(groups.get("m", {}).values())
    spoken = [spoke for spoke in (sum(name in counts for name in HOURS) for counts in days) if spoke]
    active, idle = map(seconds, active_and_idle(numbered(groups.get("g", {})), idle_gap))
    cycles = sum(groups.get("w", {}).values())
    return {
        "messages_per_minute": ratio(messages, active / 60),
        "messages_per_hour": ratio(messages, sum(spoken)),
        "messages_per_day": ratio(messages, len(spoken)),
        "active_seconds": active,
        "idle_seconds": idle,
        "engagement": engagement(active, idle),
        "cycles": cycles,
        "cycles_per_session": ratio(cycles, groups.get("", {}).get("s", 0)),
        "idle_gap": idle_gap,
    }


def settled(now: float, timeout: int) -> int:
    """The end (s) of the last whole UTC hour that ended at least `timeout` seconds ago: the silent are gone."""
    last = int(now) - timeout
    return last - last % HOUR


def over(groups: Groups, newest: Iterable[Counts], hours: Groups) -> dict[str, Counts]:
    """Response times, and what they led to, up to a moment: of a window's counts (by prefix), without the days from
    that moment's on (`newest`), but with its day's hours before it."""
    found = {prefix: dict(groups.get(prefix, {})) for prefix in ("wb", "lb", "")}
    for counts in newest:
        for prefix, part in prefixed(counts).items():
            _add(found, prefix, part, -1)
    for prefix, part in hours.items():
        _add(found, prefix, part, 1)
    return found


def _add(found: dict[str, Counts], prefix: str, counts: Counts, sign: int) -> None:
    held = found.get(prefix)
    if held is not None:
        for name, amount in counts.items():
            held[name] = held.get(name, 0) + sign * amount


def leaving(groups: Groups, start: int, until: int) -> Row:
    """The chance that nothing came any more in a session after an answer, by how long the answer was waited for.

    It tells whether sessions more often end after long waits. It cannot tell why one ended: whoever had what they
    wanted left after an answer too, so that the chance is not 0 where nobody was annoyed. Compare the bands with each
    other, not with 0. Who left before the answer came is under `unanswered` when no answer came at all, and otherwise
    in the band of the answer that nobody read. Only time that is over is counted: see `settled`.
    """
    answers, left = (counted(groups.get(prefix, {}), WAITS) for prefix in ("wb", "lb"))
    bands = [
        {"from": low, "to": high, "answers": total, "left": gone} | chance(gone, total)
        for (low, high), total, gone in zip(spans(WAITS), answers, left, strict=True)
    ]
    unanswered = groups.get("", {}).get("u", 0)
    times = {"from": instant(start * 1_000_000), "to": instant(max(start, until) * 1_000_000)}
    return times | {"bands": bands, "unanswered": unanswered}


def chance(hits: int, of: int) -> Row:
    """A share and its 95 % interval by Wilson's score (E. B. Wilson, J. Am. Stat. Assoc. 22, 1927, 209–212)."""
    if of <= 0:
        return {"chance": None, "low": None, "high": None}
    share, square = hits / of, SURE * SURE
    centre = (share + square / (2 * of)) / (1 + square / of)
    half = SURE / (1 + square / of) * sqrt(share * (1 - share) / of + square / (4 * of * of))
    return {"chance": share, "low": max(0.0, min(share, centre - half)), "high": min(1.0, max(share, centre + half))}
