"""Rules over sbdash's own figures: each source on its own, gaps in the data, and the rules that ship."""

from collections.abc import Callable
from time import time
from typing import Any

import pytest

from monitoring.alerts import models
from monitoring.alerts.evaluator import Evaluator
from monitoring.alerts.figure import FIGURES, HEALTH
from monitoring.alerts.past import past
from monitoring.alerts.rule import Invalid, Rule, valid
from monitoring.alerts.rules import delete_rule, first_rules, rules, save_rule
from monitoring.alerts.tell import sentence
from monitoring.events.internal import Actor
from monitoring.health.gaps import BOTH, STARTED
from monitoring.health.heartbeat import Run
from monitoring.health.reading import HEALTH_FIGURES, Tally
from monitoring.health.store import save
from monitoring.pipeline.advance import advance
from monitoring.pipeline.alerts import Turn
from monitoring.stats.definitions import DEFINITIONS
from monitoring.stats.stage import Stats

ADMIN = Actor("command", name="test")
SECOND = 10**6
SILENT = Rule("Silent", "source_silence", ">", 600.0, scope="source", window_seconds=60)


def heartbeats(first: int, minutes: int, **levels: float) -> None:
    """Rows of so many minutes; each level grows by 60 a minute."""
    for number in range(minutes):
        start = first + 60 * number
        grown = {name.replace("_", " "): value + 60 * number for name, value in levels.items()}
        save(1, Run(1, BOTH, STARTED, first * SECOND, (start + 60) * SECOND), [Tally(60, start, 60_000, levels=grown)])


def firings(rule: Rule, start: int, end: int) -> list[tuple[str, int, float | None]]:
    return [(scope, int(one.start), one.peak) for scope, one in past(rule, start, end).play(rule).firings]


@pytest.mark.django_db
def test_each_source_is_silent_on_its_own_live_as_in_the_past_and_the_message_names_it() -> None:
    first = int(time()) // 60 * 60 - 3_600
    save_rule(SILENT, "test", ADMIN, key=5)
    models.SavedRule.objects.update(saved_at=first * SECOND)
    heartbeats(first, 30, silence_rest=0, silence_otlp=-300)
    found = sorted(firings(SILENT, first, first + 1_800))
    assert found == [("otlp", first + 960, 1_440.0), ("rest", first + 660, 1_740.0)]
    while advance(Stats()):
        pass  # the entry of the rule
    Evaluator(lambda *told: None).evaluate(first + 1_799.0)
    alerts = models.Alert.objects.filter(rule=5).order_by("scope")
    assert [(one.scope, one.start // SECOND, one.peak) for one in alerts] == found
    assert sentence(SILENT, alerts[0]) == "Time without events of otlp: 1,440 s (> 600 s, 1 min)"
    assert firings(Rule("One", "source_silence", ">", 600.0, "source", "rest", window_seconds=60), first, first + 1_800)
    (longest,) = firings(Rule("All", "source_silence", ">", 600.0, window_seconds=60), first, first + 1_800)
    assert longest == ("", first + 660, 1_740.0)


@pytest.mark.django_db
def test_a_figure_that_was_not_measured_is_unknown_and_fires_nothing() -> None:
    first = int(time()) // 60 * 60 - 3_600
    heartbeats(first, 10)
    for figure in ("queue", "disk_used", "failed_deliveries"):
        assert firings(Rule("Low", figure, "<", 5.0, window_seconds=60), first, first + 600) == []


@pytest.mark.django_db
def test_a_gap_counts_in_the_minutes_in_which_nothing_ran() -> None:
    first = int(time()) // 60 * 60 - 7_200
    heartbeats(first, 10)
    save(2, Run(2, BOTH, STARTED, (first + 1_230) * SECOND, (first + 3_600) * SECOND), [])
    rule = Rule("Gap", "gap_seconds", ">", 300.0, window_seconds=3_600)
    assert firings(rule, first, first + 3_600) == [("", first + 900, 630.0)]


@pytest.mark.django_db
def test_an_installation_gets_new_shipped_rules_and_keeps_those_that_it_saved() -> None:
    saved = save_rule(Rule("Processing delay", "pipeline_lag", ">", 99.0, window_seconds=60), "test", ADMIN, key=7)
    found = rules()
    assert found[7] == saved
    assert [found[key].rule.name for key in range(11, 16)] == [
        "Failed deliveries", "Disk nearly full", "Long queue", "Silent source", "Gaps in the data",
    ]  # fmt: skip


@pytest.mark.django_db
def test_without_real_time_monitoring_an_event_waits_for_the_next_evaluation_and_a_rule_does_not(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluated: list[float] = []
    monkeypatch.setattr(Evaluator, "evaluate", lambda self, now: evaluated.append(now))
    settings.ENABLE_REAL_TIME_MONITORING, settings.MONITORING_UPDATE_FREQUENCY = False, 86_400.0
    turn = Turn(lambda *told: None, False, lambda: False)

    def number_after(change: Callable[[], object]) -> int:
        change()
        turn()
        return len(evaluated)

    assert number_after(lambda: None) == 1
    settings.ENABLE_REAL_TIME_MONITORING = True
    assert number_after(lambda: save_rule(SILENT, "test", ADMIN, key=5)) == 2
    settings.ENABLE_REAL_TIME_MONITORING = False
    assert number_after(lambda: advance(Stats())) == 2, "the entry of the rule is counted"
    assert number_after(lambda: delete_rule(5, ADMIN)) == 3
    settings.ENABLE_REAL_TIME_MONITORING = True
    assert number_after(lambda: advance(Stats())) == 4
    settings.MONITORING_UPDATE_FREQUENCY = 0.0
    settings.ENABLE_REAL_TIME_MONITORING = False
    assert number_after(lambda: None) == 5


def test_every_shipped_rule_is_valid_and_every_own_figure_is_defined() -> None:
    assert [valid(known.rule) for known in first_rules().values()]
    assert HEALTH == set(HEALTH_FIGURES) == {name for name in FIGURES if f"operations.{name}" in DEFINITIONS} & HEALTH
    with pytest.raises(Invalid, match="not for each source"):
        valid(Rule("x", "queue", ">", 1.0, scope="source"))
