"""Rates, active time and the chance that somebody leaves, against a recalculation from the lines of real traces."""

from itertools import pairwise
from math import sqrt

import pytest
from msgspec import to_builtins
from raw_traces import added, gaps, kept, messages, rows, talks, waits
from traces import TRACES

from monitoring.stats.bands import LIFETIME_BORDERS, WAIT_BORDERS, band_of, band_ranges
from monitoring.stats.bucket import DAY, HOUR
from monitoring.stats.reports.dynamics import chance, end_of_settled_hours, leaving, rates, up_to


@pytest.mark.parametrize("gap", [60, 120, 300, 3_600])
@pytest.mark.parametrize("name", TRACES)
def test_rates_active_time_and_cycles_are_those_of_the_lines(name: str, gap: int) -> None:
    said, days = messages(name), added(rows(kept(name), DAY))
    found = to_builtins(rates(days.days.values(), days.groups, gap))
    times = [time for time, _ in gaps(said)]
    active = sum(time for time in times if time <= gap * 1_000_000) / 1e6
    cycles = len(list(waits(said)))
    assert found == {
        "messages_per_minute": pytest.approx(len(said) / (active / 60)),
        "messages_per_hour": len(said) / len({one.at // 3_600_000_000 for one in said}),
        "messages_per_day": len(said) / len({one.at // 86_400_000_000 for one in said}),
        "active_seconds": pytest.approx(active),
        "idle_seconds": pytest.approx(sum(times) / 1e6 - active),
        "engagement": pytest.approx(active / (sum(times) / 1e6)),
        "cycles": cycles,
        "cycles_per_session": cycles / len(talks(said)),
        "idle_gap": gap,
    }


def test_without_anything_nothing_is_known() -> None:
    found = to_builtins(rates([], {}, 300))
    assert (found["cycles"], found["active_seconds"], found["idle_seconds"]) == (0, 0.0, 0.0)
    assert {found[name] for name in found if "per" in name or name == "engagement"} == {None}


@pytest.mark.parametrize("end", [0.3, 0.6, 1.0])
@pytest.mark.parametrize("name", TRACES)
def test_who_left_is_counted_by_the_wait_and_only_where_it_is_over(name: str, end: float) -> None:
    """`end`: how much of the trace lies before now."""
    said = messages(name)
    times = sorted(one.done for one in said)
    now = times[int(end * (len(times) - 1))] / 1e6 + 2_000
    until = end_of_settled_hours(now, 1_800)
    assert until % HOUR == 0
    assert now - HOUR - 1_800 < until <= now - 1_800
    days, last = rows(kept(name), DAY), until - until % DAY
    hours = added([row for row in rows(kept(name), HOUR) if last <= row.start < until]).groups
    counted = up_to(added(days).groups, [row.counts for row in days if row.start >= last], hours)
    found = to_builtins(leaving(counted, times[0] // 1_000_000, until))
    seen = [one for one in waits(said) if one.answer.done < until * 1_000_000]
    assert sum(band["answers"] for band in found["bands"]) == len(seen)
    assert sum(band["left"] for band in found["bands"]) == sum(one.last for one in seen)
    for band, (low, high) in zip(found["bands"], band_ranges(WAIT_BORDERS), strict=True):
        assert (band["from"], band["to"]) == (low, high)
        for part, mine in (("answers", seen), ("left", [one for one in seen if one.last])):
            assert band[part] == sum(low <= one.wait / 1e6 < (high or 1e9) for one in mine), (low, part)
    unread = [talk[-1] for talk in talks(said).values() if talk[-1].role == "user"]
    assert found["unanswered"] == sum(one.at < until * 1_000_000 for one in unread)


@pytest.mark.parametrize("borders", [WAIT_BORDERS, LIFETIME_BORDERS])
def test_a_border_stands_in_the_band_that_it_begins_and_a_microsecond_less_in_the_one_before(
    borders: tuple[int, ...],
) -> None:
    for before, border in pairwise(borders):
        assert band_of(border * 1_000_000, borders) == border
        assert band_of(border * 1_000_000 - 1, borders) == before
    assert band_of(10**15, borders) == borders[-1]


@pytest.mark.parametrize(("hits", "of"), [(0, 1), (1, 1), (0, 10), (3, 10), (10, 10), (81, 263), (1, 5_000)])
def test_the_interval_is_where_the_score_test_does_not_reject(hits: int, of: int) -> None:
    """Wilson's bounds p solve |hits/of − p| = z √(p(1−p)/of)."""
    share, low, high = chance(hits, of)
    assert low <= share <= high
    for bound in (low, high):
        if 1e-12 < bound < 1 - 1e-12:
            assert abs(hits / of - bound) == pytest.approx(1.959964 * sqrt(bound * (1 - bound) / of))


def test_a_known_interval_and_none_at_all() -> None:
    assert chance(3, 10) == pytest.approx((0.3, 0.1078, 0.6032), abs=1e-4)
    assert chance(0, 0) == (None, None, None)
