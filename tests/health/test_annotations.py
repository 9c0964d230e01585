"""Annotations: who may set and see them, what they may say, and that no number of them harms a page."""

import json
from datetime import UTC, datetime, timedelta
from time import time
from typing import Any

import pytest
from running import Answer, Server

from monitoring.events.internal import Actor
from monitoring.health import models
from monitoring.health.annotation import Invalid, NewAnnotation, parse, time_of
from monitoring.health.annotations import keep
from monitoring.health.last_settings import changed_words
from monitoring.health.layer import MAX_MARKS
from monitoring.health.reader import layer_of
from monitoring.journal import store as journal

PATH = "/api/v1/annotations"
KEYS = """
print(json.dumps({scope: make_api_key(f"annotations: {scope}", scope) for scope in ("annotate", "admin", "read")}))
"""
_keys: dict[str, dict[str, str]] = {}


def keys(server: Server) -> dict[str, str]:
    """Keys of this server, by scope."""
    if server.url not in _keys:
        _keys[server.url] = json.loads(server.shell(f"import json\n{KEYS}"))
    return _keys[server.url]


def send(server: Server, key: str, **data: Any) -> Answer:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    return server.call("POST", PATH, json.dumps({"kind": "deploy", "words": "chat 4.2"} | data).encode(), headers)


def as_user(server: Server, user: str | None, token: str = "a" * 32) -> int:
    cookie = f"{server.log_in(user)}; csrftoken={'a' * 32}" if user else ""
    body = json.dumps({"kind": "note", "words": f"by {user}"}).encode()
    return server.call("POST", PATH, body, {"Cookie": cookie, "X-CSRFToken": token}).status


def test_a_deploy_is_kept_once_on_each_database_and_staff_read_it(either: Server) -> None:
    at = datetime.now(UTC) - timedelta(minutes=5)
    link = "https://ci.example.org/runs/7"
    before = either.position()
    first = send(either, keys(either)["annotate"], id="build-7", at=at.isoformat(), link=link)
    assert first.status == 201, first.body
    again = send(either, keys(either)["admin"], id="build-7", words="another")
    assert (again.status, again.json) == (201, first.json)
    assert either.position() == before + 1
    found = [one for one in either.get(PATH).json["annotations"] if one["id"] == "build-7"]
    assert found == [
        {
            "id": "build-7", "at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"), "kind": "deploy",
            "words": "chat 4.2", "link": link, "by": "key annotations: annotate",
        }
    ]  # fmt: skip


def test_who_may_set_one(server: Server) -> None:
    said = [send(server, key).status for key in (*keys(server).values(), server.said["ingest_key"], "sbd_none")]
    assert said == [201, 201, 403, 403, 401]
    assert send(server, server.said["admin_key"]).status == 201
    assert {user: as_user(server, user) for user in ("dora", "bob", "alice", "charlie", None)} == {
        "dora": 201, "bob": 403, "alice": 403, "charlie": 403, None: 401,
    }  # fmt: skip
    assert as_user(server, "dora", token="") == 403


def test_who_may_read_them(server: Server) -> None:
    said = {user: server.page(PATH, user).status for user in ("bob", "dora", "alice", "charlie", None)}
    assert said == {"bob": 200, "dora": 200, "alice": 403, "charlie": 403, None: 401}


@pytest.mark.parametrize(
    ("odd", "words"),
    [
        ({"kind": "restart"}, "restart"), ({"kind": 7}, "kind"), ({"words": ""}, "words"), ({"words": "  "}, "words"),
        ({"words": "x" * 201}, "words"), ({"words": "a\nb"}, "words"), ({"words": "\u202egnorw"}, "words"),
        ({"words": "a\u200bb"}, "words"), ({"words": "\ud800"}, ""), ({"at": "yesterday"}, "at:"),
        ({"at": "1969-12-31T23:59:59Z"}, "at:"), ({"at": "2999-01-01T00:00:00Z"}, "at:"),
        ({"at": "2026-11-28T19:00:00"}, "at:"), ({"link": "javascript:alert(1)"}, "link"),
        ({"link": "http://example.org"}, "link"), ({"link": "https://a.example/ b"}, "link"),
        ({"link": "https://user@example.org/"}, "link"), ({"link": f"https://example.org/{'x' * 500}"}, "link"),
        ({"id": ""}, "id"), ({"id": "x" * 101}, "id"), ({"more": 1}, "more"),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_is_refused_with_the_name_of_the_field(server: Server, odd: Any, words: str) -> None:
    said = send(server, keys(server)["annotate"], **odd)
    assert (said.status, said.json["status"]) == (422, 422), said.body
    assert words in said.json["title"]


def test_a_body_that_is_no_annotation_is_refused(server: Server) -> None:
    headers = {"Authorization": f"Bearer {keys(server)['annotate']}"}
    said = [server.call("POST", PATH, body, headers).status for body in (b"", b"[", b"[]", b"{}", b" " * 20_000)]
    assert said == [422, 422, 422, 422, 413]


def test_words_that_look_like_html_are_kept_as_they_are(server: Server) -> None:
    said = send(server, keys(server)["annotate"], words="<img src=x onerror=alert(1)> & 'é' 日本")
    assert said.json["words"] == "<img src=x onerror=alert(1)> & 'é' 日本"


def test_the_time_of_an_annotation_is_in_micros_and_now_without_one() -> None:
    new = NewAnnotation(kind="note", words="w", at="2026-11-28T20:00:00+01:00")
    assert time_of(new, time()) == 1_795_892_400_000_000
    assert time_of(NewAnnotation(kind="note", words="w"), 12.5) == 12_500_000
    with pytest.raises(Invalid, match="in the future"):
        time_of(NewAnnotation(kind="note", words="w", at="1970-01-02T00:00:02Z"), 1.0)
    assert parse(b'{"kind":"note","words":"w"}') == NewAnnotation(kind="note", words="w")


@pytest.mark.django_db
def test_ten_thousand_annotations_are_a_bounded_layer() -> None:
    now = int(time())
    models.Annotation.objects.bulk_create(
        models.Annotation(
            key=number, name=f"n{number}", at=(now - number) * 1_000_000, kind="note", words=f"w{number}", saved_at=0
        )
        for number in range(1, 10_001)
    )
    began = time()
    marks = layer_of(now - 3_600, now).marks
    assert time() - began < 2
    assert [mark.words for mark in marks] == [f"w{number}" for number in range(MAX_MARKS, 0, -1)]


@pytest.mark.django_db
def test_an_annotation_is_an_entry_with_its_actor_and_a_mark() -> None:
    before, at = journal.size(), (int(time()) - 60) * 1_000_000
    kept = keep("one", at, "deploy", "chat 4.2", "", "key ci", Actor("key", key=7))
    assert keep("one", 0, "note", "other", "", "", Actor("clock")) == kept
    assert journal.size() == before + 1
    layer = layer_of(at // 1_000_000 - 60, at // 1_000_000 + 60)
    assert [(mark.at, mark.kind, mark.words) for mark in layer.marks] == [(at // 1_000_000, "deploy", "chat 4.2")]


def test_changed_settings_are_told_from_new_ones_and_fit_into_a_mark() -> None:
    before = {"A": "1", "B": "x", "C": ""}
    assert changed_words(before, {"A": "2", "B": "x", "C": "y", "NEW": "1"}) == "A: 1 → 2; C: empty → y"
    assert changed_words(before, before) == ""
    assert len(changed_words({"A": "1"}, {"A": "2" * 500})) == 200
