"""What receivers are told while a rule is evaluated: once that an alert fires, once that it ended, and nothing else."""

from datetime import timedelta
from typing import Any

import pytest
from running import message
from test_same_as_backtest import ADMIN, BEGIN, alone, clean, take  # noqa: F401  no rule but those of the test

from monitoring.alerts import models
from monitoring.alerts.evaluator import Evaluator
from monitoring.alerts.rule import Rule
from monitoring.alerts.rules import delete_rule, save_rule
from monitoring.alerts.state import is_certain

pytestmark = pytest.mark.django_db
START = int(BEGIN.timestamp())


class Heard:
    """Hears what is told: (kind, start of the alert in s since BEGIN)."""

    def __init__(self) -> None:
        self.told: list[tuple[str, int]] = []

    def __call__(self, known: Any, alert: models.Alert, kind: str) -> None:
        self.told.append((kind if known else f"{kind}, rule gone", alert.start // 10**6 - START))


def saved(comparison: Any, threshold: float, at: int = 0, **more: Any) -> int:
    """Saves a rule over messages a minute, `at` s after BEGIN."""
    rule = Rule("many", "messages", comparison, threshold, window_seconds=60, **more)
    known = save_rule(rule, "test", ADMIN, key=5)
    models.SavedRule.objects.update(saved_at=(START + at) * 10**6)
    return known.key


def speak(minute: int, times: int, second: int = 20) -> None:
    at = BEGIN + timedelta(minutes=minute, seconds=second)
    take([message("s", f"{minute}-{second}-{n}", "user", at + timedelta(seconds=n)) for n in range(times)])


def test_a_minute_that_begins_ends_no_alert_of_a_count() -> None:
    clean()
    saved(">", 2.0)
    heard = Heard()
    evaluator = Evaluator(heard)
    for minute in range(4):
        evaluator.evaluate(START + 60 * minute + 1)
        speak(minute, 3)
        evaluator.evaluate(START + 60 * minute + 25)
    assert heard.told == [("firing", 0)]
    evaluator.evaluate(START + 4 * 60 + 30)
    assert heard.told == [("firing", 0)], "the fifth minute is not over"
    evaluator.evaluate(START + 5 * 60 + 10)
    assert heard.told == [("firing", 0), ("resolved", 0)]
    assert [alert.end // 10**6 - START for alert in models.Alert.objects.all() if alert.end] == [240]


def test_a_minute_that_begins_is_not_few_of_something() -> None:
    clean()
    saved("<", 3.0)
    heard = Heard()
    evaluator = Evaluator(heard)
    for minute in (-1, 0, 1, 2):
        evaluator.evaluate(START + 60 * minute + 1)
        speak(minute, 3, 40)
        evaluator.evaluate(START + 60 * minute + 50)
    assert heard.told == []
    evaluator.evaluate(START + 4 * 60 + 10)
    assert heard.told == [("firing", 180)]
    speak(4, 3, 11)
    evaluator.evaluate(START + 4 * 60 + 15)
    assert heard.told == [("firing", 180), ("resolved", 180)], "three messages are not few any more"


def test_an_alert_that_fired_when_its_rule_was_saved_keeps_its_start() -> None:
    clean()
    for minute in range(20):
        speak(minute, 3)
    saved(">", 2.0, at=600)
    heard = Heard()
    Evaluator(heard).evaluate(START + 630)
    begun = models.Alert.objects.get()
    for late in range(4):
        take([message("late", f"late-{late}", "user", BEGIN + timedelta(minutes=9, seconds=30))])
        evaluator = Evaluator(heard)
        evaluator.evaluate(START + 640 + 70 * late)
        evaluator.evaluate(START + 645 + 70 * late)
    (alert,) = models.Alert.objects.all()
    assert (alert.key, alert.start, alert.withdrawn) == (begun.key, begun.start, False)
    assert [kind for kind, _ in heard.told] == ["firing"]


def test_the_end_of_an_alert_is_told_when_its_rule_is_deleted() -> None:
    clean()
    key = saved(">", 2.0)
    heard = Heard()
    evaluator = Evaluator(heard)
    speak(0, 3)
    evaluator.evaluate(START + 30)
    assert delete_rule(key, ADMIN)
    evaluator.evaluate(START + 31)
    assert heard.told == [("firing", 0), ("resolved, rule gone", 0)]


def test_an_alert_that_ended_and_fires_again_after_late_data_is_told_again() -> None:
    clean()
    saved(">", 2.0)
    heard = Heard()
    evaluator = Evaluator(heard)
    speak(0, 3)
    evaluator.evaluate(START + 30)
    evaluator.evaluate(START + 130)
    speak(1, 3)
    speak(2, 3, 1)
    evaluator.evaluate(START + 131)
    assert heard.told == [("firing", 0), ("resolved", 0), ("firing", 0)]
    assert models.Alert.objects.get().end is None


@pytest.mark.parametrize(
    ("figure", "comparison", "value", "certain"),
    [
        ("messages", ">", 3.0, True), ("messages", ">", 2.0, False), ("messages", "<", 1.0, False),
        ("messages", "<", 2.0, True), ("sessions_active", ">", 3.0, True), ("error_rate", ">", 3.0, False),
        ("messages", ">", None, False),
    ],
)  # fmt: skip
def test_of_a_minute_that_is_filling_only_what_cannot_be_undone_counts(
    figure: str, comparison: Any, value: float | None, certain: bool
) -> None:
    assert is_certain(Rule("r", figure, comparison, 2.0, window_seconds=60), value) is certain


def test_a_day_is_not_waited_for() -> None:
    rule = Rule("r", "error_rate", ">", 0.5, scope="user", window_seconds=86_400)
    assert is_certain(rule, 0.6)
    assert not is_certain(rule, 0.5)
