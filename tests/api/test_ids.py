"""Whatever an id is made of, its address leads to it and to nothing else: over REST, on pages, in links and topics, on
Daphne and on uvicorn."""

import csv
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from html import escape, unescape
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote, unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from profiles import examples
from running import ROOT, Answer, Server, free_port, message, until
from websockets.sync.client import connect

from monitoring.events.redaction import HASHED, looks_personal
from monitoring.stats.sessions.spreadsheet import defused
from sbdash.paths import Segment, routing_path

HARD = [
    "x", "x/statistics", "x/messages", "x/timeline", "x/", "/x", "//x", "x//y", "/", "//", "statistics", "messages",
    "sessions.csv", ".csv", "x.csv", "x/.", "x/..", "../x", "x?y", "?", "x#y", "#", "x%y", "%", "%2F", "x%2Fy",
    "x%252Fy",
    "%2e%2e", "x;y", ";",
    "x&y=z", "x+y", "x y", " x", "x ", "x=", "x@y:1", "a:b", "x\\y", "x'y\"z", "<b>", "x|y^z`{}[]",
    "日本/語", "é", "e\u0301", "İ", "ſ", "🦊/🦊", "x\u0085y", "x\u2028y", "\u200bx", "x,y;z", "=1+1", "~!$'()*",
    "admin", "x/admin/", "api/v1/sessions", "x\u00a0", "a" * 512, "🦊" * 512,
]  # fmt: skip
OWNER = "alice"


def text(session: str) -> str:
    return quote(session, safe="")


Fresh = Callable[..., Server]
Kept = dict[str, str]
"""The id under which each of them is kept: what looks like an address or a name gets a stand-in."""


@pytest.fixture(scope="module")
def told(copy: Fresh) -> Iterator[Server]:
    """A server with a session of each hard id, each of another number of tokens; other tests have such ids, too."""
    made = copy().start()
    made.take(
        message(session, f"{session[:500]} m", "assistant", user_id=OWNER, total_tokens=1_000 + n)
        for n, session in enumerate(HARD)
    )
    yield made
    made.stop()


@pytest.fixture(scope="module")
def kept(told: Server) -> Kept:
    found = {session: told.get(f"/api/v1/sessions/{text(session)}").json["id"] for session in HARD}
    assert [id.startswith(HASHED) for id in found.values()] == [looks_personal(session) for session in found]
    assert all(id == session for session, id in found.items() if not id.startswith(HASHED))
    assert len({*found.values()}) == len(HARD)
    return found


@pytest.fixture(scope="module")
def uvicorn(told: Server) -> Iterator[int]:
    """The port of uvicorn beside it, on the same database."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "sbdash.asgi:application", "--port", str(port)]
    environment = told.environment | {"PIPELINE": "elsewhere"}
    with open(told.folder / "uvicorn.log", "ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        until(lambda: answers(port), 30, "uvicorn's first answer")
        yield port
    finally:
        process.terminate()
        process.wait(10)


def answers(port: int) -> bool:
    try:
        return ask(port, "/healthz").status == 200
    except OSError:
        return False


def ask(port: int, path: str, **headers: str) -> Answer:
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as line:
        line.request("GET", path, headers=headers)
        answer = line.getresponse()
        return Answer(answer.status, answer.headers, answer.read())


@pytest.fixture(params=["daphne", "uvicorn"])
def port(request: pytest.FixtureRequest, told: Server) -> int:
    return told.port if request.param == "daphne" else int(request.getfixturevalue("uvicorn"))


@settings(max_examples=examples(300))
@given(*[st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1, max_size=20)] * 2)
def test_a_segment_is_routed_as_it_was_encoded(first: str, second: str) -> None:
    ids = [first, second]
    raw = "/".join(["/sessions", *(quote(one, safe="") for one in ids), "statistics"]).encode()
    path = routing_path({"path": unquote(raw.decode()), "raw_path": raw})
    assert path.encode() == raw
    assert [Segment().to_python(part) for part in path.split("/")[2:4]] == ids
    assert routing_path({"path": "", "raw_path": raw.replace(b"statistics", b"%73tatis%74ics")}) == path


@pytest.mark.parametrize("segment", ["%FF", "x%00"])
def test_a_segment_that_no_database_can_hold_matches_nothing(segment: str) -> None:
    converter = Segment()
    with pytest.raises(ValueError, match=r"zero byte|invalid start byte"):
        converter.to_python(segment)


def test_every_id_leads_to_its_own_figures(told: Server, port: int, kept: Kept) -> None:
    key = f"Bearer {told.said['read_key']}"
    for n, session in enumerate(HARD):
        path = f"/api/v1/sessions/{text(session)}"
        found = [ask(port, f"{path}{end}", Authorization=key) for end in ("", "/statistics", "/messages", "/timeline")]
        assert [one.status for one in found] == [200] * 4, session
        head, figures, *rows = (one.json for one in found)
        assert head["id"] == kept[session]
        assert figures["total_tokens"] == 1_000 + n, session
        assert len({row["messages"][0]["id"] for row in rows}) == 1
        assert ask(port, f"{path}%2Fstatistics%00", Authorization=key).status == 404


def test_what_is_not_an_id_is_nobody_s(told: Server, port: int) -> None:
    key = f"Bearer {told.said['read_key']}"
    for path in ["y%2Fstatistics", "x%252Fstatistics", "x%252F", "%FF", "x%00", "x/statistics/", "日本/語"]:
        raw = path if path.isascii() else quote(path)
        answer = ask(port, f"/api/v1/sessions/{raw}", Authorization=key)
        assert (answer.status, answer.headers["Content-Type"]) == (404, "application/problem+json"), path


def test_every_id_has_a_page_of_its_own_and_the_log_in_leads_back_to_it(told: Server, port: int, kept: Kept) -> None:
    cookie = told.log_in(OWNER)
    for session in HARD:
        path = f"/sessions/{text(session)}/"
        page = ask(port, path, Cookie=cookie)
        assert page.status == 200, session
        found = re.search(r'data-session="([^"]*)"', page.body.decode())
        assert found, session
        assert unescape(found[1]) == kept[session]
        assert escape(kept[session]) in page.body.decode()
        place = ask(port, path).headers["Location"]
        assert unquote(place.partition("?next=")[2]) == path
        assert ask(port, path.removesuffix("/"), Cookie=cookie).headers["Location"] == path


def test_the_lists_lead_to_every_id(told: Server, kept: Kept) -> None:
    page = told.page("/mine/sessions/?sort=tokens", OWNER).body.decode()
    links = [unescape(link) for link in re.findall(r'<a href="(/sessions/[^"]+)"', page)]
    while following := re.search(r'id="next"[^>]* href="([^"]+)"', page):
        page = told.page(f"/mine/sessions/{unescape(following[1])}", OWNER).body.decode()
        links += [unescape(link) for link in re.findall(r'<a href="(/sessions/[^"]+)"', page)]
    assert {f"/sessions/{text(session)}/" for session in kept.values()} <= set(links)
    table = csv.reader(io.StringIO(told.page("/api/v1/sessions.csv", OWNER).body.decode()))
    assert {defused(session) for session in kept.values()} <= {line[0] for line in table}


def test_every_id_can_be_watched(told: Server, kept: Kept) -> None:
    head = {"Cookie": told.log_in(OWNER)}
    with connect(f"ws://127.0.0.1:{told.port}/ws/live/", additional_headers=head, max_size=None) as line:
        for n, session in enumerate(HARD):
            topic = f"session/{session}"
            line.send(json.dumps({"subscribe": topic}))
            frame: dict[str, Any] = {}
            while frame.get("topic") != topic:
                frame = json.loads(line.recv(10))
            assert (frame["session"]["id"], frame["session"]["total_tokens"]) == (kept[session], 1_000 + n)


def test_a_key_in_an_address_is_one_segment(told: Server, port: int) -> None:
    """A stroke inside it does not begin the path."""
    key = told.said["ingest_key"]
    for words, status in [(key, 200), (text(f"{key}/x"), 401), (quote(key[0]) + f"%{ord(key[1]):02x}" + key[2:], 200)]:
        assert ask(port, f"/k/{words}/ready").status == status, words
