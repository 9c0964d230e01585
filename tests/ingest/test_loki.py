"""The security log as the real handler sends it, and pushes that nobody should have sent."""

import gzip
import hmac
import json
import logging
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import cramjam
import pytest
from hypothesis import given
from hypothesis import strategies as st
from loki_logger_handler.loki_logger_handler import LokiLoggerHandler
from running import Server, until

from monitoring.events.envelope import Unreadable, take
from monitoring.ingest.body import decompress_snappy
from monitoring.ingest.sources.loki.security_log import ParsedPush, read
from monitoring.ingest.sources.loki.wire import Line, _PushRequest, read_json, read_protobuf

AT = "2026-11-01T10:00:00+00:00"
NS = 1_793_527_200_000_000_000
LATEST = datetime(2100, 1, 1, tzinfo=UTC)


def blind(text: bytes) -> str:
    return hmac.digest(b"key", text, "sha256").hex()[:24]


def said(event_type: str = "login", **changed: Any) -> dict[str, Any]:
    """What the chat application logs."""
    known = {
        "event": "security_event", "event_type": event_type, "timestamp": AT, "success": False, "user_id": "alice",
        "ip_address": "203.0.113.7", "details": {"password": "hunter2", "attempts": 3}, "process": 1, "host": "h",
        "app": "sbd", "env": "test", "status": "FAILURE",
    }  # fmt: skip
    return known | changed


def line(message: Any, labels: dict[str, str] | None = None) -> Line:
    """A record as the handler formats it: the message is printed."""
    text = message if isinstance(message, str) else str(message)
    record = {"message": text, "timestamp": 1793527200.5, "process": 1, "name": "sbd", "level": "INFO"}
    return Line({"app": "sbd"} if labels is None else labels, NS, json.dumps(record))


def pushed(*messages: Any) -> ParsedPush:
    found = read([line(message) for message in messages], blind)
    for event in found.events:
        take(event, LATEST)
    return found


def only(message: Any) -> dict[str, Any]:
    (event,) = pushed(message).events
    return event


def test_a_failed_log_in_is_a_denied_access() -> None:
    event = only(said())
    assert (event["type"], event["time"], event["source"]) == ("access", "2026-11-01T10:00:00.000000Z", "loki/sbd")
    assert event["data"] == {"user_id": "alice", "ip": "203.0.113.7", "action": "login", "outcome": "denied"}


def test_a_log_in_that_worked_is_granted() -> None:
    assert only(said(success=True, status="SUCCESS"))["data"]["outcome"] == "granted"


@pytest.mark.parametrize("kind", ["ip_lockdown_violation", "trusted_ip_lockdown_block"])
def test_a_lockdown_is_the_reason_of_its_denial(kind: str) -> None:
    data = only(said(kind, success=True))["data"]
    assert (data["outcome"], data["reason"]) == ("denied", kind)


def test_a_rate_limit_that_tells_its_limit_is_one() -> None:
    event = only(said("rate_limit_exceeded", details={"limit": 20, "window": 60, "path": "/secret"}))
    assert event["type"] == "rate_limit"
    assert event["data"] == {"user_id": "alice", "ip": "203.0.113.7", "limit": 20, "window_seconds": 60}


def test_a_rate_limit_that_does_not_stays_what_the_log_says() -> None:
    event = only(said("rate_limit_exceeded"))
    assert (event["type"], event["data"]["event_type"]) == ("security", "rate_limit_exceeded")


def test_an_unknown_kind_is_kept_too() -> None:
    event = only(said("never_seen_before", details={"password": "hunter2", "attempts": 3, "reason": "two words"}))
    assert event["type"] == "security"
    assert event["data"]["details"] == {"attempts": 3}


def test_nobody_and_nowhere_are_left_out() -> None:
    data = only(said(user_id="anonymous", ip_address="unknown"))["data"]
    assert "user_id" not in data
    assert "ip" not in data


def test_no_name_takes_long_to_be_refused() -> None:
    began = time.process_time()
    pushed(said(user_id="a" * 60_000 + "\x01", details={"user_agent": "b" * 50_000 + "\x01"}))
    assert time.process_time() - began < 2


def test_no_label_takes_long_to_be_read() -> None:
    request = _PushRequest()
    request.streams.add(labels="a" * 16_000).entries.add(line="x")
    began = time.process_time()
    assert read_protobuf(request.SerializeToString())[0].labels == {}
    assert time.process_time() - began < 2
    request.streams.add(labels="a" * 17_000).entries.add(line="x")
    with pytest.raises(Unreadable):
        read_protobuf(request.SerializeToString())


def test_a_time_that_cannot_be_costs_no_event() -> None:
    assert only(said(timestamp="2099-01-01T00:00:00+00:00"))["time"] == "2026-11-01T10:00:00.000000Z"


@pytest.mark.parametrize("user", ["x" * 600, "a\nb", "...", "", 7, None])
def test_a_name_that_is_none_costs_no_event(user: Any) -> None:
    taken = take(only(said(user_id=user)), LATEST)
    assert taken.type == "access"
    assert taken.unread == (("user_id",) if user in ("a\nb", "...", 7) else ())


def test_an_address_and_a_browser_that_are_no_text_are_counted() -> None:
    taken = take(only(said(ip_address={"v4": "203.0.113.7"}, details={"user_agent": {"name": "x"}})), LATEST)
    assert (taken.type, set(taken.unread)) == ("access", {"ip", "user_agent"})


def test_a_limit_that_cannot_be_read_makes_a_security_event() -> None:
    assert only(said("rate_limit_exceeded", details={"limit": "many", "window_seconds": 60}))["type"] == "security"


def test_a_limit_may_be_written_as_a_text() -> None:
    details = {"limit": "100", "window_seconds": "60.0"}
    made = only(said("rate_limit_exceeded", details=details))
    assert (made["type"], made["data"]["limit"], made["data"]["window_seconds"]) == ("rate_limit", 100, 60.0)


def test_the_browser_is_kept_and_cut() -> None:
    assert only(said(details={"user_agent": "Mozilla/5.0"}))["data"]["user_agent"] == "Mozilla/5.0"
    assert len(only(said(details={"user_agent": "M" * 9_999}))["data"]["user_agent"]) == 2_000


def test_a_detail_that_cannot_be_read_back_costs_no_event() -> None:
    printed = str(said()).replace("'attempts': 3", "'at': datetime.datetime(2026, 11, 1), 'success': True")
    data = only(printed)["data"]
    assert data == {"user_id": "alice", "ip": "203.0.113.7", "action": "login", "outcome": "denied"}


@pytest.mark.parametrize(
    "text", [json.dumps(said()), json.dumps({"message": said()}), json.dumps({"message": json.dumps(said())})]
)
def test_a_logger_that_writes_json_is_read_as_well(text: str) -> None:
    (event,) = read([Line({}, NS, text)], blind).events
    assert event["data"]["action"] == "login"


def test_other_lines_are_counted_by_their_name() -> None:
    found = pushed({"event": "database_operation", "query": "secret"}, "free words", {"event": "two words"}, said(""))
    assert found.events == []
    assert found.counts == {"database_operation": 1, "free text": 2, "security_event whose event_type is no word": 1}


def test_a_line_sent_again_has_the_same_id_and_a_second_one_like_it_another() -> None:
    first, again = pushed(said(), said()), pushed(said(), said())
    assert [event["id"] for event in first.events] == [event["id"] for event in again.events]
    assert len({event["id"] for event in first.events}) == 2


def test_no_id_tells_anything_of_its_line() -> None:
    assert all("hunter2" not in json.dumps(event) for event in pushed(said()).events)
    assert only(said())["id"] != only(said(details={"password": "hunter3"}))["id"]


def test_protobuf_and_json_say_the_same() -> None:
    request = _PushRequest()
    stream = request.streams.add(labels='{app="sbd", env="a \\"b\\""}')
    entry = stream.entries.add(line=line(said()).text)
    entry.timestamp.seconds, entry.timestamp.nanos = divmod(NS, 1_000_000_000)
    found = read_protobuf(decompress_snappy(bytes(cramjam.snappy.compress_raw(request.SerializeToString()))))
    assert found == [Line({"app": "sbd", "env": 'a \\"b\\"'}, NS, line(said()).text)]
    body = {"streams": [{"stream": {"app": "sbd"}, "values": [[str(NS), line(said()).text, {"trace": "x"}]]}]}
    assert read_json(json.dumps(body).encode()) == [line(said())]


def test_the_older_json_is_read() -> None:
    body = {"streams": [{"labels": '{app="sbd"}', "entries": [{"ts": "2026-11-01T10:00:00Z", "line": "x"}]}]}
    assert read_json(json.dumps(body).encode()) == [Line({"app": "sbd"}, 1793527200 * 10**9, "x")]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"streams":5}', b'{"streams":[{"values":[["x","y"]]}]}', b"\xff"])
def test_what_is_no_push_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read_json(body)


@given(st.binary())
def test_nothing_breaks_the_readers(body: bytes) -> None:
    for reader in (read_json, read_protobuf):
        try:
            assert isinstance(read(reader(body), blind), ParsedPush)
        except Unreadable:
            pass


@given(st.text() | st.recursive(st.none() | st.booleans() | st.text(), lambda deep: st.dictionaries(st.text(), deep)))
def test_no_line_breaks_the_reader(message: Any) -> None:
    found = read([line(message), Line({}, 2**70, "{'event': 'security_event', " + str(message))], blind)
    assert len(found.events) + sum(found.counts.values()) == 2


# --- over the wire ----------------------------------------------------------------------------------------------------


@pytest.fixture
def logged() -> Iterator[Callable[..., logging.Logger]]:
    """A logger of the application's, with the real handler and its real options."""
    made: list[tuple[logging.Logger, LokiLoggerHandler]] = []

    def make(url: str, **options: Any) -> logging.Logger:
        handler = LokiLoggerHandler(url=url, labels={"app": "sbd", "env": "test"}, timeout=0.2, **options)
        logger = logging.getLogger(f"sbd-{len(made)}-{url}")
        logger.setLevel(logging.INFO)
        logger.propagate = False
        logger.addHandler(handler)
        made.append((logger, handler))
        return logger

    yield make
    for logger, handler in made:
        logger.removeHandler(handler)
        handler.request.session.close()


def actions(server: Server, word: str) -> int:
    return sum(word in row["name"] for row in server.get("/api/v1/security/events?limit=500").json["events"])


def test_the_real_handler_needs_nothing_but_an_address(server: Server, logged: Callable[..., logging.Logger]) -> None:
    key, now = server.said["ingest_key"], datetime.now(UTC).isoformat()
    ways: list[tuple[str, str, dict[str, Any]]] = [
        ("in_the_path", f"{server.url}/k/{key}/loki/api/v1/push", {}),
        ("as_a_password", server.url.replace("://", f"://sbdash:{key}@") + "/loki/api/v1/push", {}),
        ("as_auth", f"{server.url}/loki/api/v1/push", {"auth": ("sbdash", key), "compressed": False}),
        ("with_metadata", f"{server.url}/k/{key}/loki/api/v1/push", {
            "label_keys": {"level"}, "enable_structured_loki_metadata": True, "loki_metadata": {"service": "chat"},
        }),
    ]  # fmt: skip
    for name, url, options in ways:
        log = logged(url, **options)
        log.info(said(name, timestamp=now))
        log.info({"event": "request_received", "path": "/hunter2"})
    for name, _, _ in ways:
        until(lambda word=name: actions(server, word) == 1, 10, name)

    def counted() -> int:
        seen = server.get("/api/v1/sources").json["seen"]
        return sum(row["count"] for row in seen if (row["source"], row["name"]) == ("loki", "request_received"))

    until(lambda: counted() >= len(ways), 10)
    seen = server.get("/api/v1/sources").json["seen"]
    assert {(row["kind"], row["name"]) for row in seen if row["source"] == "loki"} >= {("event", "security")}
    assert key not in server.log
    for path in server.folder.rglob("*"):
        assert not path.is_file() or b"hunter2" not in path.read_bytes(), path


def test_a_push_without_a_key_is_refused_and_says_so(server: Server) -> None:
    answer = server.call("POST", "/loki/api/v1/push", b'{"streams":[]}', {"Content-Type": "application/json"})
    assert answer.status == 401
    assert b"KEY" in answer.body


def test_protobuf_is_taken_over_the_wire(server: Server) -> None:
    request = _PushRequest()
    entry = request.streams.add(labels='{app="proto"}').entries.add(line=line(said("proto_event")).text)
    entry.timestamp.seconds = int((datetime.now(UTC) - timedelta(minutes=1)).timestamp())
    body = bytes(cramjam.snappy.compress_raw(request.SerializeToString()))
    known = {"Authorization": f"Bearer {server.said['ingest_key']}", "Content-Type": "application/x-protobuf"}
    for extra in ({}, {"Content-Encoding": "snappy"}):
        answer = server.call("POST", "/loki/api/v1/push", body, known | extra)
        assert (answer.status, answer.body) == (204, b"")
    until(lambda: actions(server, "proto_event") == 1, 10)
    assert server.call("POST", "/loki/api/v1/push", b"\xff", known).status == 400


def test_a_push_sent_again_is_taken_once(server: Server) -> None:
    body = {"streams": [{"stream": {"app": "twice"}, "values": [[str(NS), line(said("sent_twice")).text]]}]}
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    for _ in range(3):
        key = f"/k/{server.said['ingest_key']}"
        packed = gzip.compress(json.dumps(body).encode())
        assert server.call("POST", f"{key}/loki/api/v1/push", packed, headers).status == 204
    until(lambda: actions(server, "sent_twice") == 1, 10)
