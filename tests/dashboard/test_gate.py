"""Every address of the project, as everybody: Alice owns, Bob is staff, Charlie may see nothing of hers, Dora admin."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from addresses import TABLE, WATCHED, WHO
from django.urls import URLPattern, URLResolver, get_resolver
from running import FIRST_RUN, Server, event, talk
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from monitoring.dashboard.onboarding import sources
from monitoring.live.topics import TOPICS

Fresh = Callable[..., Server]


def addresses(patterns: Iterable[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, before + str(pattern.pattern))
        else:
            yield before + str(pattern.pattern)


def test_every_address_of_the_project_has_a_row_here() -> None:
    assert set(addresses(get_resolver().url_patterns)) == set(TABLE)


def test_every_topic_of_the_sockets_has_a_row_here() -> None:
    assert set(TOPICS) == set(WATCHED)


@pytest.fixture(scope="module")
def house(server: Server) -> Server:
    """The shared server, with a session of Alice's and one of Charlie's."""
    server.take(talk("hers", "alice") + talk("his", "charlie"))
    return server


@pytest.mark.parametrize("route", TABLE)
def test_everybody_gets_what_is_theirs_and_nothing_else(house: Server, route: str) -> None:
    path, statuses = TABLE[route]
    said = tuple(house.page(path, user).status for user in WHO)
    assert said == statuses, dict(zip(WHO, said, strict=True))


@pytest.mark.parametrize("topic", WATCHED)
def test_everybody_watches_what_is_theirs_and_nothing_else(house: Server, topic: str) -> None:
    name, codes = WATCHED[topic]
    said = {user: watched(house, user, name) for user in WHO}
    assert {user: found if isinstance(found, int) else 0 for user, found in said.items()} == dict(
        zip(WHO, codes, strict=True)
    )
    for found in said.values():
        if not isinstance(found, int):
            assert found["topic"] == name


def watched(house: Server, user: str | None, topic: str) -> "dict[str, Any] | int":
    """The first frame of a topic, or the code with which the socket was closed."""
    cookie = {"Cookie": house.log_in(user)} if user else {}
    with connect(f"ws://127.0.0.1:{house.port}/ws/live/", additional_headers=cookie, max_size=None) as line:
        try:
            line.send(json.dumps({"subscribe": topic} | ({"range": "7d"} if topic != "overview" else {})))
            found: dict[str, Any] = json.loads(line.recv(10))
            return found
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else -1


def test_what_is_one_s_own_is_nobody_else_s(house: Server) -> None:
    """Figures and sessions of `mine`, live and over REST."""
    for user, seen, unseen in [("alice", "hers", "his"), ("charlie", "his", "hers")]:
        frame = watched(house, user, "mine")
        assert isinstance(frame, dict)
        ids = {row["id"] for row in frame["sessions"]}
        assert seen in ids
        assert unseen not in ids
        rest = house.page("/api/v1/mine?days=7", user).json
        listed = house.page(f"/api/v1/sessions?limit=500&since={rest['from']}", user).json["sessions"]
        assert rest["figures"] == frame["report"]["figures"]
        assert rest["figures"]["messages"] == sum(row["messages"] for row in listed)
        assert rest["figures"]["tokens"] == sum(row["tokens"] for row in listed)
    for user in ("bob", "dora"):
        frame = watched(house, user, "mine")
        assert isinstance(frame, dict)
        assert (frame["report"], frame["sessions"]) == (None, [])


def test_who_is_not_logged_in_is_led_to_the_log_in_and_back(house: Server) -> None:
    for path in ("/", "/mine/", "/sessions/", "/sessions/hers/"):
        assert house.page(path, None).headers["Location"] == f"/login/?next={path}"


def test_owners_are_led_to_their_own_sessions(house: Server) -> None:
    assert house.page("/", "alice").headers["Location"] == "/mine/"


def test_a_list_holds_only_what_may_be_seen(house: Server) -> None:
    hers, his = b'data-href="/sessions/hers/"', b'data-href="/sessions/his/"'
    for user, path, seen in [
        ("alice", "/mine/sessions/", (True, False)),
        ("charlie", "/mine/sessions/", (False, True)),
        ("bob", "/mine/sessions/", (False, False)),
        ("bob", "/sessions/", (True, True)),
    ]:
        page = house.page(path, user).body
        assert (hers in page, his in page) == seen, user
    for user, seen in [("alice", {"hers"}), ("charlie", {"his"}), ("bob", {"hers", "his"})]:
        said = house.page("/api/v1/sessions?limit=500", user).json["sessions"]
        assert {row["id"] for row in said} & {"hers", "his"} == seen


def test_owners_see_the_security_events_that_speak_of_them(house: Server) -> None:
    house.take(
        [
            event("access", {"user_id": "alice", "ip": "203.0.113.5", "outcome": "denied", "action": "hers_only"}),
            event("security", {"user_id": "charlie", "event_type": "his_only", "outcome": "SUCCESS"}),
            event("rate_limit", {"ip": "203.0.113.6", "limit": 20, "window_seconds": 60, "action": "nobody_s"}),
        ]
    )
    for user, seen in [("alice", {"hers_only"}), ("charlie", {"his_only"}), ("bob", {"hers_only", "his_only"})]:
        answer = house.page("/api/v1/security/events?limit=500", user)
        named = {row["name"] for row in answer.json["events"]}
        assert named & {"hers_only", "his_only"} == seen, user
        assert ("nobody_s" in named) == (user == "bob")
        assert b"203.0.113" not in answer.body
        assert user.encode() not in answer.body or user == "bob"


def test_security_events_come_in_pages_the_newest_first(house: Server) -> None:
    house.take([event("access", {"user_id": "dora", "outcome": "granted", "action": f"step_{n}"}) for n in range(5)])
    names, before = [], ""
    while True:
        page = house.get(f"/api/v1/security/events?limit=2&before={before}").json
        names += [row["name"] for row in page["events"] if row["name"].startswith("step")]
        if len(names) >= 5:
            break
        before = page["next"]
    assert names == [f"step_{n}" for n in (4, 3, 2, 1, 0)]


def test_what_may_not_be_seen_looks_like_what_is_not_there(house: Server) -> None:
    for path in [f"/api/v1/sessions/{{}}{part}" for part in ("", "/statistics", "/messages", "/timeline")]:
        hidden, absent = (house.page(path.format(name), "charlie") for name in ("hers", "nowhere"))
        assert hidden.status == absent.status == 404
        assert hidden.body.replace(b"hers", b"nowhere") == absent.body
    hidden, absent = (house.page(f"/sessions/{name}/", "charlie") for name in ("hers", "nowhere"))
    assert hidden.status == absent.status == 404
    assert _bare(hidden.body).replace(b"hers", b"nowhere") == _bare(absent.body)


def _bare(page: bytes) -> bytes:
    """A page without its token against forged requests, which differs each time."""
    return re.sub(rb'name="csrfmiddlewaretoken" value="[^"]+"', b"", page)


def test_the_ingest_key_is_on_the_empty_page_for_administrators_alone(fresh: Fresh) -> None:
    server = fresh()
    key = server.said["ingest_key"].encode()
    assert key in server.page("/", "dora").body
    assert key not in server.page("/", "bob").body
    assert b"An administrator sees this command" in server.page("/", "bob").body


def test_each_link_to_the_docs_leads_to_a_page_and_to_no_other_file(house: Server) -> None:
    text = "".join(page.read_text() for page in Path("templates").rglob("*.html"))
    linked = set(re.findall(r"/docs/([a-z-]+)/", text)) | set(re.findall(r'doc="([a-z-]+)"', text))
    linked |= {source.doc for source in sources("")}
    assert {"connect", "connect-otel", "operate"} <= linked
    for name in linked:
        answer = house.page(f"/docs/{name}/", "alice")
        assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
        assert b"<article" in answer.body
    assert b'<h2 id="receivers">' in house.page("/docs/alerts/", "alice").body
    for name in ("nothing", "openapi", "..%2FREADME", "%2E%2E%2FREADME"):
        assert house.page(f"/docs/{name}/", "alice").status == 404


@pytest.mark.parametrize(("user", "status"), [("alice", 403), ("charlie", 403), (None, 302), ("bob", 302)])
def test_only_staff_start_the_demonstration(fresh: Fresh, user: str | None, status: int) -> None:
    server = fresh()
    answer = server.page("/demo/", user, "POST")
    assert answer.status == status
    if user == "bob":
        assert answer.headers["Location"] == "/"
        running = b"The demonstration is running" in server.page("/", "bob").body
        assert running or server.position() > FIRST_RUN
    else:
        assert server.position() == FIRST_RUN


@pytest.mark.parametrize(("user", "status"), [("alice", 403), ("charlie", 403), (None, 302), ("bob", 302)])
def test_only_staff_stop_the_demonstration(house: Server, user: str | None, status: int) -> None:
    assert house.page("/demo/stop/", user, "POST").status == status


def test_what_changes_something_needs_the_token_of_the_page(house: Server) -> None:
    cookie = house.log_in("bob")
    for path in ("/demo/", "/demo/stop/", "/logout/", "/login/"):
        answer = house.call("POST", path, b"", {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"})
        assert answer.status == 403
    assert house.page("/", "bob").status == 200


def test_logging_out_ends_the_log_in(house: Server) -> None:
    house.cookies["bob"] = house.log_in("bob", again=True)
    answer = house.page("/logout/", "bob", "POST")
    assert (answer.status, answer.headers["Location"]) == (302, "/login/")
    assert house.page("/", "bob").status == 302
    del house.cookies["bob"]


def test_keys_open_what_their_scope_says(house: Server) -> None:
    assert house.get("/api/v1/sessions/hers").status == 200
    assert house.get("/api/v1/sessions/hers", house.said["ingest_key"]).status == 403
    assert house.get("/api/v1/sessions/hers", "sbd_wrong").status == 401
    for path in ("/", "/sessions/", "/admin/"):
        assert house.get(path).status == 302, "a key is no log-in"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_rest_only_reads(house: Server, method: str) -> None:
    headers = {"Authorization": f"Bearer {house.said['read_key']}"}
    for path in (
        "sessions",
        "sessions/hers",
        "sessions/hers/statistics",
        "sessions/hers/timeline",
        "sessions.csv",
        "usage",
        "responses",
        "operations",
        "mine",
        "definitions",
        "prices",
        "metrics/messages",
        "health",
        "sources",
        "security/events",
    ):
        answer = house.call(method, f"/api/v1/{path}", b"", headers)
        assert (answer.status, answer.headers["Allow"]) == (405, "GET")
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_errors_are_problem_details(house: Server) -> None:
    for path, user, status in [
        ("/api/v1/sessions", None, 401),
        ("/api/v1/sessions/nowhere", "bob", 404),
        ("/api/v1/metrics/nothing", "bob", 404),
        ("/api/v1/metrics/messages", "alice", 403),
        ("/api/v1/metrics/messages?step=x", "bob", 422),
        ("/api/v1/metrics/messages?from=x", "bob", 422),
        ("/api/v1/metrics/messages?from=2000-01-01&step=1", "bob", 422),
        ("/api/v1/metrics/messages?step=0", "bob", 422),
        ("/api/v1/usage", "alice", 403),
        ("/api/v1/usage?days=0", "bob", 422),
        ("/api/v1/usage?days=91", "bob", 422),
        ("/api/v1/mine", "bob", 404),
        ("/api/v1/sessions?sort=nothing", "alice", 422),
        ("/api/v1/sessions.csv?sort=nothing", "alice", 422),
        ("/api/v1/nothing", "bob", 404),
        ("/api/v1/sessions/%0A", "bob", 404),
    ]:
        answer = house.page(path, user)
        assert answer.status == status, path
        assert answer.headers["Content-Type"] == "application/problem+json", path
        assert answer.json["status"] == status


@pytest.mark.parametrize("before", ["", "x", "1.x", "-1.1", "9" * 40 + "." + "9" * 40, "1", "²." + "1"])
def test_no_cursor_breaks_a_list(house: Server, before: str) -> None:
    for path in ("/api/v1/sessions", "/api/v1/sessions/hers/messages", "/api/v1/sessions/hers/timeline"):
        assert house.page(f"{path}?before={quote(before)}", "bob").status in (200, 422)
    assert house.page(f"/sessions/?before={quote(before)}", "bob").status == 200


@pytest.mark.parametrize("name", ["a b", "a/b", "ä😀", "%2F", "a?b#c", "...a", "x" * 500, "<script>", "a/statistics"])
def test_a_session_of_any_name_has_its_page_and_its_figures(house: Server, name: str) -> None:
    house.take(talk(name, "alice"))
    path = quote(name, safe="")
    for user, status in [("alice", 200), ("bob", 200), ("charlie", 404)]:
        assert house.page(f"/sessions/{path}/", user).status == status
        assert house.page(f"/api/v1/sessions/{path}/statistics", user).status == status
    assert house.figures(name)["message_count"] == 4


def test_pages_forbid_what_is_not_ours(house: Server) -> None:
    for path, user in [("/", "bob"), ("/login/", None), ("/nothing/", "bob")]:
        headers = house.page(path, user).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe-eval" not in policy
        assert "script-src 'self';" in f"{policy};"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_pages_that_everybody_may_ask_say_only_whether_all_is_well(house: Server) -> None:
    assert house.page("/healthz", None).json == {"status": "ok"}
    assert house.page("/readyz", None).json == {"status": "ok", "problems": []}
