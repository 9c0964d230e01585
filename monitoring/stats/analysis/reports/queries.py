"""The reports on usage, for all and for one person, from the rows of days.

Work is bounded by the days of a window: one row a day (a few thousand counts), at most a day of hours, the price list.
Nothing is kept in between.
"""

from typing import Any

from django.conf import settings

from monitoring.stats import queries
from monitoring.stats.analysis.reports import dynamics, owners
from monitoring.stats.analysis.reports.usage import (
    Used,
    Window,
    by_day,
    efficiency,
    hours,
    models,
    price_note,
    totals,
    used,
)
from monitoring.stats.prices.store import price_list
from monitoring.stats.tally import DAY, HOUR, BucketRow

Row = dict[str, Any]


def usage(days: int, now: float) -> Row:
    """The report for everybody; `now` in s since 1970, `days` UTC days up to it."""
    window, prices = Window(days, now), price_list()
    rows = queries.buckets(DAY, window.start, window.today + DAY)
    use = used(rows, prices)
    whole = totals(use)
    return window.head | {
        **_parts(window, use),
        "totals": whole,
        "efficiency": efficiency(whole),
        "dynamics": dynamics.rates(use.days.values(), use.groups, settings.SESSION_IDLE_GAP),
        "leaving": _leaving(window, rows, use),
        "prices": price_note(prices, use),
    }


def used_hours(days: int, now: float) -> Row:
    """Messages, tokens and cost of every UTC hour of a window, for a heat map."""
    window = Window(days, now)
    return hours(window, {row.start: row.counts for row in queries.buckets(DAY, window.start, window.today + DAY)})


def mine(person: int, days: int, now: float) -> Row:
    """One person's own report, beside the others'."""
    window = Window(days, now)
    first, last = window.numbers
    rows = queries.personal(person, first, last)
    use = used([BucketRow(row.day * DAY, row.position, row.counts) for row in rows], price_list())
    return window.head | {
        "figures": owners.figures(use, settings.SESSION_IDLE_GAP),
        **_parts(window, use),
        "comparison": _comparison(person, window, use),
    }


def _parts(window: Window, use: Used) -> Row:
    return {
        "hours": hours(window, use.days),
        "by_day": by_day(window, use, settings.SESSION_IDLE_GAP),
        "models": models(use),
    }


def _leaving(window: Window, days: list[BucketRow], use: Used) -> Row:
    """The newest day comes by hours, as far as its sessions are over."""
    until = dynamics.settled(window.now, settings.SESSION_TIMEOUT)
    last_day = until - until % DAY
    newest = queries.buckets(HOUR, max(window.start, last_day), until) if until > window.start else []
    names = [f"{letter}:{bucket}" for letter in "wl" for bucket in use.of(letter)]
    counted = dynamics.picked(dynamics.over(days, newest, until), [*names, "u"])
    return dynamics.leaving(dynamics.prefixed(counted), window.start, until)


def _comparison(person: int, window: Window, use: Used) -> Row:
    """Others are looked for first: where they are too few, nothing of them is read."""
    people = len(queries.people_between(*window.numbers, owners.MOST + 1) - {person})
    if people < owners.FEWEST:
        return owners.comparison({}, {}, {}, people, settings.SESSION_IDLE_GAP)
    everybody = dynamics.merged(row.counts for row in queries.buckets(DAY, window.start, window.today + DAY))
    own = dynamics.merged(use.days.values())
    return owners.comparison(use.groups, everybody, own, people, settings.SESSION_IDLE_GAP)
