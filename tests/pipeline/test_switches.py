"""Statistics and the security log can be switched off: what arrives meanwhile is kept, and figures stand still."""

from collections.abc import Callable
from typing import Any

from running import Server, event, talk, until

from monitoring.pipeline.jobs import TIMEOUTS, jobs

Fresh = Callable[..., Server]
OFF = {"CHAT_ENABLE_SESSION_STATISTICS": "false", "SECURITY_EVENT_LOGGING": "false"}


def test_what_arrives_while_the_statistics_are_off_is_counted_later(fresh: Fresh) -> None:
    server = fresh("sqlite", **OFF).ready()
    denied = event("access", {"user_id": "alice", "outcome": "denied", "action": "login"})
    server.post([*talk("off", "alice", 3), denied])
    position = server.position()
    until(lambda: server.get("/api/v1/health").json["stages"]["security"]["position"] >= position, 15)
    assert server.get("/api/v1/sessions/off").status == 404
    assert server.call("GET", "/readyz").status == 200
    for path in ("/", "/operations/", "/alerts/"):
        assert server.page(path, "bob").status == 200
    server.stop()
    server.extra = {}
    server.start().ready()
    until(lambda: server.get("/api/v1/sessions/off").status == 200, 15, "the session")
    assert server.figures("off")["message_count"] == 6
    assert server.rows("security_securityevent") == []


def test_silent_sessions_are_looked_for_as_often_as_the_shorter_setting_says(settings: Any) -> None:
    intervals = []
    for update, frequency in ((300.0, 60.0), (5.0, 60.0)):
        settings.STATISTICS_UPDATE_INTERVAL, settings.MONITORING_UPDATE_FREQUENCY = update, frequency
        intervals += [job.interval for job in jobs(lambda: False) if job.name == f"job {TIMEOUTS}"]
    assert intervals == [60.0, 5.0]
    settings.CHAT_ENABLE_SESSION_STATISTICS = False
    assert f"job {TIMEOUTS}" not in [job.name for job in jobs(lambda: False)]
