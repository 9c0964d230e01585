"""One person's figures beside everybody else's, against a recalculation; and that nobody can be made out in them."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from msgspec import to_builtins
from raw_traces import Said, added, gaps, kept, messages, owner, percentile, rows, talks, waits
from running import event, message
from traces import KIMI, TRACES

from monitoring.events.envelope import Event, take_all
from monitoring.messaging.cache import Cache
from monitoring.messaging.wiring import the_cache
from monitoring.people.store import person_of
from monitoring.pipeline.advance import advance
from monitoring.recording.record import commit
from monitoring.stats import metrics, models
from monitoring.stats import reader as module
from monitoring.stats.bucket import DAY, BucketRow, add, grouped
from monitoring.stats.metrics import METRICS
from monitoring.stats.price_list import Price, PriceList
from monitoring.stats.reader import owner_days
from monitoring.stats.reports import usage_report
from monitoring.stats.reports.disclosure import Top, top
from monitoring.stats.reports.owners import (
    COMPARED_METRICS,
    SUMS_OF,
    WINDOWS,
    WITHHELD,
    Mine,
    comparison,
    figures,
    others,
    rounded,
    sums,
)
from monitoring.stats.reports.responses_report import disclosable_models, references
from monitoring.stats.reports.usage import used
from monitoring.stats.stage import Stats
from monitoring.stats.window import days_up_to, fixed

PEOPLE, IDLE = 7, 300
PRICES = PriceList([Price(KIMI, date(2026, 4, 1), 10**9, 2 * 10**9, 1)])


def days_of(name: str, person: int) -> list[BucketRow]:
    """The rows of one person's days."""
    found = [(day, row) for (whose, day), row in kept(name, PEOPLE).owner_days.items() if whose == person]
    return [BucketRow(day * DAY, *row) for day, row in sorted(found)]


def near(value: float | None, exact: float | None) -> bool:
    """Within the 1 % of the histogram."""
    if value is None or exact is None:
        return value is exact
    return abs(value - exact) <= 0.011 * exact + 0.001


def recalculated(said: list[Said]) -> dict[str, float | None]:
    times = [one.wait / 1e6 for one in waits(said)]
    between = [gap for gap, _ in gaps(said)]
    answers = [one for one in said if one.role == "assistant"]
    return {
        "response_p50": percentile(times, 0.5),
        "response_p95": percentile(times, 0.95),
        "messages_per_session": len(said) / len(talks(said)),
        "tokens_per_message": sum(one.prompt + one.completion for one in said) / len(said),
        "cost_per_session": 0.0,
        "engagement": sum(gap for gap in between if gap <= IDLE * 1_000_000) / sum(between),
        "error_rate": sum(one.failed for one in answers) / len(answers),
    }


@pytest.mark.parametrize("person", [1, 4, 7])
@pytest.mark.parametrize("name", TRACES)
def test_my_figures_are_those_of_my_lines(name: str, person: int) -> None:
    said = [one for one in messages(name) if owner(one.session, PEOPLE) == person]
    found = to_builtins(figures(used(added(days_of(name, person)), PRICES), IDLE))
    exact, between = recalculated(said), [gap for gap, _ in gaps(said)]
    shadowed = [one for one in said if one.model == KIMI]
    cost = sum(one.prompt + 2 * one.completion for one in shadowed) / 1e6
    assert near(found.pop("response_p50"), exact["response_p50"])
    assert near(found.pop("response_p95"), exact["response_p95"])
    assert found == {
        "sessions": len(talks(said)),
        "messages": len(said),
        "tokens": sum(one.prompt + one.completion for one in said),
        "cost": 0.0,
        "shadow_cost": pytest.approx(cost) if shadowed else None,
        "engagement": pytest.approx(exact["engagement"]),
        "active_seconds": pytest.approx(sum(gap for gap in between if gap <= IDLE * 1_000_000) / 1e6),
        "errors": sum(one.failed for one in said),
    }


@pytest.mark.parametrize("person", [1, 4, 7])
@pytest.mark.parametrize("name", TRACES)
def test_the_others_are_everybody_without_me(name: str, person: int) -> None:
    everything = messages(name)
    mine = [one for one in everything if owner(one.session, PEOPLE) == person]
    rest = [one for one in everything if owner(one.session, PEOPLE) != person]
    own, everybody = added(days_of(name, person)), added(rows(kept(name, PEOPLE), DAY))
    theirs = {other: sums(added(days_of(name, other)).groups, IDLE) for other in range(1, PEOPLE + 1)}
    found = to_builtins(comparison(own.groups, everybody.groups, tops(theirs), person, IDLE))
    assert found["people"] == 5
    exact = recalculated(mine), recalculated(rest)
    assert [row["name"] for row in found["figures"]] == list(exact[0])
    for row in found["figures"]:
        assert near(row["mine"], exact[0][row["name"]]), row
        assert row["withheld"] is any(dominated(theirs, part, person) for part in SUMS_OF[row["name"]]), row
        other = None if row["withheld"] else exact[1][row["name"]]
        assert row["others"] == other or abs(row["others"] - other) <= 0.06 * abs(other) + 0.001, row
        assert row["others"] is None or len(f"{row['others']:g}".replace(".", "").strip("0").split("e")[0]) <= 2


def tops(people: dict[int, dict[str, int]]) -> dict[str, Top]:
    """Who made most of each sum."""
    names = {name for made in people.values() for name in made}
    return {name: top({person: made[name] for person, made in people.items()}) for name in names}


def dominated(people: dict[int, dict[str, int]], name: str, reader: int) -> bool:
    """Whether fewer than five others made a sum, or one of them over half of it."""
    amounts = [made[name] for person, made in people.items() if person != reader and made[name]]
    return bool(amounts) and (len(amounts) < 5 or max(amounts) > sum(amounts) / 2)


@pytest.mark.parametrize("name", TRACES)
def test_everybody_s_histograms_without_mine_are_the_others_added_up(name: str) -> None:
    everybody = added(rows(kept(name, PEOPLE), DAY)).groups
    for person in range(1, PEOPLE + 1):
        rest = [row for other in range(1, PEOPLE + 1) if other != person for row in days_of(name, other)]
        left = others(everybody, added(days_of(name, person)).groups)
        for metric in (metrics.MESSAGES, metrics.TOKENS, metrics.GAP_TIME, metrics.MODEL_RESPONSE_TIME):
            assert metric.read(left) == sum((Counter(metric.read(row.counts)) for row in rest), Counter())


def made(messages: int, sessions: int = 0) -> dict[str, dict[str, int]]:
    return grouped({metrics.MESSAGES.of("user"): messages, metrics.SESSIONS_STARTED.of(): sessions})


@pytest.mark.parametrize("people", range(8))
def test_fewer_than_five_others_are_not_told_of(people: int) -> None:
    said = {person: {"messages": 1} for person in range(people)}
    found = to_builtins(comparison(made(1), made(9), tops(said), 99, IDLE))
    assert found == {"withheld": WITHHELD} if people < 5 else found["people"] == 5


def test_without_anything_of_mine_nothing_is_divided_by_nothing() -> None:
    said = {person: {"messages": 3, "sessions": 1} for person in range(5)}
    found = to_builtins(comparison({}, made(15, 5), tops(said), 99, IDLE))
    values = {row["name"]: (row["mine"], row["others"]) for row in found["figures"]}
    assert values["messages_per_session"] == (None, 3.0)
    assert values["error_rate"] == (None, None)


def test_a_sum_that_one_other_person_made_most_of_is_told_in_no_figure() -> None:
    """Four accounts with one message each beside a victim: the figures were the victim's own."""
    victim = {"messages": 600, "sessions": 20, "tokens": 9_000, "cost": 33}
    crowd = {1: victim} | {person: {"messages": 1, "sessions": 1, "tokens": 1, "cost": 0} for person in range(2, 6)}
    everybody = made(604, 24) | grouped({metrics.TOKENS.of("x"): 9_004, metrics.COST.of("x"): 33})
    found = to_builtins(comparison({}, everybody, tops(crowd), 99, IDLE))["figures"]
    told = [row["name"] for row in found if row["others"] is not None]
    assert told == []
    assert {row["name"] for row in found if row["withheld"]} == {
        "messages_per_session", "tokens_per_message", "cost_per_session"
    }  # fmt: skip


# --- from the database

NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    """Each test has a database of its own, and what is kept was read from another."""
    the_cache.cache_clear()
    yield
    the_cache.cache_clear()


def take(made: list[dict[str, Any]]) -> None:
    found = list(take_all(made, NOW))
    commit([one for one in found if isinstance(one, Event)])
    assert all(isinstance(one, Event) for one in found)
    while advance(Stats()):
        pass


def chats(people: list[str | None], days_ago: float = 1) -> list[dict[str, Any]]:
    """A question and its answer, after as many seconds as its owner's place in the list, twice."""
    made = []
    for number, person in enumerate(people, 1):
        who = {"user_id": person} if person else {}
        begin = NOW - timedelta(days=days_ago, seconds=120)
        session = f"of-{person}-{number}-{days_ago}"
        if who:
            made.append(event("session.started", {"session_id": session} | who, begin))
        for turn in range(2):
            asked = begin + timedelta(seconds=30 * turn)
            done = asked + timedelta(seconds=number)
            made.append(message(session, f"{session}-{turn}-q", "user", asked, **who))
            tokens = {"prompt_tokens": 10, "completion_tokens": number, "total_tokens": 10 + number, "model": "own"}
            told = {"completed_at": done.isoformat()} | tokens | who
            made.append(message(session, f"{session}-{turn}-a", "assistant", asked + timedelta(seconds=0.5), **told))
    return made


def person(name: str) -> int:
    found = person_of(name)
    assert found is not None
    return found


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("people", "shown"),
    [
        (["alice", "b", "c", "d", "e"], False),  # five with Alice
        (["b", "c", "d", "e", "alice", None, None], False),  # sessions of nobody are no people
        (["alice", "b", "c", "d", "e", "f"], True),
        (["alice", "b", "c", "d", "e", "f", "g", None], True),
    ],
)
def test_five_other_known_people_in_the_window_are_needed(people: list[str | None], shown: bool) -> None:
    take(chats(people))
    found = to_builtins(own(person("alice"), 28))
    today = NOW.replace(hour=0, minute=0, second=0, microsecond=0)
    times = [today - timedelta(days=days) for days in (28, 0)]
    assert [found["comparison"][end] for end in ("from", "to")] == [f"{at:%Y-%m-%dT00:00:00.000Z}" for at in times]
    if not shown:
        assert found["comparison"]["withheld"] == WITHHELD
    else:
        assert found["comparison"]["people"] == 5
        values = {row["name"]: (row["mine"], row["others"]) for row in found["comparison"]["figures"]}
        rest = [number for number, name in enumerate(people, 1) if name != "alice"]
        assert near(values["response_p50"][0], 1.0)
        assert near(values["response_p50"][1], percentile([float(one) for one in rest for _ in range(2)], 0.5))
        assert values["messages_per_session"] == (4.0, 4.0)
        assert values["tokens_per_message"] == (5.5, sum(2 * (10 + one) for one in rest) / (4 * len(rest)))
    assert found["figures"]["messages"] == 4
    assert found["figures"]["sessions"] == 1


@pytest.mark.django_db
def test_somebody_of_whom_nothing_is_left_does_not_count() -> None:
    take(chats(["alice", "b", "c", "d", "e"]))
    models.OwnerDay.objects.create(key=1, person=77, day=NOW.timestamp() // 86_400 - 1, position=1, counts=b"{}")
    assert to_builtins(own(person("alice"), 7))["comparison"]["withheld"] == WITHHELD


@pytest.mark.django_db
def test_people_who_were_there_before_the_window_do_not_count() -> None:
    take(chats(["b", "c", "d"], days_ago=40) + chats(["alice", "e", "f"]))
    assert to_builtins(own(person("alice"), 7))["comparison"]["withheld"] == WITHHELD
    assert to_builtins(own(person("alice"), 90))["comparison"]["people"] == 5


@pytest.mark.django_db
def test_who_made_most_on_older_days_is_found_and_with_too_many_days_nobody_is_told_of(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Only the newest days were looked through, and what was made on them was held against the whole time."""
    names, now = ["alice", "b", "c", "d", "e", "f", "g"], NOW.timestamp()
    take(chats(["victim"] * 20, days_ago=3) + chats(names, days_ago=1))
    days, alone = models.OwnerDay.objects.count(), {"own"}
    for scanned in (days, days - 1):
        monkeypatch.setattr(module, "MAX_OWNER_DAYS", scanned)
        the_cache.cache_clear()
        found = to_builtins(own(person("alice"), 7))["comparison"]
        told = [row for row in found.get("figures", ()) if row["others"] is not None]
        assert (told, "withheld" in found) == ([], scanned < days)
        assert disclosable_models(person("alice"), references(now), alone, now) == set()
    take(chats(names[1:] * 5, days_ago=1.1))  # now nobody made over half of it
    monkeypatch.setattr(module, "MAX_OWNER_DAYS", models.OwnerDay.objects.count())
    the_cache.cache_clear()
    assert disclosable_models(person("alice"), references(now), alone, now) == alone


@pytest.mark.django_db
def test_my_failures_are_failed_answers_and_sessions_and_not_failed_questions() -> None:
    at, who = NOW - timedelta(hours=1), {"user_id": "alice"}
    take(
        [
            message("mine", "q", "user", at, **who, status="failed"),
            message("mine", "a", "assistant", at + timedelta(seconds=1), **who, status="failed"),
            event("session.ended", {"session_id": "mine", "reason": "error"}, at + timedelta(seconds=2)),
        ]
    )
    assert to_builtins(own(person("alice"), 7))["figures"]["errors"] == 2


@pytest.mark.django_db
def test_what_others_do_today_is_not_seen_until_the_day_is_over() -> None:
    take(chats(["alice", "b", "c", "d", "e", "f"]))
    before = to_builtins(own(person("alice"), 7))["comparison"]
    take(chats(["b"], days_ago=0.001))
    assert to_builtins(own(person("alice"), 7))["comparison"] == before
    assert to_builtins(own(person("b"), 7))["figures"]["messages"] == 8


@pytest.mark.django_db
def test_a_free_time_is_not_compared_as_its_difference_to_another_would_be_one_day() -> None:
    take(chats(["alice", "b", "c", "d", "e", "f"]))
    now = NOW.timestamp()
    today = int(now) // DAY * DAY
    for start, end in ((today - 7 * DAY, today), (today - 8 * DAY, today - DAY), (today - 5 * DAY, now), (today, now)):
        found = usage_report.mine(person("alice"), fixed(start, int(end)).days_of(now), now)
        assert to_builtins(found)["comparison"] == {"withheld": WINDOWS}
    week = usage_report.mine(person("alice"), fixed(today - 6 * DAY, int(now)).days_of(now), now)
    assert week.comparison == own(person("alice"), 7).comparison, "the last seven days, whatever they are called"
    assert week.comparison.people == 5


@pytest.mark.django_db
def test_everybody_s_days_are_read_once_for_all_who_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    names, moment = ["alice", "b", "c", "d", "e", "f"], [0.0]
    take(chats(names))
    kept = Cache(None, 9, 10**6, lambda: moment[0])
    monkeypatch.setattr(usage_report, "the_cache", lambda: kept)
    alone = {name: compared_alone(name, names) for name in names}
    with CaptureQueriesContext(connection) as asked:
        found = {name: to_builtins(own(person(name), 28))["comparison"] for name in names}
    for name in names:
        assert [row["others"] for row in found[name]["figures"]] == alone[name]
    past = int(NOW.timestamp()) // DAY * DAY - 28 * DAY
    assert sum("stats_bucket" in one["sql"] and str(past) in one["sql"] for one in asked.captured_queries) == 1
    take(chats(["g", "h"]))
    assert to_builtins(own(person("alice"), 28))["comparison"] == found["alice"]
    moment[0] += usage_report.COMPARISON_CACHE_SECONDS
    assert to_builtins(own(person("alice"), 28))["comparison"] != found["alice"]


def own(who: int, days: int) -> Mine:
    """The report on the last days."""
    return usage_report.mine(who, days_up_to(days, NOW.timestamp()), NOW.timestamp())


def compared_alone(name: str, names: list[str]) -> list[float | None]:
    """The others' figures, of the rows of the others alone."""
    past = days_up_to(28, NOW.timestamp()).past
    rest = [
        row for other in names if other != name for row in owner_days(person(other), *past.numbers, COMPARED_METRICS)
    ]
    groups: dict[str, dict[str, int]] = {}
    for row in rest:
        add(groups, row.counts)
    alike = {made: [(person(other), 1) for other in names] for made, total in sums(groups, 300).items() if total}
    found = to_builtins(comparison({}, groups, alike, person(name), 300))
    return [row["others"] for row in found["figures"]]


@pytest.mark.django_db
@override_settings(SESSION_IDLE_GAP=IDLE)
def test_somebody_without_sessions_gets_an_empty_report_of_the_same_shape() -> None:
    take(chats(["alice"]))
    alice, nobody = (to_builtins(own(key, 7)) for key in (person("alice"), 999_999_999))
    assert (
        set(alice)
        == set(nobody)
        == {"days", "from", "to", "step", "figures", "hours", "by_day", "models", "comparison"}
    )
    assert nobody["figures"] == {
        "sessions": 0, "messages": 0, "tokens": 0, "cost": 0.0, "shadow_cost": None, "response_p50": None,
        "response_p95": None, "engagement": None, "active_seconds": 0.0, "errors": 0,
    }  # fmt: skip
    assert sum(nobody["hours"]["messages"]) == 0
    assert sum(alice["hours"]["messages"]) == 4
    assert [row["model"] for row in alice["models"]] == ["own"]
    assert nobody["models"] == []


def test_nearly_always_does_not_become_always() -> None:
    assert rounded("engagement", 0.99743) == 0.9974
    assert (rounded("engagement", 1.0), rounded("engagement", 0.7312), rounded("error_rate", 0.7312)) == (1, 0.73, 0.73)


@pytest.mark.django_db
def test_no_day_however_odd_is_a_day_of_somebody_else() -> None:
    day = int(NOW.timestamp()) // 86_400
    models.OwnerDay.objects.create(
        key=6 * 65_536 + day, person=6, day=day, position=1, counts=b'{"m": {"user": 3}}', durations=b"{}"
    )
    assert [row.start for row in owner_days(6, day - 1, day, METRICS)] == [day * 86_400]
    for person, first in ((5, day + 65_536), (7, day - 65_536)):
        assert owner_days(person, first - 40, first + 1, METRICS) == []
