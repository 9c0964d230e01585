"""The time that a page, a chart or a report shows: up to now, or from one moment to another. Pure.

A window string names it in addresses, subscriptions and frames: `1h` for the last hour, `1764370800-1764374400` for a
fixed time in s since 1970.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from monitoring.stats.bucket import DAY, HOUR, WIDTHS

SPANS = {
    "15m": 900, "1h": HOUR, "6h": 6 * HOUR, "24h": DAY, "7d": 7 * DAY, "28d": 28 * DAY, "90d": 90 * DAY,
}  # fmt: skip
"""Windows up to now, in seconds."""
MIN_SPAN, MAX_SPAN = 60, 400 * DAY
"""Bounds of a fixed window, s."""
STEPS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 900, 1_800, HOUR, 7_200, 10_800, 21_600, 43_200, DAY)
"""Possible steps of a chart, s. All but the first divide a UTC day."""
MAX_STEPS = 119
"""Maximum number of steps of a chart, unless it is longer than this many days."""
MAX_POINTS = MAX_SPAN // DAY + 3
"""Maximum number of points of a chart: with steps of a day, the first and the last not whole, and one ahead."""
MAX_AHEAD = DAY
"""Seconds after the present in which a chart looks for events: a sender's clock may be ahead by as much."""
MAX_HOURLY_SPAN = 3 * DAY
"""Longest window whose reports are by hours. Longer ones are by UTC days."""
WEEK = 7 * DAY
_FIXED = re.compile("([0-9]{1,10})-([0-9]{1,10})")


@dataclass(frozen=True, slots=True)
class Points:
    """The points of a chart: from `start` to `end` (s), each of `step` seconds, made of buckets of `width` seconds.

    `last` is the end of the time in which events are looked for, which may lie after the present.
    """

    start: int
    end: int
    step: int
    width: int
    last: int


@dataclass(frozen=True, slots=True)
class Period:
    """The whole UTC hours or days (`step`, s) of a report: from `start` until `until`, of which `to` is reached; s."""

    start: int
    until: int
    step: int
    to: float

    @property
    def starts(self) -> range:
        """The start of each hour or day."""
        return range(self.start, self.until, self.step)

    @property
    def last_day(self) -> int:
        """The start of the last UTC day that the period touches."""
        last = max(self.start, self.until - 1)
        return last - last % DAY

    @property
    def numbers(self) -> tuple[int, int]:
        """The first and the last UTC day that the period touches, in days since 1970."""
        return self.start // DAY, self.last_day // DAY

    @property
    def days(self) -> int:
        """The number of UTC days that the period touches."""
        first, last = self.numbers
        return last - first + 1

    @property
    def past(self) -> "Period":
        """The same number of whole UTC days, up to the day before the last one."""
        return Period(self.last_day - self.days * DAY, self.last_day, DAY, self.last_day)

    @property
    def goes_on(self) -> bool:
        """True while its last step has not ended."""
        return self.to < self.until

    def earlier(self, shift: int) -> "Period":
        """The period `shift` seconds before, up to the same hour as this one."""
        until = self.until + -self.until % HOUR - shift
        return Period(self.start - shift, until, self.step, until)


@dataclass(frozen=True, slots=True)
class Window:
    """A time by its window string. `start` is None for a window that ends now."""

    name: str
    span: int
    start: int | None = None

    @property
    def is_fixed(self) -> bool:
        return self.start is not None

    def is_past(self, now: float) -> bool:
        """Returns whether it has ended: only events that come late still change it."""
        return self.start is not None and self.start + self.span <= now

    def points(self, now: float, kept: Mapping[int, int]) -> Points:
        """The points of its charts; `kept` is the retention of the buckets of each width (`bucket.keeps`).

        Of old times there are only wide buckets, and so long steps.
        """
        present = int(now)
        first, last = self._times(present)
        age = min(max(kept.values()), present - first)
        finest = min(width for width in WIDTHS if kept[width] >= age)
        step = next((step for step in STEPS if step % finest == 0 and self.span <= step * MAX_STEPS), DAY)
        width = max(width for width in WIDTHS if step % width == 0 and kept[width] >= age)
        start = first - first % step
        if self.is_past(now):
            end = last + -last % step
            return Points(start, end, step, width, end)
        return Points(start, max(start, min(last, present)), step, width, present + min(self.span, MAX_AHEAD))

    def period(self, now: float) -> Period:
        """Its whole UTC hours, or its whole UTC days where it is longer than MAX_HOURLY_SPAN.

        A live window of days has as many UTC days, of which the last is today. What lies after `now` is not counted.
        """
        if self.start is None and self.unit == DAY:
            return days_up_to(self.span // DAY, now)
        return _whole(*self._times(int(now)), self.unit, now)

    def days_of(self, now: float) -> Period:
        """The whole UTC days that it touches."""
        period = self.period(now)
        if period.step == DAY:
            return period
        return _whole(period.start, period.until, DAY, now)

    def earlier(self, period: Period) -> Period:
        """Returns the period that a report on this window is compared with; `period` is the report's own."""
        return period.earlier(len(period.starts) * period.step if self.is_fixed else self.shift)

    @property
    def shift(self) -> int:
        """Seconds from the time that it is compared with to it: live windows of up to a day are compared with the same
        time a week before, others with the time of equal length right before."""
        return WEEK if self.start is None and self.span <= DAY else self.span

    @property
    def unit(self) -> int:
        """The step of its reports, s."""
        return HOUR if self.span <= MAX_HOURLY_SPAN else DAY

    def whole(self, compared: bool) -> range:
        """The starts of the whole hours or days of a fixed window, and of as many before them if it is compared."""
        start, end = self._times(0)
        first, last = start - start % self.unit, end + -end % self.unit
        return range(first - (last - first if compared else 0), last, self.unit)

    def _times(self, now: int) -> tuple[int, int]:
        """Start and end, which may lie in the future."""
        return (now - self.span, now) if self.start is None else (self.start, self.start + self.span)


def window(name: str) -> Window | None:
    """The window of a window string; None for another text, and for a time of a wrong length."""
    if span := SPANS.get(name):
        return Window(name, span)
    match = _FIXED.fullmatch(name)
    if not match:
        return None
    start, end = int(match[1]), int(match[2])
    return fixed(start, end) if MIN_SPAN <= end - start <= MAX_SPAN else None


def fixed(start: int, end: int) -> Window:
    """The window from `start` to `end`, s."""
    return Window(f"{start}-{end}", end - start, start)


def days_up_to(days: int, now: float) -> Period:
    """The UTC day of `now` and the days before it, `days` in all."""
    today = int(now) - int(now) % DAY
    return Period(today - (days - 1) * DAY, int(now) + 1, DAY, now)


def _whole(first: int, last: int, step: int, now: float) -> Period:
    """The whole steps that contain the time from `first` to `last`, as far as they have begun."""
    start, end = first - first % step, last + -last % step
    if end <= now:
        return Period(start, end, step, end)
    return Period(start, max(start, int(now) + 1), step, max(float(start), now))
