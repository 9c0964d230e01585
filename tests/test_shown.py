"""Settings as the operations page shows them: no secret, and no password inside an address."""

import pytest
from running import Server

from sbdash.shown import masked, shown


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("PORT", 8000, "8000"),
        ("HTTPS", False, "false"),
        ("ALLOWED_HOSTS", ["a.example", "b.example"], "a.example, b.example"),
        ("SECRET_KEY", "abc", "***"),
        ("SECRET_KEY", "", ""),
        ("EMAIL_PASSWORD", "abc", "***"),
        ("ALERT_HEARTBEAT_URL", "https://hc-ping.com/secret", "***"),
        ("EMAIL_URL", "smtps://user:word@mail.example", "smtps://***@mail.example"),
        ("DATABASE_URL", "postgres://user:p%40ss@host:5432/name", "postgres://***@host:5432/name"),
        ("CHAT_MONGODB_URL", "mongodb://u:p@a:1,b:2/x?replicaSet=r", "mongodb://***@a:1,b:2/x?replicaSet=r"),
        ("REDIS_URL", "redis://:word@host/0?password=other&db=1", "redis://***@host/0?password=***&db=1"),
        ("ANY", "http://host/k/secret-key/loki", "http://host/k/***/loki"),
    ],
)  # fmt: skip
def test_a_setting_is_shown_without_what_is_secret(name: str, value: object, text: str) -> None:
    assert masked(name, value) == text


def test_settings_are_shown_by_name_with_where_they_come_from() -> None:
    found = shown([("B", 1, True), ("A", "", False)])
    assert [(one.name, one.value, one.given) for one in found] == [("A", "", False), ("B", "1", True)]


def test_the_operations_page_shows_versions_and_settings_to_staff_alone(server: Server) -> None:
    page = server.page("/operations/", "bob").body.decode()
    assert "Versions and settings" in page
    assert "SESSION_IDLE_GAP" in page
    secret = server.environment.get("SECRET_KEY", "")
    assert not secret or secret not in page
    for user in ("alice", "charlie"):
        assert server.page("/operations/", user).status == 403
