"""The stage `security`: what it keeps of an entry, and that it can be made again."""

from collections.abc import Callable

import pytest
from running import Server, event, talk, until

from monitoring.events.record import Record
from monitoring.events.vocabulary import Access, Message, RateLimit, Security
from monitoring.security.event import event_of

Fresh = Callable[..., Server]


def test_each_kind_is_told_by_what_it_is_about() -> None:
    granted = event_of(Record(7, 2, 1, "access", Access(outcome="granted", session_id="s", ip="203.0.113.1"), 5))
    assert granted is not None
    assert (granted.key, granted.at, granted.kind, granted.name, granted.outcome) == (
        7,
        1,
        "access",
        "access",
        "granted",
    )
    assert (granted.person, granted.session_id) == (5, "s")
    limited = event_of(Record(8, 2, 1, "rate_limit", RateLimit(limit=20, window_seconds=60, action="message"), None))
    assert limited is not None
    assert (limited.name, limited.outcome, limited.details) == (
        "message",
        "denied",
        {"limit": 20, "window_seconds": 60},
    )
    logged = event_of(Record(9, 2, 1, "security", Security(event_type="xss_attempt", outcome="failure"), None))
    assert logged is not None
    assert (logged.name, logged.outcome, logged.details) == ("xss_attempt", "failure", {})


def test_what_speaks_of_something_else_is_not_kept() -> None:
    message = Message(message_id="m", session_id="s", role="user", status="completed")
    assert event_of(Record(1, 2, 1, "message", message, None)) is None


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_log_is_the_same_however_it_came_and_when_it_is_made_again(fresh: Fresh, kind: str) -> None:
    server = fresh(kind)
    for turn in range(6):
        server.post(talk(f"between-{turn}", "alice", 20))
        denied = {"user_id": "alice", "outcome": "denied", "action": "login", "ip": f"203.0.113.{turn}"}
        server.post([event("access", denied), event("security", {"event_type": "odd", "outcome": "failure"})])
    last = server.position()
    until(lambda: server.get("/api/v1/health").json["stages"]["security"]["position"] >= last, 15)
    before = server.rows("security_securityevent")
    assert len(before) == 12
    server.manage("rebuild", "security")
    assert server.rows("security_securityevent") == before
    assert not any("203.0.113" in str(row) or "alice" in str(row) for row in before)
