"""Builds the printable report of a month or a week, beside the same number of days of the one before."""

from msgspec import to_builtins

from monitoring.dashboard.periods import Period
from monitoring.events.envelope import instant
from monitoring.events.shape import Moment, Shape, Share
from monitoring.stats.bucket import DAY
from monitoring.stats.figures import error_rate
from monitoring.stats.reports.responses import ResponseFigures, ResponsePoint
from monitoring.stats.reports.responses_report import responses
from monitoring.stats.reports.usage import Usage
from monitoring.stats.reports.usage_report import summed, usage
from monitoring.stats.window import Period as Reported


class PeriodFigures(Shape, frozen=True):
    """The figures of the first `days` UTC days of a period."""

    title: str
    days: int
    usage: Usage
    responses: ResponseFigures | None
    daily: list[ResponsePoint]
    error_rate: Share | None


class PeriodReport(Shape, frozen=True):
    """A period and the one before. `complete` is false while it is not over: then both have as many days."""

    name: str
    complete: bool
    as_of: Moment
    now: PeriodFigures
    before: PeriodFigures


def period_report(period: Period, now: float) -> PeriodReport:
    """Returns the report at `now` (s since 1970)."""
    complete = period.after.start <= now
    days, before = period.days_until(now), period.before
    compared = before.days if complete else min(days, before.days)
    as_of = instant(int(min(now, period.after.start) * 1_000_000))
    return PeriodReport(period.name, complete, as_of, _figures(period, days, now), _figures(before, compared, now))


def _figures(period: Period, days: int, now: float) -> PeriodFigures:
    until = period.start + days * DAY
    reported = Reported(period.start, until, DAY, min(now, until))
    waits, rate = responses(reported, now), error_rate(summed(reported).groups)
    return PeriodFigures(period.title, days, usage(reported, now), waits.figures, waits.daily, rate)


def shown(period: Period, now: float) -> dict[str, object]:
    """The template's context: the report, and the periods around it."""
    following = period.after
    return {
        "period": period,
        "before": period.before,
        "after": following if following.start <= now else None,
        "report": to_builtins(period_report(period, now)),
    }
