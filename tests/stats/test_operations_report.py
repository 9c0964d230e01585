"""The operations report against a recalculation from what was sent."""

import json
import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import ceil
from typing import Any

import pytest
from django.test import override_settings
from msgspec import to_builtins
from running import Server, event, message

from monitoring.events.envelope import Event, take_all
from monitoring.pipeline.advance import advance
from monitoring.recording.record import commit
from monitoring.stats.bands import LIFETIME_BORDERS, band_of
from monitoring.stats.reports.operations import Created, Ends, Present, TooLong, bars, first_hour, lifetimes, report
from monitoring.stats.reports.operations_report import operations_report
from monitoring.stats.stage import Stats
from monitoring.stats.window import days_up_to

NOW = datetime.now(UTC).replace(microsecond=0)
NAMES = ("search", "embed", "tool:call")
QUIET = Present(0, 0, TooLong(86_400, 0, []))


def near(value: float | None, exact: float | None) -> bool:
    if value is None or exact is None:
        return value is exact
    return abs(value - exact) <= 0.011 * exact + 0.001


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[max(1, ceil(share * len(values))) - 1]


def story(seed: int) -> list[dict[str, Any]]:
    """Operations and sessions of the last four days; some sessions end, in one of three ways."""
    chance, made = random.Random(seed), []
    for number in range(400):
        at = NOW - timedelta(seconds=chance.uniform(0, 4 * 86_400))
        data: dict[str, Any] = {
            "operation": chance.choice(NAMES),
            "outcome": chance.choice(["ok", "ok", "failed", "timeout"]),
        }
        data |= {"duration_ms": chance.lognormvariate(6, 1)} if chance.random() < 0.8 else {}
        data |= {"memory_bytes": chance.randrange(10**9)} if chance.random() < 0.5 else {}
        data |= {"cpu_seconds": chance.uniform(0, 3)} if chance.random() < 0.5 and data["operation"] != "embed" else {}
        made.append(event("operation", data, at))
        life = timedelta(seconds=chance.lognormvariate(6, 2))
        session = f"s{number}"
        made.append(event("session.started", {"session_id": session, "user_id": "somebody"}, at))
        made.append(message(session, f"{session}-q", "user", at))
        status = chance.choice(["completed", "completed", "failed"])
        made.append(message(session, f"{session}-a", "assistant", at + timedelta(milliseconds=1), status=status))
        if number % 3 and at + life < NOW:
            reason = chance.choice(["closed", "timeout", "error"])
            made.append(event("session.ended", {"session_id": session, "reason": reason}, at + life))
    return made


def take(made: list[dict[str, Any]]) -> None:
    found = list(take_all(made, NOW + timedelta(seconds=1)))
    assert all(isinstance(one, Event) for one in found)
    for start in range(0, len(found), 1_000):
        commit([one for one in found[start : start + 1_000] if isinstance(one, Event)])
    while advance(Stats()):
        pass


def moment(one: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(one["time"])


@pytest.mark.django_db
@override_settings(MAX_SESSION_DURATION=86_400)
def test_the_report_is_what_was_sent() -> None:
    made = story(3)
    take(made)
    found = to_builtins(operations_report(days_up_to(7, NOW.timestamp()), NOW.timestamp()))
    operations_match(found["operations"], [one["data"] for one in made if one["type"] == "operation"])
    sessions_match(found, made)
    answers = [one["data"] for one in made if one["type"] == "message" and one["data"]["role"] == "assistant"]
    failed = sum(one["status"] == "failed" for one in answers)
    assert found["errors"] == {"finished": len(answers), "failed": failed, "rate": failed / len(answers)}


def operations_match(found: list[dict[str, Any]], sent: list[dict[str, Any]]) -> None:
    assert [row["count"] for row in found] == sorted((row["count"] for row in found), reverse=True)
    assert {row["operation"] for row in found} == set(NAMES)
    for row in found:
        own = [one for one in sent if one["operation"] == row["operation"]]
        outcomes = Counter(one["outcome"] for one in own)
        assert (row["count"], row["ok"], row["failed"], row["timeout"]) == (
            len(own),
            outcomes["ok"],
            outcomes["failed"],
            outcomes["timeout"],
        )
        assert row["failure_rate"] == (outcomes["failed"] + outcomes["timeout"]) / len(own)
        durations = [one["duration_ms"] / 1_000 for one in own if "duration_ms" in one]
        assert near(row["p50"], percentile(durations, 0.5))
        assert near(row["p95"], percentile(durations, 0.95))
        memory = [one["memory_bytes"] for one in own if "memory_bytes" in one]
        assert row["memory_mean"] == pytest.approx(sum(memory) / len(memory))
        cpu = [one["cpu_seconds"] for one in own if "cpu_seconds" in one]
        assert row["cpu_mean"] == (pytest.approx(sum(cpu) / len(cpu), abs=1e-6) if cpu else None)


def sessions_match(found: dict[str, Any], made: list[dict[str, Any]]) -> None:
    begun = {one["data"]["session_id"]: moment(one) for one in made if one["type"] == "session.started"}
    ends = {
        one["data"]["session_id"]: (moment(one), one["data"]["reason"])
        for one in made
        if one["type"] == "session.ended"
    }
    lives = [(end - begun[session]).total_seconds() for session, (end, _) in ends.items()]
    assert found["ends"] == Counter(reason for _, reason in ends.values())
    life = found["lifetimes"]
    assert (life["count"], life["mean"]) == (len(lives), pytest.approx(sum(lives) / len(lives)))
    assert all(near(life[f"p{share}"], percentile(lives, share / 100)) for share in (50, 90, 95))
    for bar in life["histogram"]:
        assert bar["count"] == sum(bar["from"] <= one < (bar["to"] or 1e12) for one in lives), bar
    assert sum(bar["count"] for bar in life["histogram"]) == len(lives)
    for point in found["created_per_hour"]:
        inside = [at for at in begun.values() if point["t"] <= at.timestamp() < point["t"] + 3_600]
        over = Counter(reason for at, reason in ends.values() if point["t"] <= at.timestamp() < point["t"] + 3_600)
        assert (point["started"], point["ended"]) == (len(inside), {"closed": 0, "timeout": 0, "error": 0} | over)
    assert sum(point["started"] for point in found["created_per_hour"]) == len(begun)
    still = {session: at for session, at in begun.items() if session not in ends}
    late = sorted((at, session) for session, at in still.items() if at < NOW - timedelta(days=1))
    assert found["open"] == len(still)
    assert found["too_long"] == {"limit": 86_400, "count": len(late), "sessions": [one for _, one in late][:20]}
    assert len(late) > 20
    spoke = (at + timedelta(milliseconds=1) for session, at in still.items())
    assert found["active"] == sum(NOW - timedelta(seconds=300) <= at <= NOW for at in spoke)


@pytest.mark.django_db
def test_where_nothing_happened_nothing_is_known() -> None:
    found = to_builtins(operations_report(days_up_to(90, NOW.timestamp()), NOW.timestamp()))
    assert found["lifetimes"] is None
    assert found["errors"] == {"finished": 0, "failed": 0, "rate": None}
    assert (found["operations"], found["open"], found["active"]) == ([], 0, 0)
    assert len(found["created_per_hour"]) == 168
    assert {point["started"] for point in found["created_per_hour"]} == {0}


@pytest.mark.parametrize("days", [1, 7, 90])
def test_hours_are_shown_of_a_week_at_most(days: int) -> None:
    now = datetime(2026, 11, 25, 23, 30, tzinfo=UTC).timestamp()
    period = days_up_to(days, now)
    assert (period.start % 86_400, now - period.start) == (0, days * 86_400 - 1_800)
    found = to_builtins(report(period, {}, [Created(int(now) // 3_600 * 3_600, 3, Ends(1, 0, 0))], QUIET))
    hours = found["created_per_hour"]
    assert hours[0]["t"] == first_hour(period)
    assert hours[-1] == {"t": int(now) // 3_600 * 3_600, "started": 3, "ended": {"closed": 1, "timeout": 0, "error": 0}}
    assert len(hours) == min(days, 7) * 24


@pytest.mark.parametrize("life", [0.0, 0.5, 9.99, 10, 60, 1_800, 3_600, 86_400, 170_000, 300_000, 10_000_000])
def test_a_lifetime_stands_in_its_bar(life: float) -> None:
    (bar,) = [row for row in to_builtins(bars({str(band_of(round(life * 1e6), LIFETIME_BORDERS)): 3})) if row["count"]]
    assert bar["count"] == 3
    assert bar["from"] <= life
    assert bar["to"] is None or life < bar["to"]


def test_bars_follow_each_other_and_end_with_the_last_that_has_anything() -> None:
    found = to_builtins(bars({"10": 1, "300": 2}))
    assert [(row["from"], row["to"]) for row in found] == list(pairwise(LIFETIME_BORDERS[:7]))
    assert to_builtins(bars({})) == []
    assert lifetimes({"e": {"closed": 1}}) is None


SAY = """
import json
from datetime import UTC, date, datetime
from msgspec import to_builtins
from monitoring.events.envelope import take_all
from monitoring.events.internal import Actor
from monitoring.recording.record import commit
from monitoring.stats.reports.operations_report import operations_report
from monitoring.pipeline.advance import advance
from monitoring.stats.reader import busiest, changed_since, last_change
from monitoring.stats.reports.responses_report import responses
from monitoring.stats.reports.usage_report import mine, usage
from monitoring.stats.stage import Stats
from monitoring.stats.window import days_up_to, fixed
from monitoring.stats.price_list import Price
from monitoring.stats.prices import price_list, save
now = {now}
commit(list(take_all(json.loads('''{made}'''), datetime.fromtimestamp(now + 1, UTC))))
while advance(Stats()):
    pass
save([Price("own", date(2025, 1, 1), 10**9, 10**9), Price("own", date(2030, 1, 1), 1, 1)], "somebody", Actor("command"))
weeks, hours = days_up_to(28, now), fixed(int(now) - 180_000, int(now) - 3_600).period(now)
found = [usage(weeks, now), operations_report(days_up_to(7, now), now)]
found += [mine(person_of(f"u{{n}}"), weeks, now) for n in range(6)]
found += [usage(hours, now), operations_report(hours, now), responses(hours, now)]
found += [usage(weeks.earlier(28 * 86_400), now)]
changes = [last_change(hours.start, hours.until), last_change(weeks.start, weeks.until)]
changes += [sorted(changed_since(3_600, hours.start, hours.until, 0).values())]
changes += [busiest(int((now - days * 86_400) * 1e6), int(now * 1e6), 3) for days in (1, 28)]
print("said", json.dumps([to_builtins(found), str(price_list().prices), changes]))
"""


def chats(people: int) -> list[dict[str, Any]]:
    """Each asks twice and is answered by a model of ours, a day ago; every other session two days ago, and is open."""
    made = []
    for number in range(people):
        begin = NOW - timedelta(hours=49 if number % 2 else 25)
        session, who = f"s{number}", {"user_id": f"u{number}"}
        made.append(event("session.started", {"session_id": session} | who, begin))
        for turn in range(2):
            asked = begin + timedelta(minutes=turn)
            made.append(message(session, f"{session}{turn}q", "user", asked, **who))
            tokens = {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12, "model": "own"}
            done = {"completed_at": (asked + timedelta(seconds=1 + number)).isoformat()}
            made.append(message(session, f"{session}{turn}a", "assistant", asked, **who, **tokens, **done))
        if number % 2 == 0:
            made.append(event("session.ended", {"session_id": session, "reason": "closed"}, NOW))
    return made


def test_the_reports_are_the_same_on_each_database(copy: Callable[..., Server]) -> None:
    code = SAY.format(now=NOW.timestamp(), made=json.dumps(chats(6)))
    told = {}
    for kind in ("sqlite", "postgresql", "mongodb"):
        lines = copy(kind).shell(code).splitlines()
        told[kind] = json.loads(next(line for line in lines if line.startswith("said ")).removeprefix("said "))
    assert told["sqlite"] == told["postgresql"] == told["mongodb"]
    (usage, operations, *mine), _, changes = told["sqlite"]
    mine, fixed = mine[:6], mine[6:]
    assert usage["totals"]["shadow_cost"] == pytest.approx(12 * 12 / 1e6)
    assert operations["too_long"]["sessions"] == ["s1", "s3", "s5"]
    assert operations["open"] == 3
    assert {one["comparison"]["people"] for one in mine} == {5}
    hours, operations, responses, before = fixed
    assert changes[0] == changes[1] == max(changes[2]) > 0
    assert [len(busy) for busy in changes[3:]] == [0, 3]
    assert (hours["step"], hours["totals"]["messages"], responses["figures"]["count"]) == (3_600, 24, 6)
    assert sum(row["messages"] for row in hours["by_day"]) == sum(hours["hours"]["messages"]) == 24
    assert (operations["errors"]["finished"], before["totals"]["messages"]) == (12, 0)
