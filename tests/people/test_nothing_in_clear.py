"""No words, and nothing that identifies a person, stands in clear in any file of the database."""

from collections.abc import Callable
from pathlib import Path

from running import Server, event, message

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


def test_no_words_and_no_name_address_or_browser_stand_in_the_files(fresh: Fresh) -> None:
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
