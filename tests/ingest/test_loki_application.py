"""The security log as the chat application's own loggers write it, through the real handler, caught by a sink."""

import enum
import gzip
import json
import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from loki_logger_handler.loki_logger_handler import LokiLoggerHandler
from running import until
from test_loki import AT, LATEST, blind, said

from monitoring.events.envelope import parse, take
from monitoring.events.vocabulary import HARMLESS_DETAILS
from monitoring.ingest.sources.loki.security_log import ParsedPush, read
from monitoring.ingest.sources.loki.wire import Line, read_json

PAGE = Path(__file__).parents[2] / "docs" / "connect-loki.md"


class Prefixed(logging.Filter):
    """What the application hangs on its loggers: whatever is logged becomes text, after a word in brackets."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = f"[{self.name}] {record.msg}"
        record._prefix_applied = True
        return True


class Sink(ThreadingHTTPServer):
    """Answers as Loki does, and keeps what was posted."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Catch)
        self.bodies: list[bytes] = []
        self.status = 204


class Catch(BaseHTTPRequestHandler):
    server: Sink

    def do_POST(self) -> None:
        assert self.headers["Content-Encoding"] == "gzip"
        assert self.headers["Content-Type"] == "application/json"
        self.server.bodies.append(gzip.decompress(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink() as server:
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def handler(sink: Sink) -> Iterator[LokiLoggerHandler]:
    url = f"http://127.0.0.1:{sink.server_port}/loki/api/v1/push"
    made = LokiLoggerHandler(url=url, labels={"app": "sbd", "env": "test"}, auth=None, compressed=True, timeout=0.2)
    yield made
    made.request.session.close()


def logger(handler: LokiLoggerHandler, prefix: str) -> logging.Logger:
    made = logging.Logger(f"Second_Brain_Database_{prefix}", logging.INFO)
    made.addFilter(Prefixed(prefix))
    made.addHandler(handler)
    return made


def caught(sink: Sink, amount: int) -> ParsedPush:
    """What the reader makes of so many lines."""
    until(lambda: sum(len(read_json(body)) for body in sink.bodies) >= amount, 10)
    found = read([line for body in sink.bodies for line in read_json(body)], blind)
    for event in found.events:
        parse(json.dumps(event).encode(), LATEST)
    assert "hunter2" not in json.dumps(found.events)
    return found


def of(message: Any) -> list[dict[str, Any]]:
    """The events of one message."""
    found = read([Line({}, 0, json.dumps({"message": message}))], blind).events
    for event in found:
        parse(json.dumps(event).encode(), LATEST)
    return found


def formatted(**changed: Any) -> str:
    """What the application's second security logger writes: no `event`, no `status`, words before the dictionary."""
    kept = ("event_type", "timestamp", "success", "user_id", "ip_address", "details")
    record = {name: value for name, value in (said() | changed).items() if name in kept}
    return f"[SECURITY] SECURITY EVENT [FAILURE]: {record['event_type']} - {record}"


def test_both_security_loggers_of_the_application_are_understood(sink: Sink, handler: LokiLoggerHandler) -> None:
    logger(handler, "AUTH-LOGIN-SECURITY").info(said())
    known = {"event_type": "login_invalid_password", "timestamp": AT, "success": False, "user_id": "alice"}
    known |= {"ip_address": "203.0.113.7", "details": {"max_attempts": 5, "password": "hunter2"}}
    logger(handler, "SECURITY").info("SECURITY EVENT [%s]: %s - %s", "FAILURE", "login_invalid_password", known)
    logger(handler, "REQUEST").info({"event": "request_received", "path": "/hunter2", "user_agent": "'event': 'x'"})
    logger(handler, "DATABASE").info("[%s] DB %s on %s", "a1", "find", "hunter2")
    logger(handler, "SECURITY").info(said("odd one", details={"password": "hunter2"}))
    found = caught(sink, 5)
    who = {"user_id": "alice", "ip": "203.0.113.7", "outcome": "denied"}
    assert [event["data"] for event in found.events] == [
        who | {"action": "login"},
        who | {"action": "login_invalid_password", "reason": "login_invalid_password"},
    ]
    assert {(event["type"], event["time"], event["source"]) for event in found.events} == {
        ("access", "2026-11-01T10:00:00.000000Z", "loki/sbd")
    }
    assert found.counts == {"request_received": 1, "security_event whose event_type is no word": 1, "free text": 1}


def test_a_batch_that_is_refused_is_not_sent_again(sink: Sink, handler: LokiLoggerHandler) -> None:
    """What docs/connect-loki.md says of the handler."""
    sink.status = 503
    logger(handler, "SECURITY").info(said("login"))
    until(lambda: len(sink.bodies) == 1, 10)
    sink.status = 204
    logger(handler, "SECURITY").info(said("logout"))
    actions = [event["data"]["action"] for event in caught(sink, 2).events]
    assert actions == ["login", "logout"]
    assert len(sink.bodies) == 2
    assert handler.buffer.empty()


@pytest.mark.parametrize("kind", ["login_attempt", "2fa_verification_attempt", "registration_plan_bypass_attempt"])
def test_what_announces_an_attempt_is_not_taken_for_a_denial(kind: str) -> None:
    """The application logs it as failed before it looks at the password."""
    (event,) = of(formatted(event_type=kind))
    assert (event["type"], event["data"]["event_type"]) == ("security", kind)


@pytest.mark.parametrize(
    ("kind", "success", "outcome"),
    [
        ("login_successful", True, "granted"), ("login_user_not_found", False, "denied"),
        ("login_account_locked", False, "denied"), ("2fa_verification_invalid_code", False, "denied"),
        ("registration_success", True, "granted"),
    ],
)  # fmt: skip
def test_how_an_attempt_went_is_an_access(kind: str, success: bool, outcome: str) -> None:
    (event,) = of(formatted(event_type=kind, success=success))
    assert (event["type"], event["data"]["outcome"]) == ("access", outcome)


def test_what_does_not_say_how_it_went_is_not_made_a_denial() -> None:
    (event,) = of(str({"event": "security_event", "event_type": "login", "timestamp": AT}))
    assert (event["type"], event["data"]) == ("security", {"event_type": "login", "outcome": "unknown"})
    (event,) = of(str({"event": "security_event", "event_type": "login", "timestamp": AT, "status": "SUCCESS"}))
    assert event["data"]["outcome"] == "granted"


def test_a_detail_that_cannot_be_read_back_costs_no_other() -> None:
    details = {"reason": "abuse", "suspended_at": datetime(2026, 1, 1, tzinfo=UTC), "threshold": -3, "names": ["a"]}
    (event,) = of(formatted(event_type="account_watched", details=details))
    assert event["data"]["details"] == {"reason": "abuse", "threshold": -3}


@pytest.mark.parametrize(
    "user", ["alice", "al'ice", "', 'success': True, 'details': {", '"\\', "'\", 'success': True, "]
)
def test_a_detail_that_is_no_python_costs_the_details_only_and_no_user_name_can_change_the_outcome(user: str) -> None:
    level = enum.Enum("Level", {"HIGH": 3})
    (event,) = of(formatted(user_id=user, details={"level": level.HIGH, "reason": "abuse"}))
    assert event["data"] == {"user_id": user, "ip": "203.0.113.7", "outcome": "denied", "action": "login"}


@pytest.mark.parametrize("user", ["\ud800", "a\0b", "a\nb"])
def test_a_user_name_that_no_database_takes_costs_no_event(user: str) -> None:
    for message in (formatted(user_id=user), json.dumps(said(user_id=user))):
        (made,) = read([Line({}, 0, json.dumps({"message": message}))], blind).events
        event = take(made, LATEST)
        assert (event.data.user_id, event.unread) == (None, ("user_id",))


def test_half_a_character_in_a_line_costs_no_batch() -> None:
    values = [
        ["1793527200000000000", json.dumps({"message": text}, ensure_ascii=False)] for text in ("\ud800", str(said()))
    ]
    found = read(read_json(json.dumps({"streams": [{"stream": {"app": "sbd"}, "values": values}]}).encode()), blind)
    assert (len(found.events), found.counts) == (1, {"free text": 1})


def test_json_as_python_writes_it_is_read() -> None:
    message = json.dumps(said("odd", details={"score": float("nan"), "count": 2**70, "threshold": 7}))
    assert of(message)[0]["data"]["details"] == {"threshold": 7}
    (event,) = read([Line({}, 0, json.dumps(str(said())))], blind).events
    assert event["type"] == "access"


def test_a_line_that_is_left_an_object_is_read() -> None:
    push = {"streams": [{"stream": {"app": "sbd"}, "values": [["1", {"message": str(said())}]]}]}
    assert len(read(read_json(json.dumps(push).encode()), blind).events) == 1


def test_an_address_and_a_browser_that_were_turned_away_are_told() -> None:
    details = {"attempted_ip": "198.51.100.9", "attempted_user_agent": "curl/8", "trusted_ips": ["192.0.2.1"]}
    (event,) = of(formatted(event_type="user_agent_lockdown_violation", ip_address="unknown", details=details))
    assert event["data"] == {
        "user_id": "alice", "ip": "198.51.100.9", "user_agent": "curl/8", "outcome": "denied",
        "action": "user_agent_lockdown_violation", "reason": "user_agent_lockdown_violation",
    }  # fmt: skip


def test_what_somebody_typed_in_from_a_telephone_is_not_kept() -> None:
    details = {"code": 123456, "token": "a1", "operation": "verify", "method": "totp"}
    (event,) = of(formatted(event_type="unheard_of", details=details))
    assert event["data"]["details"] == {"operation": "verify", "method": "totp"}


@pytest.mark.parametrize(
    ("labels", "source"),
    [
        ({"app": "My App (test)"}, "loki/My-App-test"), ({"application": "chat"}, "loki/chat"), ({}, "loki/sbd"),
        ({"app": "ß"}, "loki/unknown"), ({"app": "a" * 99}, "loki/" + "a" * 64),
    ],
)  # fmt: skip
def test_the_source_is_a_word_made_of_the_application(labels: dict[str, str], source: str) -> None:
    (event,) = read([Line(labels, 0, json.dumps({"message": str(said())}))], blind).events
    assert event["source"] == source


@pytest.mark.parametrize("text", ["{'a':" * 20_000, "{'a':" + "-" * 120_000 + "1}", "{'a':" + "1+" * 60_000 + "1}"])
def test_no_depth_of_nesting_ends_the_process(text: str) -> None:
    module = "monitoring.ingest.sources.loki.log_record"
    code = f"import sys; from {module} import parse_line; print(parse_line(sys.stdin.read()))"
    done = subprocess.run([sys.executable, "-c", code], input=text, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "{}\n"), done.stderr


def test_the_page_names_every_detail_that_is_kept() -> None:
    kept = re.search(r"under these names:\s`([\w\s]+)`", PAGE.read_text())
    assert kept
    assert kept[1].split() == sorted(HARMLESS_DETAILS)
