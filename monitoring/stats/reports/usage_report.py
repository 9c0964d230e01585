"""The reports on usage, for all and for one person, from the rows of days.

Work is bounded by the days of a window: one row a day is read (a few thousand counts, up to 0.1 MB), and added up only
where it changed; at most two days of hours; the price list. A process keeps the rows of the WINDOWS asked last.
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
from monitoring.stats.reports import usage as report
from monitoring.stats.reports.disclosure import FEWEST, Top, top
from monitoring.stats.reports.dynamics import Leaving
from monitoring.stats.reports.owners import Comparison, Mine
from monitoring.stats.reports.sums import Summed, Sums
from monitoring.stats.reports.usage import Hours, HourUsed, Usage, UsageReport, Used, Window
from monitoring.stats.repository import decode_groups

Raw = list[tuple[int, tuple[bytes, ...]]]
WINDOWS = 9
COMPARED = (7, 28, 90)
"""Days over which an owner is compared: where any number could be chosen, one day more would tell that day."""
KEPT = 60.0
"""Seconds for which it is kept what owners are compared with."""


def usage(days: int, now: float) -> Usage:
    """The report for everybody; `now` in s since 1970, `days` UTC days up to it."""
    window, prices = Window(days, now), price_list()
    rows = day_rows(window)
    use = report.used(_sums(days).of(rows), prices)
    whole = report.totals(use)
    return Usage(
        *astuple(_used(window, use)),
        totals=whole,
        efficiency=report.efficiency(whole),
        dynamics=dynamics.rates(use.days.values(), use.groups, settings.SESSION_IDLE_GAP),
        leaving=_leaving(window, rows, use),
        prices=report.price_note(prices, use),
    )


def used_hours(days: int, now: float) -> Hours:
    """Every UTC hour of a window, for a heat map."""
    return report.hours(Window(days, now), summed(days, now).days)


def changed_hours(first: int, after: int) -> list[HourUsed]:
    """Each UTC hour from `first` (s) on in which something was counted since a position."""
    rows = reader.buckets(HOUR, first, after=after, of=(MESSAGES, TOKENS, COST))
    return [report.hour(row.start, row.counts) for row in rows]


def mine(person: int, days: int, now: float) -> Mine:
    """One person's own report, beside the others'."""
    window = Window(days, now)
    use = report.used(_own(person, window), price_list())
    return Mine(
        *astuple(_used(window, use)),
        figures=owners.figures(use, settings.SESSION_IDLE_GAP),
        comparison=_comparison(person, window.past),
    )


def _own(person: int, window: Window) -> Summed:
    rows = reader.personal(person, *window.numbers, METRICS)
    return Sums(_as_it_is).of((row.day * DAY, row.counts) for row in rows)


def summed(days: int, now: float) -> Summed:
    """Everything that was counted on the last `days` UTC days up to `now`, added up."""
    return _sums(days).of(day_rows(Window(days, now)))


def day_rows(window: Window) -> Raw:
    """The rows of a window's days as they are stored, in order."""
    return list(reader.stored_buckets(DAY, window.start, window.today + DAY, COLUMNS))


@lru_cache(maxsize=WINDOWS)
def _sums(days: int) -> Sums:
    """What this process keeps of windows of so many days, below zero of days that are over; of none: of a day's
    hours."""
    return Sums(decode_groups)


def _as_it_is(counts: Groups) -> Groups:
    return counts


def _used(window: Window, use: Used) -> UsageReport:
    days = report.by_day(window, use, settings.SESSION_IDLE_GAP)
    return UsageReport(*window.head, report.hours(window, use.days), days, report.models(use))


def _leaving(window: Window, rows: Raw, use: Used) -> Leaving:
    """The newest day comes by hours, as far as its sessions are over."""
    until = max(window.start, dynamics.settled(window.now, settings.SESSION_TIMEOUT))
    last_day = until - until % DAY
    newest = [decode_groups(columns) for start, columns in rows if start >= last_day]
    hours = _sums(0).of(reader.stored_buckets(HOUR, last_day, until, columns_of(dynamics.LEAVING)))
    return dynamics.leaving(dynamics.over(use.groups, newest, hours.groups), window.start, until)


def _comparison(person: int, past: Window) -> Comparison:
    """Of whole days that are over: what somebody does now is not to be seen by how the others' figures move."""
    if past.days not in COMPARED:
        return Comparison(withheld=owners.WINDOWS)
    crowd = _crowd(past)
    own = _own(person, past).groups
    found = owners.comparison(own, crowd.groups, crowd.contributors, person, settings.SESSION_IDLE_GAP)
    return replace(found, start=instant(past.start * 1_000_000), to=instant((past.today + DAY) * 1_000_000))


class _Crowd(msgspec.Struct):
    """Who made most of each of `owners.sums` in a window, and everybody's counts in it: none where too few people said
    something."""

    contributors: dict[str, Top]
    groups: dict[str, Counts]


_read = msgspec.json.Decoder(_Crowd).decode


def _crowd(past: Window) -> _Crowd:
    """Whole days hardly change: all owners who watch are compared with the same, which is made anew after KEPT."""
    key = "compared", *past.numbers
    return _read(the_cache().get_or_set(key, lambda: msgspec.json.encode(_gathered(past)), KEPT))


def _gathered(past: Window) -> _Crowd:
    tops = _contributors(past)
    groups = _sums(-past.days).of(day_rows(past)).groups if len(tops.get("messages", ())) >= FEWEST else {}
    return _Crowd(tops, {metric.code: metric.read(groups) for metric in owners.COUNTED})


def _contributors(window: Window) -> dict[str, Top]:
    def sums(groups: Groups) -> Counts:
        return owners.sums(groups, settings.SESSION_IDLE_GAP)

    made = reader.made_by_people(*window.numbers, owners.COUNTED, sums)
    return {name: top(amounts) for name, amounts in made.items()}
