"""How conversations go: rates, active and idle time, cycles, and how long people wait before they give up. Pure."""

from collections.abc import Iterable
from math import sqrt

from msgspec import field

from monitoring.events.envelope import instant
from monitoring.events.shape import Count, Moment, Seconds, Shape, Share
from monitoring.stats.bands import WAITS, counted, spans
from monitoring.stats.bucket import HOUR, Counts, Groups
from monitoring.stats.figures import active_and_idle, engagement, seconds
from monitoring.stats.metrics import (
    GAP_TIME,
    HOURLY_MESSAGES,
    LAST_BANDS,
    MESSAGES,
    RESPONSE_BANDS,
    RESPONSE_TIME,
    SESSIONS_STARTED,
    UNANSWERED,
)

SURE = 1.959964
"""Standard deviations on either side that hold 95 %."""
LEAVING = (RESPONSE_BANDS, LAST_BANDS, UNANSWERED)
"""What tells whether people left after waiting."""


class Dynamics(Shape, frozen=True):
    """How people talk."""

    messages_per_minute: float | None
    messages_per_hour: float | None
    messages_per_day: float | None
    active_seconds: Seconds
    idle_seconds: Seconds
    engagement: Share | None
    cycles: Count
    cycles_per_session: float | None
    idle_gap: Seconds


class Band(Shape, frozen=True):
    """Answers of a range of response times (s), and after how many of them nothing came."""

    start: Seconds = field(name="from")
    to: Seconds | None
    answers: Count
    left: Count
    chance: Share | None
    low: Share | None
    high: Share | None


class Leaving(Shape, frozen=True):
    """How often people leave, by how long they had waited."""

    start: Moment = field(name="from")
    to: Moment
    bands: list[Band]
    unanswered: Count


def ratio(amount: float, by: float) -> float | None:
    """None instead of a division by nothing."""
    return amount / by if by else None


def rates(days: Iterable[Groups], groups: Groups, idle_gap: int) -> Dynamics:
    """How fast and how dense people talk, over all days of a window.

    A rate is messages by the time in which there was any: by UTC days with a message, by UTC hours with a message, and
    by minutes of active time (of all sessions, one after another). A cycle is a question that was answered.
    """
    messages, cycles = MESSAGES.sum(groups), RESPONSE_TIME.sum(groups)
    spoken = [len(hours) for day in days if (hours := HOURLY_MESSAGES.read(day))]
    active, idle = map(seconds, active_and_idle(GAP_TIME.histogram(groups), idle_gap))
    return Dynamics(
        messages_per_minute=ratio(messages, active / 60),
        messages_per_hour=ratio(messages, sum(spoken)),
        messages_per_day=ratio(messages, len(spoken)),
        active_seconds=active,
        idle_seconds=idle,
        engagement=engagement(active, idle),
        cycles=cycles,
        cycles_per_session=ratio(cycles, SESSIONS_STARTED.sum(groups)),
        idle_gap=idle_gap,
    )


def settled(now: float, timeout: int) -> int:
    """The end (s) of the last whole UTC hour that ended at least `timeout` seconds ago: the silent are gone."""
    last = int(now) - timeout
    return last - last % HOUR


def over(groups: Groups, newest: Iterable[Groups], hours: Groups) -> Groups:
    """Response times, and what they led to, up to a moment: of a window's counts, without the days from that moment's
    on (`newest`), but with its day's hours before it."""
    found: dict[str, Counts] = {}
    for part, sign in ((groups, 1), *((day, -1) for day in newest), (hours, 1)):
        for metric in LEAVING:
            held = found.setdefault(metric.code, {})
            for value, amount in metric.read(part).items():
                held[value] = held.get(value, 0) + sign * amount
    return found


def leaving(groups: Groups, start: int, until: int) -> Leaving:
    """The chance that nothing came any more in a session after an answer, by how long the answer was waited for.

    It tells whether sessions more often end after long waits. It cannot tell why one ended: whoever had what they
    wanted left after an answer too, so that the chance is not 0 where nobody was annoyed. Compare the bands with each
    other, not with 0. Who left before the answer came is under `unanswered` when no answer came at all, and otherwise
    in the band of the answer that nobody read. Only time that is over is counted: see `settled`.
    """
    answers, left = (counted(metric.read(groups), WAITS) for metric in (RESPONSE_BANDS, LAST_BANDS))
    bands = [
        Band(low, high, total, gone, *chance(gone, total))
        for (low, high), total, gone in zip(spans(WAITS), answers, left, strict=True)
    ]
    times = instant(start * 1_000_000), instant(max(start, until) * 1_000_000)
    return Leaving(*times, bands, UNANSWERED.sum(groups))


def chance(hits: int, of: int) -> tuple[float, float, float] | tuple[None, None, None]:
    """A share and its 95 % interval by Wilson's score (E. B. Wilson, J. Am. Stat. Assoc. 22, 1927, 209–212)."""
    if of <= 0:
        return None, None, None
    share, square = hits / of, SURE * SURE
    centre = (share + square / (2 * of)) / (1 + square / of)
    half = SURE / (1 + square / of) * sqrt(share * (1 - share) / of + square / (4 * of * of))
    return share, max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half))
