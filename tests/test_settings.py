"""A bad value of a setting is a sentence with an id, and nothing starts with it; a proxy is believed where named."""

import http.client
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from running import ROOT, Server

from monitoring.ingest.http.wiring import the_ingest_app
from monitoring.ingest.protocols import otlp
from sbdash.checks import RANGES
from sbdash.environment import Environment
from sbdash.listening import is_host
from sbdash.mail import mail_settings
from sbdash.proxies import apply_forwarded, invalid_proxies

Fresh = Callable[..., Server]
PROXIES = ["10.0.0.0/8", "::1"]


def ids() -> set[str]:
    return {str(found.id) for found in run_checks() if str(found.id).startswith("sbdash.")}


@pytest.mark.parametrize(
    ("name", "value", "id"),
    [
        ("SESSION_IDLE_GAP", 200, "E007"),
        ("SESSION_IDLE_GAP", 0, "E007"),
        ("SESSION_TIMEOUT", -1, "E006"),
        ("MAX_SESSION_DURATION", 0, "E006"),
        ("ALERT_HIGH_RESPONSE_TIME", 0, "E006"),
        ("MAX_RESPONSE_TIME_ALERT", -1, "E006"),
        ("STATISTICS_RETENTION_DAYS", 0, "E006"),
        ("STATISTICS_RETENTION_DAYS", 30, "W001"),
        ("CONSISTENCY_CHECK_HOURS", float("nan"), "E006"),
        ("MONITORING_UPDATE_FREQUENCY", 0, "E006"),
        ("INGEST_BODIES_BYTES", 1_000, "E006"),
        ("INGEST_QUEUE_EVENTS", 0, "E006"),
        ("LIVE_SOCKETS", 0, "E006"),
        ("LIVE_SOCKETS_PER_USER", -5, "E006"),
        ("PORT", 70_000, "E006"),
        ("TRUSTED_PROXIES", ["anything"], "E008"),
        ("TRUSTED_PROXIES", ["10.0.0.0/33"], "E008"),
        ("TRUSTED_PROXIES", ["0.0.0.0/0"], "E008"),
        ("ALLOWED_HOSTS", ["https://sbdash.example"], "E009"),
        ("ALLOWED_HOSTS", ["sbdash.example:8000"], "E009"),
        ("ALLOWED_HOSTS", [], "E009"),
        ("HOST", "a b", "E010"),
        ("HOST", "http://x", "E010"),
        ("HOST", "127.0.0.1:8000", "E010"),
        ("SECRET_KEY", "short", "E011"),
        ("GEO_DATABASE", [Path("nowhere.mmdb")], "E012"),
        ("EMBED_ORIGINS", ["https://*.example.org"], "E013"),
        ("EMBED_ORIGINS", ["https://example.org", "https://example.org/page"], "E013"),
        ("EMBED_ORIGINS", ["example.org"], "E013"),
        ("EMBED_ORIGINS", ["https://a.org;script-src"], "E013"),
        ("GEO_DATABASE", [Path(__file__)], "E012"),
        ("SETTING_NAMES_MISSPELT", {"SESSION_TIMEOUTS": "SESSION_TIMEOUT"}, "W002"),
        ("REDIS_URL", "localhost", "E004"),
        ("EMAIL_URL", "smtp:host", "E014"),
        ("EMAIL_URL", "http://host", "E014"),
        ("EMAIL_URL", "smtp://host:abc", "E014"),
        ("DEFAULT_FROM_EMAIL", "nobody", "E014"),
        ("EMAIL_PORT", 70_000, "E006"),
        ("ALERT_HEARTBEAT_URL", "hc-ping.com/secret", "E015"),
        ("SETTING_ERRORS", ["PORT is 'abc'"], "E005"),
    ],
)
def test_a_value_that_is_not_allowed_is_a_check(settings: Any, name: str, value: Any, id: str) -> None:
    assert ids() == set()
    setattr(settings, name, value)
    assert ids() == {f"sbdash.{id}"}


@pytest.mark.parametrize("host", ["", "localhost", "0.0.0.0", "::", "[::1]", "fe80::1%eth0", "db_1.example.com."])
def test_a_host_to_listen_on(host: str) -> None:
    assert is_host(host)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (("smtp+tls://u%40x:p%3A@mail.example:2525", "other", 0, "", "", "NONE"),
         ("mail.example", 2525, "u@x", "p:", True, False)),
        (("smtps://mail.example", "", 0, "", "", "NONE"), ("mail.example", 465, "", "", False, True)),
        (("", "mail.example", 0, "u", "p", "STARTTLS"), ("mail.example", 587, "u", "p", True, False)),
        (("", "", 0, "", "", "NONE"), ("", 25, "", "", False, False)),
        (("nonsense", "mail.example", 0, "", "", "NONE"), ("", 0, "", "", False, False)),
    ],
)  # fmt: skip
def test_the_mail_server_is_a_url_or_single_settings(given: Any, found: Any) -> None:
    assert mail_settings(*given) == found


def test_a_name_that_is_nearly_a_setting_s_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SESSION_TIME_OUT", "STATISTIC_RETENTION_DAY", "SESION_TIMEOUT_FILE", "PORTS", "SESSION_MANAGER"):
        monkeypatch.setenv(name, "1")
    env = Environment()
    for name in ("SESSION_TIMEOUT", "STATISTICS_RETENTION_DAYS", "PORT"):
        env.int(name, 1)
    assert env.misspelt() == {
        "SESSION_TIME_OUT": "SESSION_TIMEOUT",
        "STATISTIC_RETENTION_DAY": "STATISTICS_RETENTION_DAYS",
        "SESION_TIMEOUT_FILE": "SESSION_TIMEOUT",
    }


def test_less_room_than_the_largest_body_is_allowed_and_is_taken_for_as_much(settings: Any) -> None:
    settings.INGEST_BODIES_BYTES = 2**23
    assert ids() == set()
    assert the_ingest_app.__wrapped__().budget.max_bytes == otlp.MAX_BODY_BYTES


def test_to_import_the_checks_registers_none() -> None:
    registered = "[check for check in registry.get_checks() if check.__module__ == 'sbdash.checks']"
    asked = f"import sbdash.checks; from django.core.checks.registry import registry; print({registered})"
    assert Server(ROOT).run("-c", asked).strip() == "[]"


def test_nothing_starts_with_a_bad_value_and_each_is_said_in_a_sentence(copy: Fresh) -> None:
    bad = {"PORT": "abc", "SESSION_TIMEOUT": "", "HTTPS": "ture", "LOG_LEVEL": "LOUD", "SESSION_IDLE_GAP": "200"}
    server = copy(TRUSTED_PROXIES="anything", SECRET_KEY_FILE="/nowhere/at/all", **bad)
    for command in ("serve", "run_pipeline"):
        said = server.manage(command, status=1)
        assert "Traceback" not in said
        for name in (*bad, "TRUSTED_PROXIES", "SECRET_KEY_FILE"):
            assert name in said, name


def test_another_launcher_is_refused_a_bad_value_too(copy: Fresh) -> None:
    server = copy(SESSION_TIMEOUT="abc", HTTPS="ture", SESSION_IDLE_GAP="200", TRUSTED_PROXIES="anything")
    said = server.run("-m", "daphne", "-p", "0", "sbdash.asgi:application", status=1)
    assert "ImproperlyConfigured" in said
    for words in ("'abc'", "'ture'", "SESSION_IDLE_GAP is 200", "'anything'"):
        assert words in said, words


def test_a_database_address_or_a_folder_that_cannot_be_is_no_traceback_either(copy: Fresh, tmp_path: Path) -> None:
    for address in ("postgres://somebody@host:port/name", "sqlite:///", "sqlite://:memory:"):
        server = copy(DATABASE_URL=address)
        assert "sbdash.E002" in server.manage("check", status=1)
    (tmp_path / "file").touch()
    said = Server(tmp_path / "file", "", {"DATA_DIR": str(tmp_path / "file" / "var")}).manage("check", status=1)
    assert "DATA_DIR" in said
    assert "Traceback" not in said


def test_what_cannot_be_read_is_said_and_its_default_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"A": "abc", "B": " ", "C": "maybe", "D": "1.5", "E": "a, ,b,", "F": "Off"}.items():
        monkeypatch.setenv(f"TEST_{name}", value)
    env = Environment()
    assert [env.int("TEST_A", 7), env.float("TEST_B", 1.5), env.bool("TEST_C", True), env.int("TEST_D", 8)] == [
        7, 1.5, True, 8,
    ]  # fmt: skip
    assert [sentence.partition(",")[0] for sentence in env.errors] == [
        "TEST_A is 'abc'", "TEST_B is empty", "TEST_C is 'maybe'", "TEST_D is '1.5'",
    ]  # fmt: skip
    assert (env.list("TEST_E", []), env.bool("TEST_F", True), env.int("TEST_NOT_SET", 3)) == (["a", "b"], False, 3)
    assert len(env.errors) == 4


def test_the_table_of_operate_md_has_every_range() -> None:
    rows = [line for line in (ROOT / "docs" / "operate.md").read_text().splitlines() if line.startswith("| `")]
    for name, known in RANGES.items():
        (row,) = (row for row in rows if f"`{name}`" in row.split("|")[1])
        assert known.words in row, f"{name}: {known.words}"


def scope(peer: str, **headers: str) -> dict[str, Any]:
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http", "scheme": "http", "client": [peer, 5000], "headers": named}


@pytest.mark.parametrize(
    ("peer", "hops", "client"),
    [
        ("10.1.2.3", "203.0.113.9", "203.0.113.9"),
        ("::ffff:10.1.2.3", "6.6.6.6, 203.0.113.9, 10.0.0.7", "203.0.113.9"),
        ("::1", "nonsense", "::1"),
        ("10.1.2.3", "10.0.0.7", "10.1.2.3"),
        ("192.0.2.1", "203.0.113.9", "192.0.2.1"),
    ],
)
def test_the_address_of_a_client_is_what_a_trusted_proxy_says(peer: str, hops: str, client: str) -> None:
    assert apply_forwarded(scope(peer, x_forwarded_for=hops), PROXIES)["client"][0] == client


def test_the_scheme_is_believed_from_a_trusted_peer_alone() -> None:
    said = {"x_forwarded_proto": "http, https"}
    assert apply_forwarded(scope("10.1.2.3", **said), PROXIES)["scheme"] == "https"
    assert apply_forwarded(scope("10.1.2.3", **said) | {"scheme": "ws"}, PROXIES)["scheme"] == "wss"
    assert apply_forwarded(scope("10.1.2.3", x_forwarded_proto="https, http"), PROXIES)["scheme"] == "http"
    assert apply_forwarded(scope("11.1.2.3", **said), PROXIES)["scheme"] == "http"
    assert apply_forwarded(scope("10.1.2.3", **said), [])["scheme"] == "http"
    assert apply_forwarded(scope("10.1.2.3", **said) | {"client": None}, PROXIES)["scheme"] == "http"
    assert invalid_proxies(["10.0.0.0/8", "proxy", "::1", ""]) == ["proxy", ""]


def test_a_real_server_compares_the_peer(fresh: Fresh) -> None:
    server = fresh(HTTPS="true", TRUSTED_PROXIES="127.0.0.1")

    def status(peer: str, **headers: str) -> int:
        place = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10, source_address=(peer, 0))
        with closing(place) as line:
            line.request("GET", "/login/", headers={"X-Forwarded-Proto": "https"} | headers)
            return line.getresponse().status

    assert status("127.0.0.1") == 200
    assert status("127.0.0.1", **{"X-Forwarded-Proto": "http"}) == 301
    assert status("127.0.0.2") == 301, "nobody says that this is a proxy"
