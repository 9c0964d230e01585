"""The periods of the printable report: calendar months and ISO weeks, in UTC. Pure."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal

Kind = Literal["month", "week"]
DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Period:
    """A month or a week. `first` and `last` are its first and last day, both included."""

    kind: Kind
    first: date
    last: date

    @property
    def name(self) -> str:
        """`2026-11`, `2026-W48`: the parameter of the address."""
        year, week, _ = self.first.isocalendar()
        return f"{self.first:%Y-%m}" if self.kind == "month" else f"{year}-W{week:02}"

    @property
    def title(self) -> str:
        """`November 2026`, `Week 48, 2026`."""
        year, week, _ = self.first.isocalendar()
        return f"{self.first:%B %Y}" if self.kind == "month" else f"Week {week}, {year}"

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def start(self) -> int:
        """The beginning of the first day, s since 1970."""
        return int(datetime(self.first.year, self.first.month, self.first.day, tzinfo=UTC).timestamp())

    @property
    def before(self) -> "Period":
        return _around(self.kind, self.first - timedelta(days=1))

    @property
    def after(self) -> "Period":
        return _around(self.kind, self.last + timedelta(days=1))

    def days_until(self, now: float) -> int:
        """The number of its days that have begun at `now` (s since 1970)."""
        return max(0, min(self.days, int(now - self.start) // DAY_SECONDS + 1))


def period(month: str, week: str, now: float) -> Period | None:
    """The period of an address, by default the present month; None for what is none, or has not begun."""
    today = datetime.fromtimestamp(now, UTC).date()
    try:
        if week:
            match = re.fullmatch(r"([0-9]{4})-W([0-9]{2})", week)
            found = _around("week", date.fromisocalendar(int(match[1]), int(match[2]), 1)) if match else None
        else:
            match = re.fullmatch(r"([0-9]{4})-([0-9]{2})", month or f"{today:%Y-%m}")
            found = _around("month", date(int(match[1]), int(match[2]), 1)) if match else None
    except (ValueError, OverflowError):
        return None
    return found if found and date(1970, 2, 1) <= found.first <= today else None


def _around(kind: Kind, day: date) -> Period:
    if kind == "week":
        monday = day - timedelta(days=day.weekday())
        return Period(kind, monday, monday + timedelta(days=6))
    first = day.replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    return Period(kind, first, following - timedelta(days=1))
