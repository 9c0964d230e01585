"""Reads the usage reports, for all sessions and for one person, from the rows of days.

Work is bounded by the days of a window: one row for each day is read (a few thousand counts, up to 0.1 MB), and added
only if it changed; at most two days of hours; the price list. A process caches the rows of the MAX_CACHED_WINDOWS
windows requested last.
"""

from functools import lru_cache

import msgspec
from django.conf import settings
from msgspec.structs import astuple, replace

from monitoring.events.envelope import instant
from monitoring.messaging.wiring import the_cache
from monitoring.stats import reader
from monitoring.stats.bucket import DAY, HOUR, Counts, Groups
from monitoring.stats.metrics import COLUMNS, COST, MESSAGES, METRICS, TOKENS, columns_of
from monitoring.stats.prices import price_list
from monitoring.stats.reports import dynamics, owners
from monitoring.stats.reports import usage as calc
from monitoring.stats.reports.disclosure import MIN_CONTRIBUTORS, Top, top
from monitoring.stats.reports.dynamics import Leaving
from monitoring.stats.reports.owners import Comparison, Mine
from monitoring.stats.reports.sums import Summed, Sums
from monitoring.stats.reports.usage import Hours, HourUsed, Usage, UsageReport, Used, Window
from monitoring.stats.repository import decode_groups

Raw = list[tuple[int, tuple[bytes, ...]]]
MAX_CACHED_WINDOWS = 9
COMPARISON_DAYS = (7, 28, 90)
"""Windows for which an owner is compared with others. If any number of days could be chosen, the difference of two
windows would disclose one day."""
COMPARISON_CACHE_SECONDS = 60.0
"""Seconds for which the others' side of the comparison is cached."""


def usage(days: int, now: float) -> Usage:
    """Returns the report on all sessions; `now` in s since 1970, `days` UTC days up to it."""
    window, prices = Window(days, now), price_list()
    rows = day_rows(window)
    use = calc.used(_sums(days).of(rows), prices)
    whole = calc.totals(use)
    return Usage(
        *astuple(_used(window, use)),
        totals=whole,
        efficiency=calc.efficiency(whole),
        dynamics=dynamics.rates(use.days.values(), use.groups, settings.SESSION_IDLE_GAP),
        leaving=_leaving(window, rows, use),
        prices=calc.price_note(prices, use),
    )


def used_hours(days: int, now: float) -> Hours:
    """Returns figures of every UTC hour of a window, for a heat map."""
    return calc.hours(Window(days, now), summed(days, now).days)


def changed_hours(first: int, after: int) -> list[HourUsed]:
    """Returns the UTC hours from `first` (s) on whose counts changed since a position."""
    rows = reader.buckets(HOUR, first, after=after, of=(MESSAGES, TOKENS, COST))
    return [calc.hour(row.start, row.counts) for row in rows]


def mine(person: int, days: int, now: float) -> Mine:
    """Returns one person's own report, with the comparison."""
    window = Window(days, now)
    use = calc.used(_own(person, window), price_list())
    return Mine(
        *astuple(_used(window, use)),
        figures=owners.figures(use, settings.SESSION_IDLE_GAP),
        comparison=_comparison(person, window.past),
    )


def _own(person: int, window: Window) -> Summed:
    rows = reader.owner_days(person, *window.numbers, METRICS)
    return Sums(_unchanged).of((row.day * DAY, row.counts) for row in rows)


def summed(days: int, now: float) -> Summed:
    """Returns the sum of the counts of the last `days` UTC days up to `now`."""
    return _sums(days).of(day_rows(Window(days, now)))


def day_rows(window: Window) -> Raw:
    """Returns the encoded rows of a window's days, in order."""
    return list(reader.stored_buckets(DAY, window.start, window.today + DAY, COLUMNS))


@lru_cache(maxsize=MAX_CACHED_WINDOWS)
def _sums(days: int) -> Sums:
    """The cached sum of windows of this length; below zero, of windows of past days; zero, of a day's hours."""
    return Sums(decode_groups)


def _unchanged(counts: Groups) -> Groups:
    return counts


def _used(window: Window, use: Used) -> UsageReport:
    days = calc.by_day(window, use, settings.SESSION_IDLE_GAP)
    return UsageReport(*window.head, calc.hours(window, use.days), days, calc.models(use))


def _leaving(window: Window, rows: Raw, use: Used) -> Leaving:
    """The newest day is counted by hours, up to the end of its settled hours."""
    until = max(window.start, dynamics.end_of_settled_hours(window.now, settings.SESSION_TIMEOUT))
    last_day = until - until % DAY
    newest = [decode_groups(columns) for start, columns in rows if start >= last_day]
    hours = _sums(0).of(reader.stored_buckets(HOUR, last_day, until, columns_of(dynamics.LEAVING)))
    return dynamics.leaving(dynamics.up_to(use.groups, newest, hours.groups), window.start, until)


def _comparison(person: int, past: Window) -> Comparison:
    """Compares whole past days only, so that present activity cannot be seen in the others' figures."""
    if past.days not in COMPARISON_DAYS:
        return Comparison(withheld=owners.WINDOWS)
    everybody = _everybody(past)
    own = _own(person, past).groups
    compared = owners.comparison(own, everybody.groups, everybody.contributors, person, settings.SESSION_IDLE_GAP)
    return replace(compared, start=instant(past.start * 1_000_000), to=instant((past.today + DAY) * 1_000_000))


class _Everybody(msgspec.Struct):
    """The largest contributors to each of `owners.sums` in a window, and all counts in it, empty with too few
    contributors."""

    contributors: dict[str, Top]
    groups: dict[str, Counts]


_read = msgspec.json.Decoder(_Everybody).decode


def _everybody(past: Window) -> _Everybody:
    """Past days hardly change, so all owners are compared with the same result, which is renewed after
    COMPARISON_CACHE_SECONDS."""
    key = "compared", *past.numbers
    return _read(
        the_cache().get_or_set(key, lambda: msgspec.json.encode(_read_everybody(past)), COMPARISON_CACHE_SECONDS)
    )


def _read_everybody(past: Window) -> _Everybody:
    tops = _contributors(past)
    groups = _sums(-past.days).of(day_rows(past)).groups if len(tops.get("messages", ())) >= MIN_CONTRIBUTORS else {}
    return _Everybody(tops, {metric.code: metric.read(groups) for metric in owners.COMPARED_METRICS})


def _contributors(window: Window) -> dict[str, Top]:
    def sums(groups: Groups) -> Counts:
        return owners.sums(groups, settings.SESSION_IDLE_GAP)

    by_sum = reader.sums_by_person(*window.numbers, owners.COMPARED_METRICS, sums)
    return {name: top(amounts) for name, amounts in by_sum.items()}
