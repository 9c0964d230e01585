"""What clients say reaches the log on one line, whatever it holds; no name that they call us by makes a traceback."""

import logging
import sys

import pytest
from raw import asked, head
from running import Server

from sbdash.logs import LineFormatter, escaped

PROBES = ("/healthz", "/readyz", "/ready", "/metrics", "/loki/api/v1/push/ready")


def formatted(name: str, words: str, *args: object, error: bool = False) -> str:
    made = logging.getLogger(name).makeRecord(
        name, logging.ERROR, "here", 1, words, args, sys.exc_info() if error else None
    )
    return LineFormatter("{name}: {message}", style="{").format(made)


@pytest.mark.parametrize(
    "odd", ["\r", "\n", "\x1b[31m", "\x00", "\x7f", "\x85", "\u2028", "\u2029", "\u202e", "\ud800"]
)
def test_a_client_s_words_stay_on_their_line(odd: str) -> None:
    for name in ("sbdash.middleware", "django.request", "daphne.http_protocol", "uvicorn.error"):
        line = formatted(name, "no such page %s", f"/a{odd}2026 ERROR forged")
        assert odd not in line
        assert len(line.splitlines()) == 1
        assert "forged" in line


def test_what_is_harmless_stays_as_it_is() -> None:
    assert escaped("Grüße, 世界 'x' \\ %") == "Grüße, 世界 'x' \\ %"
    assert escaped("a\tb\r\n\x1b") == r"a\tb\r\n\x1b"


def test_a_traceback_stands_below_its_line_indented() -> None:
    try:
        raise ValueError("two\nlines\x1b")
    except ValueError:
        first, *others = formatted("monitoring", "trips", error=True).split("\n")
    assert first == "monitoring: trips"
    assert all(line.startswith("  ") for line in others)
    assert "\x1b" not in "".join(others)


def test_a_refused_request_leaves_no_traceback() -> None:
    try:
        raise ValueError("Invalid HTTP_HOST header")
    except ValueError:
        assert (
            formatted("django.security.DisallowedHost", "Invalid", error=True)
            == "django.security.DisallowedHost: Invalid"
        )


@pytest.fixture(params=["daphne", "uvicorn"])
def each(request: pytest.FixtureRequest) -> Server:
    found: Server = request.getfixturevalue("server" if request.param == "daphne" else "server_on_uvicorn")
    return found


@pytest.mark.parametrize("host", ["sbdash:8000", "evil.example", "", "a b", "[::1", "\xe4.example"])
def test_probes_answer_by_whatever_name(each: Server, host: str) -> None:
    for path in (*PROBES, "/healthz/", "//healthz"):
        line = head("GET", path).replace(b"localhost", host.encode("latin-1"))
        assert asked(each, line).status == 200, path


def test_the_name_is_checked_where_people_look(each: Server) -> None:
    before = len(each.log)
    for path in ("/login/", "/", "/api/v1/sessions", "/admin/", "/nowhere", "/ws/live/"):
        assert asked(each, head("GET", path, Host="evil.example")).status in (400, 404), path
    assert "Traceback" not in each.log[before:]


def test_odd_paths_leave_no_odd_characters_and_no_traceback(each: Server) -> None:
    before = len(each.log)
    for odd in ("%0d%0aERROR", "%1b%5b31m", "%e2%80%a8", "%00", "%ff", "%ed%a0%80"):
        for path in ("/nowhere/", "/sessions/", "/api/v1/sessions/", "/static/", "/k/", "/admin/"):
            assert asked(each, head("GET", f"{path}{odd}")).status < 500
    asked(each, head("GET", "/ws/%1b%0d", Upgrade="websocket", Connection="Upgrade", Sec_WebSocket_Version=13,
                     Sec_WebSocket_Key="x3JJHMbDL1EzLkh9GBhXDw=="))  # fmt: skip
    for line in each.log[before:].splitlines():
        assert line == escaped(line)
        assert "Traceback" not in line


def test_probes_have_one_method(each: Server) -> None:
    for path in PROBES:
        assert asked(each, head("POST", path, Content_Length=0)).status == 405
