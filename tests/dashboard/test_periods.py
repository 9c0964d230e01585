"""The periods of the printable report, and who may open it."""

from datetime import date
from typing import Any

import pytest
from django.test import Client

from monitoring.dashboard.period_report import period_report
from monitoring.dashboard.periods import Period, period
from monitoring.people.users import make_user

NOW = 1_795_994_400.0
"""2026-11-29 23:20 UTC, a Sunday."""


def found(month: str = "", week: str = "", now: float = NOW) -> Period:
    one = period(month, week, now)
    assert one is not None
    return one


def test_a_month_has_its_days_and_its_neighbours() -> None:
    november = found()
    assert (november.name, november.title, november.days) == ("2026-11", "November 2026", 30)
    assert (november.before.name, november.after.name, november.before.days) == ("2026-10", "2026-12", 31)
    assert found("2026-01").before.name == "2025-12"
    assert found("2024-02").last == date(2024, 2, 29)
    assert (november.days_until(NOW), found("2026-10").days_until(NOW)) == (29, 31)


def test_a_week_is_an_iso_week() -> None:
    week = found(week="2026-W48")
    assert (week.first, week.last, week.name, week.title) == (
        date(2026, 11, 23), date(2026, 11, 29), "2026-W48", "Week 48, 2026",
    )  # fmt: skip
    assert (week.before.name, week.after.name, week.days_until(NOW)) == ("2026-W47", "2026-W49", 7)
    assert found(week="2026-W01").first == date(2025, 12, 29)
    assert found(week="2026-W01").before.name == "2025-W52"


@pytest.mark.parametrize(
    ("month", "week"),
    [("2026-13", ""), ("2026-00", ""), ("0000-01", ""), ("november", ""), ("2026-12", ""), ("1969-01", ""),
     ("", "2026-W54"), ("", "2026-48"), ("", "2026-W49"), ("9999-12", "")],
)  # fmt: skip
def test_what_is_no_period_or_has_not_begun_is_none(month: str, week: str) -> None:
    assert period(month, week, NOW) is None


@pytest.mark.django_db
def test_a_running_month_is_compared_with_as_many_days_and_a_whole_one_with_the_whole() -> None:
    running, whole = period_report(found(), NOW), period_report(found("2026-10"), NOW)
    assert (running.complete, running.now.days, running.before.days) == (False, 29, 29)
    assert (whole.complete, whole.now.days, whole.before.days) == (True, 31, 30)
    assert [day.t for day in whole.now.usage.by_day][:: len(whole.now.usage.by_day) - 1] == [
        found("2026-10").start, found("2026-11").start - 86_400,
    ]  # fmt: skip
    assert whole.as_of == "2026-11-01T00:00:00.000Z"
    assert running.now.error_rate is None


@pytest.mark.django_db
def test_the_report_is_for_staff_alone_and_a_bad_period_is_not_found() -> None:
    def answers(name: str, role: str) -> list[Any]:
        make_user(name, "long enough for everybody", role, name)
        client = Client()
        client.login(username=name, password="long enough for everybody")
        return [client.get(path).status_code for path in ("/report/", "/report/?month=2020-05", "/report/?week=x")]

    assert answers("bob", "ops") == [200, 200, 404]
    assert answers("alice", "owner") == answers("charlie", "owner") == [403, 403, 403]
    assert Client().get("/report/").status_code == 302
