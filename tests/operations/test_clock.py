"""Sessions that fall silent are ended by the clock, once, whoever looks and however often."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import time
from typing import Any

import pytest
from running import Server, event, message, until

from monitoring.events.vocabulary import SessionEnded
from monitoring.operations.clock import feed as clock

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
    until(lambda: outcome(ticking, "back")["ended_at"] > again.isoformat()[:19], 20, "the second end")


def test_it_is_said_once_and_the_journal_verifies(ticking: Server) -> None:
    ticking.take([message("once", "o1", "user", NOW - timedelta(minutes=30), user_id="alice")])
    until(lambda: outcome(ticking, "once")["ended_at"], 20, "the end")
    before = ticking.get("/api/v1/health").json["head"]
    assert before == 2
    ticking.take([event("vote", {"session_id": "once", "message_id": "o1", "user_id": "alice", "value": "up"})])
    assert "3 entries" in ticking.manage("verify_journal")


def test_an_end_is_dated_by_the_last_sign_of_life() -> None:
    (end,) = clock._ends([("s1", 5_000_000)], 120_000_000)
    assert (end.at, end.data, end.id) == (125_000_000, SessionEnded(session_id="s1", reason="timeout"), "s1/5000000")


@pytest.mark.django_db
def test_nothing_is_ended_where_the_timeout_is_zero(settings: Any) -> None:
    settings.SESSION_TIMEOUT = 0
    assert clock.end_silent(time()) == 0
