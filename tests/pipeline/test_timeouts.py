"""Sessions that fall silent are ended by the clock, once, whoever looks and however often."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import time
from typing import Any

import pytest
from msgspec import structs
from running import FIRST_RUN, Server, event, message, until

from monitoring.events.envelope import Event, take_all
from monitoring.events.internal import CLOCK
from monitoring.events.record import read, read_body, write
from monitoring.events.redaction import Redactor
from monitoring.events.vocabulary import SessionEnded
from monitoring.journal.store import size
from monitoring.pipeline import timeouts
from monitoring.pipeline.advance import advance
from monitoring.recording.record import commit
from monitoring.stats.models import Session
from monitoring.stats.stage import Stats

NOW = datetime.now(UTC)


@pytest.fixture(params=["sqlite", "postgresql", "mongodb"])
def ticking(request: pytest.FixtureRequest, fresh: Callable[..., Server]) -> Server:
    """A server whose clock looks every half second, and for which a session is over after two minutes of silence."""
    return fresh(request.param, SESSION_TIMEOUT="120", MONITORING_UPDATE_FREQUENCY="0.5")


def outcome(server: Server, session: str) -> Any:
    return server.get(f"/api/v1/sessions/{session}").json


def test_a_silent_session_ends_by_timeout_when_its_time_was_over(ticking: Server) -> None:
    spoke = NOW - timedelta(minutes=10)
    ticking.take(
        [message("quiet", "q1", "user", spoke, user_id="alice"), message("awake", "w1", "user", datetime.now(UTC))]
    )
    ended = until(lambda: outcome(ticking, "quiet") if outcome(ticking, "quiet")["ended_at"] else None, 20, "the end")
    assert (ended["state"], ended["end_reason"]) == ("ended", "timeout")
    assert datetime.fromisoformat(ended["ended_at"]) == spoke.replace(
        microsecond=spoke.microsecond // 1000 * 1000
    ) + timedelta(minutes=2)
    assert outcome(ticking, "awake")["ended_at"] is None


def test_a_message_opens_it_again_and_silence_ends_it_again(ticking: Server) -> None:
    ticking.take([message("back", "b1", "user", NOW - timedelta(minutes=30), user_id="alice")])
    until(lambda: outcome(ticking, "back")["ended_at"], 20, "the first end")
    ticking.take([message("back", "b2", "user", NOW - timedelta(minutes=10), user_id="alice")])
    again = NOW - timedelta(minutes=8)
    until(lambda: (outcome(ticking, "back")["ended_at"] or "") > again.isoformat()[:19], 20, "the second end")


def test_what_the_clock_said_is_in_the_journal_and_it_verifies(ticking: Server) -> None:
    ticking.take([message("once", "o1", "user", NOW - timedelta(minutes=30), user_id="alice")])
    until(lambda: outcome(ticking, "once")["ended_at"], 20, "the end")
    before = ticking.get("/api/v1/health").json["head"]
    assert before == FIRST_RUN + 2
    ticking.take([event("vote", {"session_id": "once", "message_id": "o1", "user_id": "alice", "value": "up"})])
    assert f"{FIRST_RUN + 3} entries" in ticking.manage("verify_journal")


def take(*said: dict[str, Any]) -> None:
    commit([one for one in take_all(said, NOW) if isinstance(one, Event)])


def counted() -> None:
    while advance(Stats()):
        pass


def ended() -> set[str]:
    return set(Session.objects.filter(end_reason="timeout").values_list("session_id", flat=True))


@pytest.fixture
def _two_minutes(settings: Any) -> None:
    settings.SESSION_TIMEOUT = 120


@pytest.mark.django_db
@pytest.mark.usefixtures("_two_minutes")
def test_an_end_is_said_once_whoever_looks_before_it_is_counted() -> None:
    take(message("once", "o1", "user", NOW - timedelta(minutes=30)))
    counted()
    assert [timeouts.end_silent(time()), timeouts.end_silent(time() + 60), size()] == [1, 0, 2]
    assert ended() == set()
    counted()
    assert [ended(), timeouts.end_silent(time()), size()] == [{"once"}, 0, 2]


@pytest.mark.django_db
@pytest.mark.usefixtures("_two_minutes")
@pytest.mark.parametrize(("late", "ends"), [(-1, 0), (1, 1)])
def test_who_was_silent_is_known_once_all_is_counted_that_came_before_the_end(
    late: int, ends: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoke = NOW - timedelta(minutes=30)
    over = spoke.timestamp() + 120 + timeouts.GRACE_SECONDS
    monkeypatch.setattr("monitoring.recording.record.time", spoke.timestamp)
    take(message("quiet", "q1", "user", spoke))
    counted()
    monkeypatch.setattr("monitoring.recording.record.time", lambda: over + late)
    take(*(message(f"other-{number}", f"n{number}", "user", NOW) for number in range(1_500)))
    assert timeouts.end_silent(time()) == ends, "however much is not counted yet"


def test_an_end_is_dated_by_the_last_sign_of_life() -> None:
    (end,) = timeouts._ends([("s1", 5_000_000)], 120_000_000)
    assert (end.at, end.data, end.id) == (125_000_000, SessionEnded(session_id="s1", reason="timeout"), "s1/5000000")


def test_the_entry_itself_says_since_when_it_was_silent_whatever_the_setting_is_later() -> None:
    (end,) = timeouts._ends([("a/b", 5_000_000)], 120_000_000)
    told = read(1, read_body(write(end, 0, None)), Redactor(str))
    assert told.silent == 5_000_000
    assert (told.actor, told.reason) == (CLOCK, "silent for SESSION_TIMEOUT=120")
    theirs = structs.replace(end, source="elsewhere")
    assert read(1, read_body(write(theirs, 0, None)), Redactor(str)).silent is None


@pytest.mark.django_db
def test_nothing_is_ended_where_the_timeout_is_zero(settings: Any) -> None:
    settings.SESSION_TIMEOUT = 0
    assert timeouts.end_silent(time()) == 0
