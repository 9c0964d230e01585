"""No file of the database contains texts or personal data in clear."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from running import Server, event, message

from monitoring.ingest.ignored import FLUSH_INTERVAL

Fresh = Callable[..., Server]
PERSONAL = {
    "user_id": "eleonora.vandenbroucke@example.org",
    "ip": "2001:db8:77aa:1234::99",
    "user_agent": "Mozilla/5.0 (Haiku; Zanzibar) UnmistakableBrowser/99.7",
}
CONTENT = dict.fromkeys(
    ["content", "text", "prompt", "title", "completion", "messages"], "the quokka sings at midnight"
)


def files(server: Server) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in server.folder.glob("sbdash.sqlite3*")}


def nothing_of(words: list[str], found: dict[Path, bytes]) -> None:
    assert any(path.suffix == ".sqlite3" for path in found)
    for path, data in found.items():
        for word in words:
            assert word.encode() not in data, f"{word!r} stands in {path.name}"
            assert word.encode("utf-16-le") not in data, f"{word!r} stands in {path.name}"


def test_no_text_and_no_name_address_or_browser_is_in_the_files(fresh: Fresh) -> None:
    server = fresh()
    known = {"session_id": "private", "message_id": "m1", "role": "user", "status": "completed"}
    events = [
        event("session.started", {"session_id": "private", "session_type": "chat"} | PERSONAL | CONTENT),
        event("message", known | PERSONAL | CONTENT),
        event("vote", {"session_id": "private", "message_id": "m1", "value": "up"} | PERSONAL | CONTENT),
        event("access", {"session_id": "private", "outcome": "denied"} | PERSONAL | CONTENT),
        event("access", {"outcome": "denied", "ip": PERSONAL["ip"]}),
        event("access", {"outcome": "denied", "user_agent": PERSONAL["user_agent"]}),
        event("rate_limit", {"limit": 5, "window_seconds": 60} | PERSONAL | CONTENT),
        event("operation", {"operation": "search", "outcome": "ok"} | PERSONAL | CONTENT),
        event("security", {"event_type": "x", "outcome": "y", "details": PERSONAL | CONTENT} | PERSONAL),
        event("session.ended", {"session_id": "private", "reason": "closed"} | PERSONAL),
    ]
    server.take(events)
    assert server.figures("private")["message_count"] == 1
    words = [*PERSONAL.values(), *CONTENT.values(), "quokka", "vandenbroucke", "UnmistakableBrowser"]
    found = files(server)
    assert b"private" in b"".join(found.values()), "the test reads the files in which the rest stands"
    nothing_of(words, found)
    for secret in (server.said["ingest_key"], server.said["read_key"]):
        nothing_of([secret], found)
    server.stop()
    nothing_of(words, files(server))
    assert "quokka" not in server.log
    assert "vandenbroucke" not in server.log


def test_no_text_and_no_name_in_an_id_is_in_the_files(fresh: Fresh) -> None:
    """This holds for the tables of the statistics, the lists and the counters of dropped input, too."""
    server = fresh()
    said, session = "the platypus told me a wombat's", "Platypus Jones"
    message_id, mail = "of platypus@example.org", "platypus@example.org"
    failed = {"status": "failed", "error": said, "model": said, "user_id": "alice"}
    server.take(
        [
            event("session.started", {"session_id": session, "session_type": said, "user_id": "alice"}),
            message(session, message_id, "assistant", **failed),
            event("operation", {"operation": said, "outcome": "failed", "error": said, "session_id": session}),
            event("access", {"outcome": "denied", "action": said, "reason": mail, "session_id": session}),
            event("rate_limit", {"limit": 5, "window_seconds": 60, "action": said}),
            event("security", {"event_type": said, "outcome": said, "details": {"reason": mail}}, id=mail),
            event("session.ended", {"session_id": mail, "reason": "closed"}),
        ]
    )
    attributes = [
        {"key": name, "value": {"stringValue": "x"}}
        for name in ("gen_ai.request.model", "gen_ai.operation.name", mail, f"gen_ai.{mail}")
    ]
    span = {"traceId": "a" * 32, "spanId": "b" * 16, "name": said, "startTimeUnixNano": "1795000000000000000"}
    scope = {"spans": [span | {"endTimeUnixNano": "1795000001000000000", "attributes": attributes}]}
    traced = {"Content-Type": "application/json", "Authorization": f"Bearer {server.said['ingest_key']}"}
    body = json.dumps({"resourceSpans": [{"resource": {}, "scopeSpans": [scope]}]}).encode()
    assert server.call("POST", "/v1/traces", body, traced).status == 200
    time.sleep(FLUSH_INTERVAL + 1)
    found = server.get(f"/api/v1/sessions/{quote(session, safe='')}").json
    assert found["id"].startswith("hashed-")
    for path in (found["id"], session):
        assert server.figures(path)["message_count"] == 1, "by the application's own id, too"
        assert server.page(f"/sessions/{quote(path, safe='')}/", "bob").status == 200
        assert server.page(f"/sessions/{quote(path, safe='')}/", "charlie").status == 404
    listed = server.get(f"/api/v1/sessions?q={quote(session)}").json["sessions"]
    assert [one["id"] for one in listed] == [found["id"]]
    words = ["latypus", "wombat"]
    nothing_of(words, files(server))
    server.stop()
    nothing_of(words, files(server))
    assert not [word for word in words if word in server.log]


def test_a_refused_event_leaves_nothing_behind(fresh: Fresh) -> None:
    server = fresh()
    server.post([message("s", "m", "robot", **PERSONAL, **CONTENT), message("s", "m2", "user")])
    server.stop()
    nothing_of([*PERSONAL.values(), "quokka"], files(server))
    assert "quokka" not in server.log


def test_staff_see_a_pseudonym_and_never_the_name(server: Server) -> None:
    server.take([message("masked", "masked-1", "user", **PERSONAL)])
    for path in ("/sessions/", "/", "/sessions/masked/"):
        page = server.page(path, "bob").body.decode()
        assert not [word for word in PERSONAL.values() if word in page]
    said = server.get("/api/v1/sessions/masked").body.decode()
    assert not [word for word in PERSONAL.values() if word in said]
