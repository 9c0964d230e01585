"""How conversations go: rates, active and idle time, cycles, and how long people wait before they give up. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import sqrt
from typing import Any

from monitoring.events.envelope import instant
from monitoring.stats.figures import active_and_idle, named, seconds
from monitoring.stats.histogram import middle
from monitoring.stats.tally import DAY, HOUR, BucketRow, Counts

BANDS: Sequence[tuple[float, float | None]] = (
    (0, 1), (1, 2), (2, 5), (5, 10), (10, 20), (20, 30), (30, 60), (60, None),
)  # fmt: skip
"""Seconds of waiting."""
SURE = 1.959964
"""Standard deviations on either side that hold 95 %."""
Row = dict[str, Any]


def merged(rows: Iterable[Counts]) -> Counts:
    """The counts of several buckets as one. `a` (active sessions) does not add up over time: do not read it."""
    summed: Counts = {}
    held = summed.get
    for counts in rows:
        for name, amount in counts.items():
            summed[name] = held(name, 0) + amount
    return summed


def picked(rows: Iterable[Counts], names: Sequence[str]) -> Counts:
    """The sums of these names alone."""
    summed = dict.fromkeys(names, 0)
    for counts in rows:
        for name in names:
            if name in counts:
                summed[name] += counts[name]
    return summed


def prefixed(counts: Counts) -> dict[str, Counts]:
    """The counts by what stands before the first ":", {"m": {"user": 3}, …}; those without one under ""."""
    found: dict[str, Counts] = {"": {}}
    for name, amount in counts.items():
        before, colon, after = name.partition(":")
        if colon:
            found.setdefault(before, {})[after] = amount
        else:
            found[""][name] = amount
    return found


def gaps(counts: Mapping[str, int]) -> dict[int, int]:
    """µs between neighbouring messages by border, of counts without their prefix."""
    return {int(border): amount for border, amount in counts.items()}


def engagement(active: float, idle: float) -> float | None:
    """Share of the conversations' time that was active: active / (active + idle). None while there is no time.

    Active time lies between neighbours no further apart than the idle gap. It tells how dense conversations are, not
    whether people liked them: somebody who reads for ten minutes counts as idle.
    """
    return active / (active + idle) if active + idle else None


def ratio(amount: float, by: float) -> float | None:
    """None instead of a division by nothing."""
    return amount / by if by else None


def rates(days: Iterable[Counts], groups: Mapping[str, Counts], idle_gap: int) -> Row:
    """How fast and how dense people talk, over all days of a window.

    A rate is messages by the time in which there was any: by UTC days with a message, by UTC hours with a message, and
    by minutes of active time (of all sessions, one after another). A cycle is a question that was answered.
    """
    messages = sum(groups.get("m", {}).values())
    spoken = [hours for hours in (named(counts, "h:") for counts in days) if any(hours.values())]
    active, idle = map(seconds, active_and_idle(gaps(groups.get("g", {})), idle_gap))
    cycles = sum(groups.get("w", {}).values())
    return {
        "messages_per_minute": ratio(messages, active / 60),
        "messages_per_hour": ratio(messages, sum(1 for hours in spoken for amount in hours.values() if amount)),
        "messages_per_day": ratio(messages, len(spoken)),
        "active_seconds": active,
        "idle_seconds": idle,
        "engagement": engagement(active, idle),
        "cycles": cycles,
        "cycles_per_session": ratio(cycles, groups.get("", {}).get("s", 0)),
        "idle_gap": idle_gap,
    }


def settled(now: float, timeout: int) -> int:
    """The end (s) of the last whole UTC hour that ended `timeout` seconds ago or earlier: who is silent since is gone."""
    last = int(now) - timeout
    return last - last % HOUR


def over(days: Iterable[BucketRow], hours: Iterable[BucketRow], until: int) -> Iterator[Counts]:
    """What was counted before `until` (s, a whole hour): whole days, and of its own day the hours."""
    last_day = until - until % DAY
    yield from (row.counts for row in days if row.start < last_day)
    yield from (row.counts for row in hours if last_day <= row.start < until)


def leaving(groups: Mapping[str, Counts], start: int, until: int) -> Row:
    """The chance that nothing came any more in a session after an answer, by how long the answer was waited for.

    It tells whether sessions more often end after long waits. It cannot tell why one ended: whoever had what they
    wanted left after an answer too, so that the chance is not 0 where nobody was annoyed. Compare the bands with each
    other, not with 0. Who left before the answer came is under `unanswered` when no answer came at all, and otherwise
    in the band of the answer that nobody read. Only time that is over is counted: see `settled`.
    """
    answers, left = (_by_band(groups.get(letter, {})) for letter in "wl")
    bands = [
        {"from": low, "to": high, "answers": total, "left": gone} | chance(gone, total)
        for (low, high), total, gone in zip(BANDS, answers, left, strict=True)
    ]
    unanswered = groups.get("", {}).get("u", 0)
    times = {"from": instant(start * 1_000_000), "to": instant(max(start, until) * 1_000_000)}
    return times | {"bands": bands, "unanswered": unanswered}


def _by_band(histogram: Mapping[str, int]) -> list[int]:
    """How many response times lie in each band; a bucket of the histogram counts where its middle lies (±1 %)."""
    counted = [0] * len(BANDS)
    for bucket, amount in histogram.items():
        wait = middle(int(bucket))
        counted[next(place for place, (_, high) in enumerate(BANDS) if high is None or wait < high)] += amount
    return counted


def chance(hits: int, of: int) -> Row:
    """A share and its 95 % interval by Wilson's score (E. B. Wilson, J. Am. Stat. Assoc. 22, 1927, 209–212)."""
    if of <= 0:
        return {"chance": None, "low": None, "high": None}
    share, square = hits / of, SURE * SURE
    centre = (share + square / (2 * of)) / (1 + square / of)
    half = SURE / (1 + square / of) * sqrt(share * (1 - share) / of + square / (4 * of * of))
    return {"chance": share, "low": max(0.0, min(share, centre - half)), "high": min(1.0, max(share, centre + half))}
