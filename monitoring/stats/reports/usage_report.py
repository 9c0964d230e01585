"""Reads the usage reports, for all sessions and for one person, from the rows of hours and days.

Work is bounded by the steps of a period: one row for each is read (a few thousand counts, up to 0.1 MB for a day), and
added only if it changed; at most a day of hours; the price list. A period has at most 74 hours or 401 days, of which
there are as many as are retained. A process caches the rows of the MAX_CACHED_WINDOWS periods requested last.
"""

from functools import lru_cache

import msgspec
from django.conf import settings
from msgspec.structs import astuple, replace

from monitoring.events.envelope import instant
from monitoring.messaging.wiring import the_cache
from monitoring.stats import reader
from monitoring.stats.bucket import HOUR, Counts, Groups, add
from monitoring.stats.metrics import COLUMNS, COST, MESSAGES, METRICS, TOKENS, columns_of
from monitoring.stats.prices import price_list
from monitoring.stats.reports import dynamics, owners
from monitoring.stats.reports import usage as calc
from monitoring.stats.reports.disclosure import MIN_CONTRIBUTORS, Top, top
from monitoring.stats.reports.dynamics import Leaving
from monitoring.stats.reports.owners import Comparison, Mine
from monitoring.stats.reports.sums import KEPT_BY_STEP, Summed, Sums
from monitoring.stats.reports.usage import Hours, HourUsed, Usage, UsageReport, Used
from monitoring.stats.repository import decode_groups
from monitoring.stats.window import Period, days_up_to

MAX_CACHED_WINDOWS = 9
COMPARISON_DAYS = (7, 28, 90)
"""Days up to today for which an owner is compared with others. If any time could be chosen, the difference of two would
disclose one day."""
COMPARISON_CACHE_SECONDS = 60.0
"""Seconds for which the others' side of the comparison is cached."""


def usage(period: Period, now: float) -> Usage:
    """Returns the report on all sessions; `now` in s since 1970."""
    prices = price_list()
    use = calc.used(summed(period), prices, period.step)
    whole = calc.totals(use)
    return Usage(
        *astuple(_used(period, use)),
        totals=whole,
        efficiency=calc.efficiency(whole),
        dynamics=dynamics.rates(use.days.values(), use.groups, settings.SESSION_IDLE_GAP),
        leaving=_leaving(period, now, use),
        prices=calc.price_note(prices, use),
    )


def used_hours(period: Period) -> Hours:
    """Returns figures of every UTC hour of a period of days, for a heat map."""
    return calc.hours(period, summed(period).days)


def changed_hours(first: int, after: int) -> list[HourUsed]:
    """Returns the UTC hours from `first` (s) on whose counts changed since a position."""
    rows = reader.buckets(HOUR, first, after=after, of=(MESSAGES, TOKENS, COST))
    return [calc.hour(row.start, row.counts) for row in rows]


def mine(person: int, period: Period, now: float) -> Mine:
    """Returns one person's own report on a period of UTC days, with the comparison."""
    use = calc.used(_own(person, period), price_list())
    return Mine(
        *astuple(_used(period, use)),
        figures=owners.figures(use, settings.SESSION_IDLE_GAP),
        comparison=_comparison(person, period, now),
    )


def _own(person: int, period: Period) -> Summed:
    rows = reader.owner_days(person, *period.numbers, METRICS)
    return Sums[Groups](lambda counts: counts).of((row.start, row.counts) for row in rows)


def summed(period: Period) -> Summed:
    """Returns the sum of the counts of a period. A last day that is not whole is counted by its hours."""
    whole = period.until if period.goes_on else period.until - period.until % period.step
    rows = list(reader.stored_buckets(period.step, period.start, whole, COLUMNS))
    found = _sums(period.step, period.start, len(period.starts)).of(rows)
    if whole == period.until:
        return found
    hours = _sums(HOUR, whole, 0).of(reader.stored_buckets(HOUR, whole, period.until, COLUMNS))
    groups = {code: dict(counts) for code, counts in found.groups.items()}
    add(groups, hours.groups)
    last = {code: counts for code, counts in hours.groups.items() if code in KEPT_BY_STEP}
    last |= calc.days_of_hours(hours.days).get(whole, {})
    return Summed({**found.days, whole: last}, groups)


@lru_cache(maxsize=MAX_CACHED_WINDOWS)
def _sums(step: int, start: int, steps: int) -> Sums[tuple[bytes, ...]]:
    """The cached sum of a period; without steps, of the hours of a day."""
    return Sums(decode_groups)


def _used(period: Period, use: Used) -> UsageReport:
    days = calc.by_day(period, use, settings.SESSION_IDLE_GAP)
    return UsageReport(*calc.head(period), calc.hours(period, use.days), days, calc.models(use))


def _leaving(period: Period, now: float, use: Used) -> Leaving:
    """Of a period that goes on, the last settled day is counted by hours, up to the end of its settled hours."""
    until = max(period.start, min(period.until, dynamics.end_of_settled_hours(now, settings.SESSION_TIMEOUT)))
    if until == period.until:
        return dynamics.leaving(use.groups, period.start, until)
    last, of = until - until % period.step, dynamics.LEAVING
    newest = [groups for start, groups in use.rows.items() if start >= last]
    hours = _sums(HOUR, last, -1).of(reader.stored_buckets(HOUR, last, until, columns_of(of)))
    return dynamics.leaving(dynamics.up_to(use.groups, newest, hours.groups), period.start, until)


def _comparison(person: int, period: Period, now: float) -> Comparison:
    """Compares whole past days only, so that present activity cannot be seen in the others' figures."""
    if period.days not in COMPARISON_DAYS or period.numbers != days_up_to(period.days, now).numbers:
        return Comparison(withheld=owners.WINDOWS)
    past = period.past
    everybody = _everybody(past)
    own = _own(person, past).groups
    compared = owners.comparison(own, everybody.groups, everybody.contributors, person, settings.SESSION_IDLE_GAP)
    return replace(compared, start=instant(past.start * 1_000_000), to=instant(past.until * 1_000_000))


class _Everybody(msgspec.Struct):
    """The largest contributors to each of `owners.sums` in a window, and all counts in it, empty with too few
    contributors."""

    contributors: dict[str, Top]
    groups: dict[str, Counts]


_read = msgspec.json.Decoder(_Everybody).decode


def _everybody(past: Period) -> _Everybody:
    """Past days hardly change, so all owners are compared with the same result, which is renewed after
    COMPARISON_CACHE_SECONDS."""

    def encoded() -> bytes:
        idle_gap, compared = settings.SESSION_IDLE_GAP, owners.COMPARED_METRICS
        by_sum = reader.sums_by_person(*past.numbers, compared, lambda groups: owners.sums(groups, idle_gap))
        tops = {name: top(amounts) for name, amounts in by_sum.items()}
        enough = len(tops.get("messages", ())) >= MIN_CONTRIBUTORS
        groups = summed(past).groups if enough else {}
        return msgspec.json.encode(_Everybody(tops, {metric.code: metric.read(groups) for metric in compared}))

    return _read(the_cache().get_or_set(("compared", *past.numbers), encoded, COMPARISON_CACHE_SECONDS))
