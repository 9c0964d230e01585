"""What a reader has already is not sent again; what belongs to one reader is kept by nobody else."""

import http.client
import socket

import pytest
from running import Answer, Server, talk

STILL = [
    "sessions/etag-still",
    "sessions/etag-still/messages",
    "sessions/etag-still/statistics",
    "prices",
    "definitions",
]
"""What stays the same while nothing happens to a session."""


@pytest.fixture(scope="module", autouse=True)
def told(server: Server) -> None:
    server.take(talk("etag-still", "alice"))


def ask(server: Server, path: str, user: str, **headers: str) -> Answer:
    known = {"Cookie": server.log_in(user)} | {name.replace("_", "-"): value for name, value in headers.items()}
    return server.call("GET", f"/api/v1/{path}", headers=known)


@pytest.mark.parametrize("path", [*STILL, "openapi.json"])
def test_who_has_it_already_gets_304_and_no_body(server: Server, path: str) -> None:
    first = ask(server, path, "bob")
    tag = first.headers["ETag"]
    assert (first.status, tag[0], tag[-1], len(tag)) == (200, '"', '"', 34)
    for said in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        again = ask(server, path, "bob", If_None_Match=said)
        assert (again.status, again.body, again.headers["ETag"]) == (304, b"", tag)
        assert again.headers["Cache-Control"] == "no-store"
    for said in ('"other"', tag.strip('"'), "nonsense"):
        assert ask(server, path, "bob", If_None_Match=said).body == first.body


def test_what_changed_is_sent(server: Server) -> None:
    server.take(talk("etag-moves", "alice", 1))
    tag = ask(server, "sessions/etag-moves", "alice").headers["ETag"]
    assert ask(server, "sessions/etag-moves", "alice", If_None_Match=tag).status == 304
    server.take(talk("etag-moves", "alice", 2))
    assert ask(server, "sessions/etag-moves", "alice", If_None_Match=tag).json["message_count"] == 4


def test_a_tag_opens_nothing(server: Server) -> None:
    """Whoever may not see it is told so, though they know its tag."""
    tag = ask(server, "sessions/etag-still", "alice").headers["ETag"]
    assert ask(server, "sessions/etag-still", "charlie", If_None_Match=tag).status == 404
    assert server.call("GET", "/api/v1/sessions/etag-still", headers={"If-None-Match": tag}).status == 401
    assert ask(server, "sessions/etag-still", "charlie", If_None_Match="*").status == 404


def test_caches_between_keep_nothing_of_it_for_others(server: Server) -> None:
    for path, user in [("sessions", "bob"), ("mine", "alice"), ("nothing", "bob"), ("usage", "alice")]:
        for headers, kept in [
            (ask(server, path, user).headers, "no-store"),
            (server.get(f"/api/v1/{path}").headers, "private, no-cache"),
        ]:
            assert headers["Cache-Control"] == kept
            assert {"Cookie", "Authorization"} <= set(headers["Vary"].replace(" ", "").split(","))
        assert ("ETag" in ask(server, path, user).headers) == (path in ("sessions", "mine"))


def test_pages_are_left_as_they_are(server: Server) -> None:
    assert "ETag" not in server.page("/healthz", None).headers
    assert "ETag" not in server.page("/login/", None).headers


def test_a_file_is_sent_while_it_is_made_and_has_no_tag(server: Server) -> None:
    answer = ask(server, "sessions.csv", "bob", If_None_Match="*")
    assert (answer.status, answer.headers["ETag"]) == (200, None)
    assert answer.headers["Transfer-Encoding"] == "chunked"
    assert answer.body.splitlines()[0].startswith(b'"session","owner",')


def head(server: Server, path: str, **headers: str) -> tuple[int, http.client.HTTPMessage, bytes]:
    """What HEAD is answered, and what else came over the line before it was closed."""
    known = {"Host": "127.0.0.1", "Connection": "close", "Cookie": server.log_in("bob")} | headers
    lines = [f"HEAD /api/v1/{path} HTTP/1.1", *(f"{name}: {value}" for name, value in known.items()), "", ""]
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as line:
        line.sendall("\r\n".join(lines).encode())
        with line.makefile("rb") as answer:
            status = int(answer.readline().split()[1])
            return status, http.client.parse_headers(answer), answer.read()


@pytest.mark.parametrize("path", [*STILL, "openapi.json"])
def test_head_is_answered_as_get_is_without_the_body(server: Server, path: str) -> None:
    whole = ask(server, path, "bob")
    status, headers, rest = head(server, path)
    assert (status, rest) == (200, b"")
    for name in ("ETag", "Content-Type", "Content-Length", "Cache-Control"):
        assert headers[name] == whole.headers[name], name
    assert head(server, path, **{"If-None-Match": headers["ETag"]})[::2] == (304, b"")


def test_head_is_refused_as_get_is_and_makes_no_file(server: Server) -> None:
    assert head(server, "sessions/nowhere")[::2] == (404, b"")
    assert head(server, "sessions?sort=x")[::2] == (422, b"")
    assert head(server, "sessions", Cookie="")[::2] == (401, b"")
    assert head(server, "events")[::2] == (405, b"")
    status, headers, rest = head(server, "sessions.csv")
    assert (status, headers["Content-Type"], rest) == (200, "text/csv; charset=utf-8", b"")
