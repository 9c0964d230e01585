"""The door over a real server: who may enter, what is too much, and what is kept when the answer leaves."""

import gzip
import json
import sqlite3
import threading
from base64 import b64encode
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from running import BATCH, FIRST_RUN, LINES, SINGLE, Answer, Server, event, message, talk, until

Fresh = Callable[..., Server]


def lines(events: list[dict[str, Any]]) -> bytes:
    return b"\n".join(json.dumps(one).encode() for one in events)


def problem(answer: Answer, status: int) -> dict[str, Any]:
    assert answer.status == status, answer.body
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json["status"] == status
    found: dict[str, Any] = answer.json
    return found


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer ", "Bearer sbd_wrong", "Basic YTpi", "bearer \xff"])
def test_without_a_known_key_the_answer_is_401(server: Server, authorization: str) -> None:
    headers = {"Content-Type": BATCH, "Authorization": authorization}
    answer = server.call("POST", "/api/v1/events", b"[]", headers)
    problem(answer, 401)
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_key_without_the_scope_is_answered_403(server: Server) -> None:
    problem(server.send(b"[]", key=server.said["read_key"]), 403)


def test_a_revoked_key_ends_within_seconds(server: Server) -> None:
    key = server.shell("print(make_api_key('to be revoked', 'ingest'))").strip().splitlines()[-1]
    assert server.send(b"[]", key=key).status == 200
    server.shell("ApiKey.objects.filter(name='to be revoked').update(revoked=True)")
    until(lambda: server.send(b"[]", key=key).status == 401, 8)


def test_a_log_in_is_no_key(server: Server) -> None:
    cookie = server.log_in("dora")
    problem(server.call("POST", "/api/v1/events", b"[]", {"Content-Type": BATCH, "Cookie": cookie}), 401)


@pytest.mark.parametrize(
    ("body", "kind", "encoding"),
    [
        (b"[", BATCH, ""),
        (b"{}", BATCH, ""),
        (b"[" * 99_999, BATCH, ""),
        (b"[]", "application/json", ""),
        (b"[]", "", ""),
        (gzip.compress(b"[]" * 900)[:-8], BATCH, "gzip"),
        (b"[]", BATCH, "gzip"),
        (b"[]", BATCH, "br"),
    ],
)
def test_what_cannot_be_read_as_a_whole_is_answered_400(server: Server, body: bytes, kind: str, encoding: str) -> None:
    assert problem(server.send(body, kind, Content_Encoding=encoding), 400)["title"]


def test_too_many_events_and_too_many_bytes_are_answered_413(server: Server) -> None:
    before = server.position()
    problem(server.send(b"[" + b",".join([b"{}"] * 10_001) + b"]"), 413)
    problem(server.send(b"x" * (8 * 1024 * 1024 + 1)), 413)
    problem(server.send(gzip.compress(b" " * (9 * 1024 * 1024)), Content_Encoding="gzip"), 413)
    assert server.position() == before


def test_only_post_is_answered(server: Server) -> None:
    answer = server.get("/api/v1/events", server.said["ingest_key"])
    problem(answer, 405)
    assert answer.headers["Allow"] == "POST"


def test_a_key_over_its_limit_is_told_when_to_come_again(server: Server) -> None:
    key = server.shell("print(make_api_key('slow', 'ingest', rate=2, burst=4))").strip().splitlines()[-1]
    events = [message("limited", f"limited-{number}", "user") for number in range(4)]
    assert server.send(json.dumps(events).encode(), key=key).json["accepted"] == 4
    answer = server.send(json.dumps(events).encode(), key=key)
    problem(answer, 429)
    assert 1 <= int(answer.headers["Retry-After"]) <= 2
    assert server.send(json.dumps(events).encode()).status == 200, "another key has no limit"


def test_a_full_queue_is_answered_503_and_nothing_acknowledged_is_lost(fresh: Fresh) -> None:
    server = fresh(INGEST_QUEUE_EVENTS="4")
    answers: dict[str, Answer] = {}

    def post(name: str) -> None:
        events = [message("full", f"{name}-{number}", "user") for number in range(3)]
        answers[name] = server.send(json.dumps(events).encode())

    with closing(sqlite3.connect(server.folder / "sbdash.sqlite3", isolation_level=None)) as line:
        line.execute("BEGIN IMMEDIATE")
        senders = [threading.Thread(target=post, args=[f"sender-{number}"]) for number in range(5)]
        for sender in senders:
            sender.start()
        until(lambda: len(answers) >= 3, 10, "three senders are told to slow down")
        line.execute("ROLLBACK")
    for sender in senders:
        sender.join(30)
    for answer in answers.values():
        if answer.status != 200:
            assert "slow down" in problem(answer, 503)["title"]
            assert int(answer.headers["Retry-After"]) >= 1
    taken = sum(answer.json["accepted"] for answer in answers.values() if answer.status == 200)
    assert taken in (3, 6)  # one that waits, and one more where the writer had begun with another
    assert server.position() == FIRST_RUN + taken
    server.folded(taken)
    assert server.figures("full")["message_count"] == taken


@pytest.mark.parametrize("kind", [SINGLE, BATCH, LINES, f"{BATCH}; charset=utf-8"])
def test_one_event_a_batch_and_lines_are_taken(server: Server, kind: str) -> None:
    events = [message(f"kinds-{kind}", f"{kind}-1", "user")]
    body = json.dumps(events).encode() if kind.startswith(BATCH) else lines(events)
    said = server.send(body, kind).json
    assert (said["accepted"], said["duplicate"], said["rejected"]) == (1, 0, [])
    assert said["position"] == server.position()


def test_gzip_is_taken(server: Server) -> None:
    body = gzip.compress(json.dumps([message("packed", "packed-1", "user")]).encode())
    assert server.send(body, Content_Encoding="gzip").json["accepted"] == 1


def test_an_empty_batch_is_answered(either: Server) -> None:
    before = either.position()
    assert either.post([]) == {"accepted": 0, "duplicate": 0, "rejected": [], "position": before}


def test_sending_again_changes_nothing(either: Server) -> None:
    events = talk("again", "alice", 3)
    first = either.post(events)
    again = either.post(events)
    assert (first["accepted"], first["duplicate"]) == (6, 0)
    assert (again["accepted"], again["duplicate"], again["position"]) == (0, 6, first["position"])
    either.folded(first["position"])
    assert either.figures("again")["message_count"] == 6


def test_duplicates_within_one_batch_are_counted_once(either: Server) -> None:
    one, two = message("twice", "twice-1", "user"), message("twice", "twice-2", "user")
    said = either.post([one, two, one, one])
    assert (said["accepted"], said["duplicate"]) == (2, 2)
    either.folded(said["position"])
    assert either.figures("twice")["message_count"] == 2


def test_the_same_id_of_another_source_is_another_event(server: Server) -> None:
    one = message("sources", "sources-1", "user")
    said = server.post([one, one | {"source": "/elsewhere"}])
    assert (said["accepted"], said["duplicate"]) == (2, 0)


def test_each_bad_event_is_answered_for_and_the_good_ones_are_kept(either: Server) -> None:
    good = [message("mixed", f"mixed-{number}", "user") for number in range(3)]
    bad = event(
        "message", {"message_id": "x", "session_id": "mixed", "role": "robot", "status": "completed"}, id="bad-1"
    )
    said = either.post([good[0], bad, good[1], {"id": 5}, "words", good[2], good[0] | {"type": "telepathy", "id": "t"}])
    assert (said["accepted"], said["duplicate"]) == (3, 0)
    assert [(one["index"], one["id"]) for one in said["rejected"]] == [(1, "bad-1"), (3, None), (4, None), (6, "t")]
    reasons = [one["reason"] for one in said["rejected"]]
    assert reasons[0].startswith("data.role: ")
    assert reasons[3].startswith("type: ")
    either.folded(said["position"])
    assert either.figures("mixed")["message_count"] == 3


def test_one_unreadable_line_does_not_spoil_the_others(server: Server) -> None:
    good = json.dumps(message("spoiled", "spoiled-1", "user")).encode()
    odd = json.dumps(message("spoiled", "spoiled-2", "user", NAME=1)).encode().replace(b"NAME", b"\xff")
    answer = server.send(b"\n".join([b"{", good, b"\xff", odd]), LINES)
    assert answer.status == 200, answer.body
    assert (answer.json["accepted"], [one["index"] for one in answer.json["rejected"]]) == (1, [0, 2, 3])


def test_what_is_acknowledged_survives_a_kill(fresh: Fresh) -> None:
    server = fresh(PIPELINE="elsewhere")
    said = server.post(talk("killed", "alice", 5))
    assert server.process is not None
    server.process.kill()
    server.process.wait()
    server.extra = {}
    server.start()
    assert server.position() == said["position"] == FIRST_RUN + 10
    server.folded(said["position"])
    assert server.figures("killed")["message_count"] == 10


def test_senders_at_once_all_get_their_own_answers(either: Server) -> None:
    before, answers = either.position(), []

    def post(sender: int) -> None:
        for turn in range(5):
            answers.append(
                either.post([message("crowd", f"crowd-{sender}-{turn}-{n}", "user") for n in range(sender + 1)])
            )

    senders = [threading.Thread(target=post, args=[number]) for number in range(6)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert sorted(one["accepted"] for one in answers) == sorted(5 * list(range(1, 7)))
    assert either.position() == before + 5 * 21
    either.folded(before + 5 * 21)
    assert either.figures("crowd")["message_count"] == 5 * 21


def test_what_the_door_saw_is_counted(server: Server) -> None:
    def counts() -> dict[str, int]:
        found: dict[str, int] = server.get("/api/v1/health").json["ingest"]
        return found

    before = counts()
    one = message("counted", "counted-1", "user", content="secret", text="secret")
    server.post([one, one, {"id": "bad"}])
    server.send(b"[")
    after = counts()
    grown = {name: amount - before.get(name, 0) for name, amount in after.items()}
    assert {name: amount for name, amount in grown.items() if amount} == {
        "accepted_events": 1, "duplicate_events": 1, "rejected_events": 1, "dropped_fields": 4, "refused_requests": 1,
    }  # fmt: skip


def test_why_events_are_rejected_is_told_by_field_where_people_look(server: Server) -> None:
    server.post([message("told", "told-1", "user", cost="dear"), message("told", "told-2", "user", cost="0.25")])

    def told() -> set[str]:
        seen = server.get("/api/v1/sources").json["seen"]
        return {one["name"] for one in seen if (one["source"], one["kind"]) == ("rest", "refused")}

    until(lambda: "data.cost" in told(), 10)
    assert b"dear" not in server.get("/api/v1/sources").body


@pytest.mark.parametrize("path", ["/api/v1/events", "/v1/traces", "/loki/api/v1/push"])
def test_whoever_can_set_only_an_address_puts_the_key_into_it(server: Server, path: str) -> None:
    empty = {"/api/v1/events": (b"[]", BATCH), "/v1/traces": (b"{}", "application/json")}
    body, kind = empty.get(path, (b'{"streams":[]}', "application/json"))
    key, headers = server.said["ingest_key"], {"Content-Type": kind}
    basic = b64encode(f"anybody:{key}".encode()).decode()
    assert server.call("POST", path, body, headers | {"Authorization": f"Basic {basic}"}).status in (200, 204)
    assert server.call("POST", f"/k/{key}{path}", body, headers).status in (200, 204)
    for strange in (f"/k/{server.said['read_key']}{path}", f"/k/sbd_wrong{path}", f"/k/{path}", path):
        assert server.call("POST", strange, body, headers).status in (401, 403), strange
    assert key not in server.log


def test_what_is_ready_says_so_to_loki_s_clients(server: Server) -> None:
    for path in ("/ready", f"/k/{server.said['ingest_key']}/ready", "/loki/api/v1/push/ready"):
        answer = server.call("GET", path)
        assert (answer.status, answer.body) == (200, b"ready\n")
    assert server.call("GET", "/k/sbd_wrong/ready").status == 401
    assert server.call("GET", f"/k/{server.said['read_key']}/loki/api/v1/push/ready").status == 403


def test_a_key_in_an_address_reaches_no_log(server: Server) -> None:
    key = "sbd_in_the_address"
    for path in ("ready", "loki/api/v1/push/ready", "nothing", "api/v1/sessions", "admin/"):
        server.call("GET", f"/k/{key}/{path}")
    assert key not in server.log


def test_a_path_that_only_looks_like_the_door_is_none(server: Server) -> None:
    for path in ("/k/", "/k/x", "/k/x/api/v1/events/x", "/v1/traces/x", "/k/a/b/v1/traces"):
        assert server.call("POST", path, b"[]", {"Content-Type": BATCH}).status in (403, 404)
