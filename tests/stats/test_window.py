"""A window string, the points of its charts, the hours or days of its reports, and what it is compared with."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.stats.bucket import DAY, HOUR, keeps
from monitoring.stats.window import (
    MAX_HOURLY_SPAN,
    MAX_POINTS,
    MAX_SPAN,
    MIN_SPAN,
    SPANS,
    WEEK,
    Period,
    Points,
    Window,
    days_up_to,
    fixed,
    window,
)

NOW = 1_790_000_123.5
"""2026-09-21T14:15:23.5Z."""
PRESENT, KEPT = int(NOW), keeps(90)
TODAY = PRESENT - PRESENT % DAY


def known(name: str) -> Window:
    found = window(name)
    assert found is not None
    return found


def test_a_window_has_one_name() -> None:
    assert [known(name).name for name in SPANS] == list(SPANS)
    assert known("1789990000-1789993600") == fixed(1_789_990_000, 1_789_993_600)
    assert fixed(1_789_990_000, 1_789_993_600).name == "1789990000-1789993600"


@pytest.mark.parametrize(
    "bad",
    ["", "1H", "2h", "28", "5-", "-5", "100-159", "600-0", "0-34560001", "0-99999999999", "0-600 ", "٠-٦٠٠"],
)
def test_another_text_is_no_window(bad: str) -> None:
    assert window(bad) is None


@pytest.mark.parametrize(
    ("name", "step", "width"),
    [
        ("15m", 10, 10), ("1h", 60, 60), ("6h", 300, 60), ("24h", 900, 60), ("7d", 7_200, HOUR), ("28d", 21_600, HOUR),
        ("90d", DAY, DAY),
    ],
)  # fmt: skip
def test_the_step_of_a_live_window_follows_from_its_length(name: str, step: int, width: int) -> None:
    shown = known(name).points(NOW, KEPT)
    first = PRESENT - SPANS[name]
    ahead = PRESENT + min(SPANS[name], DAY)
    assert shown == Points(first - first % step, PRESENT, step, width, ahead)


@pytest.mark.parametrize(
    ("age", "span", "step", "width"),
    [
        (300, 60, 1, 1), (300, 120, 2, 1), (900, 60, 10, 10), (3 * HOUR, 900, 10, 10), (3 * HOUR + 1, 900, 60, 60),
        (9 * DAY, HOUR, 60, 60), (89 * DAY, HOUR, 60, 60), (9 * DAY, DAY, 900, 60), (60 * DAY, DAY, 900, 60),
        (89 * DAY, 50 * DAY, 43_200, HOUR), (200 * DAY, DAY, 900, 60), (400 * DAY, 400 * DAY, DAY, DAY),
    ],
)  # fmt: skip
def test_of_old_times_there_are_only_the_buckets_that_are_kept(age: int, span: int, step: int, width: int) -> None:
    shown = fixed(PRESENT - age, PRESENT - age + span).points(NOW, KEPT)
    assert (shown.step, shown.width) == (step, width)


@given(age=st.integers(0, 900 * DAY), span=st.integers(MIN_SPAN, MAX_SPAN), days=st.integers(1, 900))
def test_points_hold_the_window_and_are_not_too_many(age: int, span: int, days: int) -> None:
    start, kept = PRESENT - age, keeps(days)
    shown = fixed(start, start + span).points(NOW, kept)
    assert shown.start <= start < shown.start + shown.step
    assert shown.start % shown.step == shown.step % shown.width == 0
    assert len(range(shown.start, shown.last, shown.step)) <= MAX_POINTS
    if start + span <= NOW:
        assert start + span <= shown.end == shown.last < start + span + shown.step
    else:
        assert shown.end == min(start + span, PRESENT) <= shown.last <= PRESENT + DAY
    assert kept[shown.width] >= min(age, max(kept.values()))


def test_a_window_that_ends_in_the_future_is_drawn_up_to_now() -> None:
    week = fixed(PRESENT - DAY, PRESENT + 6 * DAY)
    assert (week.is_past(NOW), week.points(NOW, KEPT).end) == (False, PRESENT)
    assert week.period(NOW).to == NOW
    ahead = fixed(PRESENT + HOUR, PRESENT + 2 * HOUR)
    assert ahead.points(NOW, KEPT).end == ahead.points(NOW, KEPT).start
    assert len(ahead.period(NOW).starts) == 0
    assert ahead.period(NOW).to >= ahead.period(NOW).start
    assert fixed(PRESENT - HOUR, PRESENT).is_past(NOW)


@pytest.mark.parametrize(
    ("name", "start", "step"),
    [
        ("15m", PRESENT - 900, HOUR), ("1h", PRESENT - HOUR, HOUR), ("24h", PRESENT - DAY, HOUR),
        ("7d", TODAY - 6 * DAY, DAY), ("28d", TODAY - 27 * DAY, DAY), ("90d", TODAY - 89 * DAY, DAY),
    ],
)  # fmt: skip
def test_reports_up_to_now_are_of_whole_hours_or_of_so_many_days(name: str, start: int, step: int) -> None:
    assert known(name).period(NOW) == Period(start - start % step, PRESENT + 1, step, NOW)


def test_reports_on_a_fixed_time_are_rounded_outwards() -> None:
    short = fixed(TODAY - 2 * DAY + 1, TODAY - DAY - 1).period(NOW)
    assert short == Period(TODAY - 2 * DAY, TODAY - DAY, HOUR, TODAY - DAY)
    assert fixed(TODAY - 4 * DAY, TODAY - DAY).period(NOW).step == HOUR
    long = fixed(TODAY - 4 * DAY - 1, TODAY - DAY + 1).period(NOW)
    assert long == Period(TODAY - 5 * DAY, TODAY, DAY, TODAY)
    assert (long.days, long.numbers) == (5, (TODAY // DAY - 5, TODAY // DAY - 1))
    assert fixed(TODAY - HOUR - 1, TODAY - 1).days_of(NOW) == Period(TODAY - DAY, TODAY, DAY, TODAY)


def test_days_up_to_now_have_days_before_them() -> None:
    week = days_up_to(7, NOW)
    assert (week.days, week.last_day, week.starts[-1]) == (7, TODAY, TODAY)
    assert week.past == Period(TODAY - 7 * DAY, TODAY, DAY, TODAY)
    assert days_up_to(1, TODAY).starts == range(TODAY, TODAY + 1, DAY)


@given(start=st.integers(0, PRESENT), span=st.integers(MIN_SPAN, MAX_SPAN))
def test_a_period_is_whole_and_holds_what_has_passed_of_the_window(start: int, span: int) -> None:
    period = fixed(start, start + span).period(NOW)
    assert period.step == (HOUR if span <= MAX_HOURLY_SPAN else DAY)
    assert period.start <= start < period.start + period.step
    assert period.until >= min(start + span, NOW)
    assert period.until <= PRESENT + 1 or period.until % period.step == 0
    assert len(period.starts) <= MAX_SPAN // DAY + 2


def compared(name: str) -> Period:
    found = known(name)
    return found.earlier(found.period(NOW))


def test_reports_are_compared_with_the_same_time_a_week_before_or_the_time_right_before() -> None:
    """Up to the end of the present hour, so that today is not compared with a whole day."""
    end = PRESENT + -PRESENT % HOUR
    hour, day = compared("1h"), compared("24h")
    assert hour == Period(PRESENT - PRESENT % HOUR - HOUR - WEEK, end - WEEK, HOUR, end - WEEK)
    assert (day.start, day.until) == (PRESENT - PRESENT % HOUR - DAY - WEEK, end - WEEK)
    assert compared("7d") == Period(TODAY - 13 * DAY, end - 7 * DAY, DAY, end - 7 * DAY)
    assert compared("28d").days == 28


def test_a_fixed_time_is_compared_with_the_whole_steps_before_it() -> None:
    assert compared(f"{TODAY - 4 * DAY - 1}-{TODAY}") == Period(TODAY - 10 * DAY, TODAY - 5 * DAY, DAY, TODAY - 5 * DAY)
    hours = compared(f"{TODAY - 3 * HOUR + 9}-{TODAY - HOUR - 9}")
    assert hours == Period(TODAY - 5 * HOUR, TODAY - 3 * HOUR, HOUR, TODAY - 3 * HOUR)


@given(start=st.integers(10 * MAX_SPAN, PRESENT), span=st.integers(MIN_SPAN, MAX_SPAN))
def test_a_compared_time_ends_before_it(start: int, span: int) -> None:
    found = fixed(start, start + span)
    period = found.period(NOW)
    assert found.earlier(period).until <= period.start + HOUR
    assert len(found.earlier(period).starts) == len(period.starts)


def test_the_hours_or_days_on_which_a_fixed_time_depends() -> None:
    assert list(fixed(TODAY + 9, TODAY + HOUR + 9).whole(compared=False)) == [TODAY, TODAY + HOUR]
    assert list(fixed(TODAY + 9, TODAY + HOUR).whole(compared=True)) == [TODAY - HOUR, TODAY]
    assert fixed(TODAY - 4 * DAY - 1, TODAY - 1).whole(compared=False) == range(TODAY - 5 * DAY, TODAY, DAY)
