"""Conversation rates, active and idle time, cycles, and how often sessions end after a long wait. Pure."""

from collections.abc import Iterable
from math import sqrt

from msgspec import field

from monitoring.events.envelope import instant
from monitoring.events.shape import Count, Moment, Seconds, Shape, Share
from monitoring.stats import metrics
from monitoring.stats.bands import WAIT_BORDERS, band_counts, band_ranges
from monitoring.stats.bucket import HOUR, Counts, Groups
from monitoring.stats.figures import active_and_idle, engagement, seconds

Z_95 = 1.959964
"""Standard deviations on either side of the mean that contain 95 % of a normal distribution."""
LEAVING = (metrics.RESPONSE_BANDS, metrics.LAST_BANDS, metrics.UNANSWERED)
"""Metrics of the leaving report."""


class Dynamics(Shape, frozen=True):
    """Message rates, and active and idle time."""

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
    """Answers of a range of response times (s), and the number of them that were their session's last message."""

    start: Seconds = field(name="from")
    to: Seconds | None
    answers: Count
    left: Count
    chance: Share | None
    low: Share | None
    high: Share | None


class Leaving(Shape, frozen=True):
    """The share of sessions that end, by the response time before."""

    start: Moment = field(name="from")
    to: Moment
    bands: list[Band]
    unanswered: Count


def ratio(amount: float, by: float) -> float | None:
    """Returns amount / by; None if `by` is 0."""
    return amount / by if by else None


def rates(days: Iterable[Groups], groups: Groups, idle_gap: int) -> Dynamics:
    """Returns rates and density of conversations over the days of a window.

    The rates divide messages by UTC days with a message, by UTC hours with a message, and by minutes of active time
    (the sum over all sessions). A cycle is a question with an answer.
    """
    messages, cycles = metrics.MESSAGES.sum(groups), metrics.RESPONSE_TIME.sum(groups)
    spoken = [len(hours) for day in days if (hours := metrics.HOURLY_MESSAGES.read(day))]
    active, idle = map(seconds, active_and_idle(metrics.GAP_TIME.histogram(groups), idle_gap))
    return Dynamics(
        messages_per_minute=ratio(messages, active / 60),
        messages_per_hour=ratio(messages, sum(spoken)),
        messages_per_day=ratio(messages, len(spoken)),
        active_seconds=active,
        idle_seconds=idle,
        engagement=engagement(active, idle),
        cycles=cycles,
        cycles_per_session=ratio(cycles, metrics.SESSIONS_STARTED.sum(groups)),
        idle_gap=idle_gap,
    )


def end_of_settled_hours(now: float, timeout: int) -> int:
    """Returns the end (s) of the last whole UTC hour that ended at least `timeout` seconds ago: its silent sessions
    have ended."""
    last = int(now) - timeout
    return last - last % HOUR


def up_to(groups: Groups, newest: Iterable[Groups], hours: Groups) -> Groups:
    """Returns the LEAVING counts up to an instant: the counts of a window, minus the days from the instant's day on
    (`newest`), plus the hours of that day before the instant."""
    result: dict[str, Counts] = {}
    for part, sign in ((groups, 1), *((day, -1) for day in newest), (hours, 1)):
        for metric in LEAVING:
            counts = result.setdefault(metric.code, {})
            for value, amount in metric.read(part).items():
                counts[value] = counts.get(value, 0) + sign * amount
    return result


def leaving(groups: Groups, start: int, until: int) -> Leaving:
    """Returns the probability that an answer was its session's last message, by its response time.

    It shows if sessions end more often after long waits, not why they end: a satisfied user leaves after an answer too,
    so the probability is above 0 for fast answers. Compare bands with each other, not with 0. A user who left before
    the answer came is counted in `unanswered` if no answer came, otherwise in the band of the unread answer. Only
    settled time is counted, see `end_of_settled_hours`.
    """
    answers = band_counts(metrics.RESPONSE_BANDS.read(groups), WAIT_BORDERS)
    left = band_counts(metrics.LAST_BANDS.read(groups), WAIT_BORDERS)
    bands = [
        Band(low, high, total, gone, *chance(gone, total))
        for (low, high), total, gone in zip(band_ranges(WAIT_BORDERS), answers, left, strict=True)
    ]
    times = instant(start * 1_000_000), instant(max(start, until) * 1_000_000)
    return Leaving(*times, bands, metrics.UNANSWERED.sum(groups))


def chance(hits: int, of: int) -> tuple[float, float, float] | tuple[None, None, None]:
    """Returns a share and its 95 % confidence interval by Wilson's score (E. B. Wilson, J. Am. Stat. Assoc. 22, 1927,
    209–212)."""
    if of <= 0:
        return None, None, None
    share, square = hits / of, Z_95 * Z_95
    centre = (share + square / (2 * of)) / (1 + square / of)
    half = Z_95 / (1 + square / of) * sqrt(share * (1 - share) / of + square / (4 * of * of))
    return share, max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half))
