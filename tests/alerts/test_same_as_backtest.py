"""The live path and the backtest are one machine: the same history gives the same alerts, in whatever order it came."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as some
from profiles import examples
from running import event, message

from monitoring.alerts import models
from monitoring.alerts import rules as rules_room
from monitoring.alerts.answers import forget_answers
from monitoring.alerts.evaluator import Evaluator, Stopped
from monitoring.alerts.history import forget_hours
from monitoring.alerts.past import past
from monitoring.alerts.rule import Invalid, Rule, valid
from monitoring.alerts.rules import save_rule
from monitoring.events.envelope import Event, parse_all
from monitoring.events.internal import Actor
from monitoring.pipeline.advance import advance
from monitoring.recording.record import commit
from monitoring.security.stage import SecurityLog
from monitoring.stats.stage import Stats

pytestmark = pytest.mark.django_db
MINUTES = 90
BEGIN = (datetime.now(UTC) - timedelta(days=2)).replace(minute=0, second=0, microsecond=0)
ADMIN = Actor("command", name="test")
windowed = some.sampled_from(
    ["messages", "tokens", "cost", "error_rate", "response_p50", "response_average", "sessions_active", "errors"]
)


@some.composite
def rules(draw: some.DrawFn) -> Rule:
    """A rule over minutes."""
    comparison = draw(some.sampled_from([">", ">=", "<", "<="]))
    threshold = draw(some.sampled_from([0.0, 0.2, 1.0, 2.0, 3.0, 5.0, 20.0, 300.0]))
    away = draw(some.sampled_from([0.0, 0.5, 1.0]))
    clear = threshold - away if comparison.startswith(">") else threshold + away
    return Rule(
        "drawn", draw(windowed), comparison, threshold, clear=clear,
        window_seconds=60 * draw(some.integers(1, 12)), for_seconds=60 * draw(some.integers(0, 4)),
        cooldown_seconds=60 * draw(some.integers(0, 8)), no_data=draw(some.sampled_from(["keep", "clear", "fire"])),
    )  # fmt: skip


Turn = tuple[int, int, bool, int]
"""The minute of a question, the seconds until its answer, whether the answer failed, and how many minutes later than
others both are sent."""
turns = some.lists(
    some.tuples(
        some.integers(0, MINUTES - 1),
        some.sampled_from([1, 2, 5, 40]),
        some.booleans(),
        some.sampled_from([0, 0, 0, 1, 3, 20, 60]),
    ),
    min_size=1,
    max_size=40,
)


def sent(turns: list[Turn]) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """The events of each turn with the minute at which they are sent."""
    for number, (minute, wait, failed, late) in enumerate(turns):
        asked = BEGIN + timedelta(minutes=minute, seconds=number % 20)
        answered = asked + timedelta(seconds=wait)
        status = {"status": "failed", "error": "E1"} if failed else {"total_tokens": 100, "model": "m", "cost": 1.0}
        session = f"s{number % 5}-{minute}"
        yield (
            minute + late + 1,
            [
                message(session, f"q{number}", "user", asked),
                message(session, f"a{number}", "assistant", answered, **status),
            ],
        )


def take(events: list[dict[str, Any]]) -> None:
    parsed = parse_all([msgspec.json.encode(one) for one in events], datetime.now(UTC))
    commit([one for one in parsed if isinstance(one, Event)])
    while advance(Stats()) or advance(SecurityLog()):
        pass


def clean() -> None:
    for table in (models.Alert, models.SavedRule, models.Evaluation):
        table.objects.all().delete()
    forget_hours()
    forget_answers()


def alerts() -> list[tuple[str, int, int | None, float | None]]:
    rows = models.Alert.objects.filter(withdrawn=False).order_by("start", "scope")
    return list(rows.values_list("scope", "start", "end", "peak"))


def told(rule: Rule, start: int, end: int) -> list[tuple[str, int, int | None, float | None]]:
    firings = past(rule, start, end).play(rule).firings
    return [
        (scope, round(one.start * 1e6), None if one.end is None else round(one.end * 1e6), one.peak)
        for scope, one in firings
    ]


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No rule but those of the test."""
    monkeypatch.setattr(rules_room, "first_rules", dict)


class Undone(Exception):
    """Takes an example's rows back."""


@settings(max_examples=examples(25), suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate])
@given(rules(), turns, some.integers(0, 2**20))
@example(
    Rule(
        "drawn",
        "sessions_active",
        "<",
        20.0,
        clear=21.0,
        window_seconds=360,
        for_seconds=240,
        cooldown_seconds=480,
        no_data="clear",
    ),
    [(0, 5, True, 20), (32, 1, False, 0), (40, 40, False, 20)],
    0b1010_0000_0010,
)  # the cool-down of an alert that ended shortly before what came late
def test_live_and_in_the_past_a_rule_makes_the_same_transitions(rule: Rule, turns: list[Turn], seed: int) -> None:
    try:
        valid(rule)
    except Invalid:
        return
    try:
        with transaction.atomic():
            compare(rule, turns, seed)
            raise Undone
    except Undone:
        forget_hours()


def compare(rule: Rule, turns: list[Turn], seed: int) -> None:
    clean()
    start = int(BEGIN.timestamp())
    known = save_rule(rule, "test", ADMIN, key=7)
    models.SavedRule.objects.filter(key=known.key).update(saved_at=start * 10**6)
    evaluator, due = Evaluator(lambda *told: None), sorted(sent(turns), key=lambda one: one[0])
    for minute in range(1, 2 * MINUTES):
        ready = [one for at, events in due if at == minute for one in events]
        if ready:
            take(ready)
        if (seed >> minute % 20) & 1 and minute % 3:
            evaluator.evaluate(start + 60 * minute + 30)
        if minute % 37 == 0:
            evaluator = Evaluator(lambda *told: None)  # the process was started again
    end = start + 60 * 2 * MINUTES
    evaluator.evaluate(end + 61)
    evaluator.evaluate(end + 200)
    assert alerts() == told(rule, start, end + 140), "the minutes that are over at the end"


def test_a_single_slow_answer_fires_within_one_evaluation_and_a_late_one_too() -> None:
    clean()
    evaluator = Evaluator(lambda *told: None)
    rule = Rule("slow", "response_time", ">", 30.0, window_seconds=0)
    save_rule(rule, "test", ADMIN, key=1)
    models.SavedRule.objects.update(saved_at=1)
    begin = BEGIN
    take([message("s", "q", "user", begin), message("s", "a", "assistant", begin + timedelta(seconds=31))])
    evaluator.evaluate(begin.timestamp() + 40)
    (alert,) = models.Alert.objects.filter(rule=1)
    assert alert.start == alert.end == round(begin.timestamp() * 1e6) + 31 * 10**6
    assert alert.peak == 31.0
    take([message("t", "q2", "user", begin), message("t", "a2", "assistant", begin + timedelta(seconds=35))])
    evaluator.evaluate(begin.timestamp() + 50)
    evaluator.evaluate(begin.timestamp() + 60)
    assert models.Alert.objects.filter(rule=1).count() == 2
    start = int(begin.timestamp())
    assert [one for one in alerts() if one[3] in (31.0, 35.0)] == told(rule, start - 60, start + 60)


def test_a_session_that_lasts_too_long_fires_from_the_moment_on_and_ends_when_it_ends() -> None:
    clean()
    evaluator = Evaluator(lambda *told: None)
    rule = Rule("long", "session_duration", ">", 100.0, scope="session", window_seconds=0)
    save_rule(rule, "test", ADMIN, key=5)
    take([message("s", f"m{n}", "user", BEGIN + timedelta(seconds=60 * n)) for n in range(3)])
    evaluator.evaluate(BEGIN.timestamp() + 130)
    (alert,) = models.Alert.objects.filter(rule=5)
    start = round(BEGIN.timestamp() * 1e6)
    assert (alert.scope, alert.start, alert.end, alert.peak) == ("s", start + 100 * 10**6, None, 120.0)
    take([event("session.ended", {"session_id": "s", "reason": "closed"}, BEGIN + timedelta(seconds=150))])
    evaluator.evaluate(BEGIN.timestamp() + 160)
    (alert,) = models.Alert.objects.filter(rule=5)
    assert alert.end == start + 120 * 10**6


def test_an_evaluation_ends_before_the_next_rule_when_the_process_ends_and_is_begun_again() -> None:
    clean()
    save_rule(Rule("many", "messages", ">", 0.0, window_seconds=60), "test", ADMIN, key=5)
    models.SavedRule.objects.update(saved_at=int(BEGIN.timestamp() * 1e6))
    take([message("s", "m", "user", BEGIN)])
    ends = [False, True]
    with pytest.raises(Stopped):
        Evaluator(lambda *told: None, lambda: ends.pop(0) if len(ends) > 1 else True).evaluate(BEGIN.timestamp() + 30)
    Evaluator(lambda *told: None).evaluate(BEGIN.timestamp() + 30)
    assert models.Alert.objects.filter(rule=5).count() == 1
