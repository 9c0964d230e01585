"""The follower against a server that speaks MongoDB's wire protocol: history, changes, faults, what stays behind."""

import json
import re
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from bson import Binary, Decimal128, ObjectId
from mongodb import SECRET, Chat, Mongo
from running import Server, until

Fresh = Callable[..., Server]
HOUR_AGO = datetime.now(UTC) - timedelta(hours=1)


@pytest.fixture(scope="module")
def mongo() -> Iterator[Mongo]:
    made = Mongo().start()
    yield made
    made.stop()


@pytest.fixture
def chat(mongo: Mongo, request: pytest.FixtureRequest) -> Iterator[Chat]:
    """A chat database of the test's own."""
    with mongo.client() as client:
        yield Chat(client[re.sub(r"\W", "_", request.node.name)[:50]])


def follower_of(copy: Fresh, mongo: Mongo, chat: Chat, kind: str = "sqlite") -> Server:
    return copy(kind, CHAT_MONGODB_URL=mongo.url, CHAT_MONGODB_DATABASE=chat.database.name)


def write_talk(chat: Chat, session: str, user: str, turns: int, begin: datetime = HOUR_AGO) -> None:
    chat.session(session, user, begin)
    for turn in range(turns):
        at = begin + timedelta(seconds=60 * turn)
        chat.ask(f"{session}-{turn}", session, user, at)
        chat.answer(f"{session}-{turn}", session, at + timedelta(seconds=2 + turn))


def status(server: Server) -> dict[str, Any]:
    found = [row[1] for row in server.rows("ingest_place") if row[0] == "mongodb status"]
    return dict(json.loads(found[0])) if found else {}


def stop(process: "subprocess.Popen[bytes]", number: int = signal.SIGTERM) -> None:
    process.send_signal(number)
    process.wait(15)


def messages(server: Server, session: str) -> int:
    answer = server.get(f"/api/v1/sessions/{session}/statistics")
    return int(answer.json["message_count"]) if answer.status == 200 else 0


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_history_is_read_once_and_exactly(copy: Fresh, mongo: Mongo, chat: Chat, kind: str) -> None:
    write_talk(chat, "S1", "alice", 3)
    chat.upper = False
    write_talk(chat, "S2", "bob", 2)
    chat.vote("S1-0-a", "alice", "up", HOUR_AGO)
    server = follower_of(copy, mongo, chat, kind)
    server.manage("follow_mongodb", "--once")
    first = server.rows("journal_entry")
    server.manage("follow_mongodb", "--once")
    assert server.rows("journal_entry") == first
    server.manage("rebuild")
    server.extra = {}
    try:
        server.start()
        figures = server.figures("S1")
        assert figures["message_count"] == 6
        assert figures["total_tokens"] == 300
        assert figures["average_response_time"] == pytest.approx(3.0)
        assert figures["average_time_to_start"] == pytest.approx(0.02)
        assert (figures["votes_up"], figures["pending_messages"]) == (1, 0)
        assert server.figures("S2")["user_messages"] == 2
    finally:
        server.stop()


def test_changes_are_figures_within_a_second(copy: Fresh, mongo: Mongo, chat: Chat) -> None:
    write_talk(chat, "S1", "alice", 1)
    server = follower_of(copy, mongo, chat).start()
    try:
        until(lambda: messages(server, "S1") == 2, 20, "the history")
        until(lambda: status(server).get("phase") == "changes", 10)
        chat.ask("new", "S1", "alice", datetime.now(UTC))
        until(lambda: server.figures("S1")["pending_messages"] == 1, 2, "the pending answer")
        chat.answer("new", "S1", datetime.now(UTC), tokens=50)
        until(lambda: server.figures("S1")["total_tokens"] == 150, 2, "its tokens")
        assert server.figures("S1")["pending_messages"] == 0
    finally:
        server.stop()
    assert "follow_mongodb ended" not in server.log


def test_a_failed_answer_counts_as_failed(copy: Fresh, mongo: Mongo, chat: Chat) -> None:
    chat.session("S1", "alice", HOUR_AGO)
    chat.ask("x", "S1", "alice", HOUR_AGO)
    chat.answer("x", "S1", HOUR_AGO + timedelta(seconds=3), "FAILED")
    server = follower_of(copy, mongo, chat)
    server.manage("follow_mongodb", "--once")
    server.manage("rebuild")
    (row,) = server.sql("SELECT failed_messages, pending_messages FROM stats_session")
    assert row == (1, 0)


def test_a_deleted_session_ends_and_keeps_its_figures(copy: Fresh, mongo: Mongo, chat: Chat) -> None:
    for name in ("seen", "unseen"):
        write_talk(chat, name, "alice", 2)
    server = follower_of(copy, mongo, chat)
    server.manage("follow_mongodb", "--once")
    chat.delete("seen")
    server.manage("follow_mongodb", "--once")
    chat.delete("unseen")
    server.sql("DELETE FROM ingest_place")  # the token is gone too: only a look at what is left can tell
    server.manage("follow_mongodb", "--once")
    server.manage("rebuild")
    rows = server.sql("SELECT session_id, end_reason, message_count, total_tokens FROM stats_session ORDER BY 1")
    assert rows == [("seen", "closed", 4, 200), ("unseen", "closed", 4, 200)]
    assert server.sql("SELECT * FROM ingest_foreignname") == []


def test_an_answer_whose_document_is_deleted_at_once_is_finished_all_the_same(
    copy: Fresh, mongo: Mongo, chat: Chat
) -> None:
    chat.session("S1", "alice", HOUR_AGO)
    chat.ask("x", "S1", "alice", HOUR_AGO)
    server = follower_of(copy, mongo, chat)
    server.manage("follow_mongodb", "--once")
    chat.answer("x", "S1", HOUR_AGO + timedelta(seconds=7))
    chat.delete("S1")
    server.manage("follow_mongodb", "--once")
    server.manage("rebuild")
    assert server.sql("SELECT pending_messages, wait_sum, total_tokens, end_reason FROM stats_session") == [
        (0, 7_000_000, 100, "closed")
    ]


def test_a_vote_taken_back_is_taken_back_where_the_server_keeps_what_was(copy: Fresh, mongo: Mongo, chat: Chat) -> None:
    chat.database.create_collection("message_votes", changeStreamPreAndPostImages={"enabled": True})
    write_talk(chat, "S1", "alice", 1)
    chat.vote("S1-0-a", "alice", "up", HOUR_AGO)
    server = follower_of(copy, mongo, chat)
    server.manage("follow_mongodb", "--once")
    chat.database.message_votes.delete_one({"message_id": "S1-0-a"})
    server.manage("follow_mongodb", "--once")
    server.manage("rebuild")
    assert server.sql("SELECT votes_up FROM stats_session") == [(0,)]


def test_words_never_leave_the_server_nor_reach_a_disk(copy: Fresh, mongo: Mongo, chat: Chat) -> None:
    write_talk(chat, "S1", "alice", 2)
    with Overhearing(mongo.port) as line:
        server = follower_of(copy, mongo, chat)
        server.extra["CHAT_MONGODB_URL"] = f"mongodb://127.0.0.1:{line.port}/?directConnection=true"
        server.manage("follow_mongodb", "--once")
        chat.ask("late", "S1", "alice", HOUR_AGO)
        chat.answer("late", "S1", HOUR_AGO)
        server.manage("follow_mongodb", "--once")
    heard = b"".join(line.heard)
    assert b"late-a" in heard
    assert SECRET.encode() not in heard
    kept = b"".join(path.read_bytes() for path in Path(server.folder).rglob("*") if path.is_file())
    assert b"late-a" in kept
    assert SECRET.encode() not in kept


def test_the_length_of_a_text_is_counted_by_the_server(copy: Fresh, mongo: Mongo, chat: Chat) -> None:
    chat.session("S1", "alice", HOUR_AGO)
    chat.message("m", "S1", "alice", "user", "COMPLETED", HOUR_AGO, "Grüße 🐦")
    server = follower_of(copy, mongo, chat)
    server.manage("follow_mongodb", "--once")
    chat.message("n", "S1", "alice", "user", "COMPLETED", HOUR_AGO, "four")
    server.manage("follow_mongodb", "--once")
    server.manage("rebuild")
    assert server.sql("SELECT characters FROM stats_message ORDER BY message_id") == [(7,), (4,)]


def test_a_strange_document_is_counted_and_harms_no_other(copy: Fresh, mongo: Mongo, chat: Chat) -> None:
    chat.database.chat_messages.insert_many(
        [{"id": "x", "role": "USER"}, {"nonsense": True}, {"id": 5, "created_at": "yesterday"}]
    )
    chat.database.token_usage.insert_one({"id": "t", "message_id": "m", "session_id": "s", "prompt_tokens": "12"})
    write_talk(chat, "S1", "alice", 1)
    server = follower_of(copy, mongo, chat)
    said = server.manage("follow_mongodb", "--once")
    assert "document refused: chat_messages status: missing" in said
    counted = {(row[1], row[3]): row[4] for row in server.rows("ingest_sighting")}
    assert sum(counted.values()) == 3
    assert {source for source, _ in counted} == {"mongodb"}
    assert len(server.entries()) == 5


def test_odd_values_cost_those_values_and_are_counted_by_name(copy: Fresh, mongo: Mongo, chat: Chat) -> None:
    odd: list[Any] = [[], {}, float("nan"), -1, "None", ObjectId(), Binary(b"x" * 16, 4), Decimal128("Infinity")]
    for place, value in enumerate(odd):
        write_talk(chat, f"odd-{place}", "alice", 1)
        of = {"session_id": f"odd-{place}"}
        chat.database.chat_messages.update_many(of, {"$set": {"updated_at": value, "token_usage": value}})
        chat.database.token_usage.update_many(of, {"$set": {"prompt_tokens": value, "cost": value}})
        chat.database.chat_messages.insert_one({"id": [f"odd-{place}-0-q"], "role": value, "status": "PENDING"})
        chat.vote(f"odd-{place}-0-q", "alice", "up", HOUR_AGO)
    chat.session("nul\0", "alice", HOUR_AGO)
    chat.database.chat_messages.insert_one({"_id": datetime.max, "id": "late", "status": "PENDING", "created_at": "x"})
    whole = {"prompt_tokens": 30.0, "completion_tokens": Decimal128("12.00"), "total_tokens": "42"}
    write_talk(chat, "whole", "alice", 1)
    chat.database.token_usage.update_one({"session_id": "whole"}, {"$set": whole})
    server = follower_of(copy, mongo, chat, "postgresql")
    for _ in range(2):  # what is left behind is read again
        assert "Traceback" not in server.manage("follow_mongodb", "--once")
    server.manage("rebuild", "stats")
    rows = server.sql("SELECT session_id, message_count, completion_tokens, votes_up FROM stats_session ORDER BY 1")
    assert rows == [*((f"odd-{place}", 2, 60, 1) for place in range(len(odd))), ("whole", 2, 12, 0)]
    unread = {row[3]: row[4] for row in server.rows("ingest_sighting") if row[2] == "unreadable"}
    assert unread["token_usage prompt_tokens"] == unread["token_usage cost"] == len(odd)
    assert unread["chat_messages updated_at"] >= len(odd)


def test_another_database_is_read_from_its_beginning_and_ends_nobody_s_sessions(
    copy: Fresh, mongo: Mongo, chat: Chat
) -> None:
    write_talk(chat, "old", "alice", 1)
    server = follower_of(copy, mongo, chat)
    server.manage("follow_mongodb", "--once")
    with mongo.client() as client:
        other = Chat(client[f"{chat.database.name[:40]}_other"])
        write_talk(other, "new", "bob", 1)
        server.extra["CHAT_MONGODB_DATABASE"] = other.database.name
        server.manage("follow_mongodb", "--once")
    server.manage("rebuild")
    rows = server.sql("SELECT session_id, message_count, end_reason FROM stats_session ORDER BY 1")
    assert rows == [("new", 2, None), ("old", 2, None)]


OUR_PLACE = "name LIKE 'mongodb %' AND name <> 'mongodb status'"


def test_a_history_that_was_read_but_not_swept_is_swept(copy: Fresh, mongo: Mongo, chat: Chat) -> None:
    write_talk(chat, "gone", "alice", 1)
    server = follower_of(copy, mongo, chat)
    server.manage("follow_mongodb", "--once")
    ((state,),) = server.sql(f"SELECT state FROM ingest_place WHERE {OUR_PLACE}")
    place = json.loads(state)
    with mongo.client() as client, client[chat.database.name].watch() as stream:
        chat.delete("gone")
        while stream.next()["ns"]["coll"] != "chat_sessions":
            pass
        place["token"] = json.dumps(stream.resume_token)
    place["done"].remove("swept")
    server.sql(f"UPDATE ingest_place SET state = '{json.dumps(place)}' WHERE {OUR_PLACE}")
    server.manage("follow_mongodb", "--once")
    server.manage("rebuild")
    assert server.sql("SELECT end_reason FROM stats_session") == [("closed",)]


def test_a_follower_that_is_killed_goes_on_where_it_stopped(copy: Fresh, mongo: Mongo, chat: Chat) -> None:
    for number in range(60):
        write_talk(chat, f"S{number}", f"user-{number}", 10)
    server = follower_of(copy, mongo, chat)
    for count in (1, 200, 800):
        process = server.begin("follow_mongodb")
        until(lambda least=count: len(server.sql("SELECT position FROM journal_entry")) >= least, 20)
        process.kill()
        process.wait()
        server.sql("UPDATE journal_lease SET expires = 0")
    server.manage("follow_mongodb", "--once")
    server.manage("rebuild")
    rows = server.sql("SELECT message_count, total_tokens, responses, wait_sum FROM stats_session")
    assert rows == [(20, 1000, 10, sum(range(2, 12)) * 1_000_000)] * 60
    server.manage("verify_journal")


def test_of_two_followers_one_works_and_the_other_takes_over(copy: Fresh, mongo: Mongo, chat: Chat) -> None:
    write_talk(chat, "S1", "alice", 1)
    server = follower_of(copy, mongo, chat)
    first = server.begin("follow_mongodb")
    holder = until(lambda: server.sql("SELECT holder FROM journal_lease WHERE term = 1"), 15)
    until(lambda: status(server).get("phase") == "changes", 15)
    second = server.begin("follow_mongodb")
    for _ in range(40):  # who waits says nothing of itself
        assert status(server)["phase"] == "changes"
        threading.Event().wait(0.1)
    assert "another follower runs already" in server.manage("follow_mongodb", "--once", status=1)
    first.send_signal(signal.SIGSTOP)
    until(lambda: server.sql("SELECT holder FROM journal_lease WHERE term = 2"), 12, "the second takes over")
    assert server.sql("SELECT holder FROM journal_lease") != holder
    first.send_signal(signal.SIGCONT)  # it comes back from its pause, and finds that it is not its turn any more
    chat.ask("x", "S1", "alice", datetime.now(UTC))
    chat.answer("x", "S1", datetime.now(UTC))
    until(lambda: len(server.entries()) == 8, 10, "the change")
    stop(second)
    until(lambda: server.sql("SELECT holder FROM journal_lease WHERE term = 3") == holder, 12, "the first again")
    stop(first)
    assert len(server.entries()) == 8


def test_a_lost_server_is_waited_for_and_nothing_is_lost(copy: Fresh) -> None:
    mongo = Mongo().start()
    with mongo.client() as client:
        chat = Chat(client["brain"])
        write_talk(chat, "S1", "alice", 1)
    server = copy("sqlite", CHAT_MONGODB_URL=mongo.url, CHAT_MONGODB_DATABASE="brain")
    process = server.begin("follow_mongodb")
    try:
        until(lambda: status(server).get("phase") == "changes", 15)
        mongo.kill()
        until(lambda: status(server).get("phase") == "waiting", 30, "that it waits")
        assert status(server)["error"]
        mongo.start()
        with mongo.client() as client:
            Chat(client["brain"]).ask("x", "S1", "alice", datetime.now(UTC))
        until(lambda: len(server.entries()) == 6, 40, "the change after the fault")
        until(lambda: status(server)["error"] == "", 10)
    finally:
        stop(process)
        mongo.stop()


def test_where_the_server_forgot_the_changes_the_history_is_read_again(copy: Fresh) -> None:
    mongo = Mongo(options={"oplog_max_entries": 20}).start()
    try:
        with mongo.client() as client:
            chat = Chat(client["brain"])
            write_talk(chat, "S1", "alice", 1)
            server = copy("sqlite", CHAT_MONGODB_URL=mongo.url, CHAT_MONGODB_DATABASE="brain")
            server.manage("follow_mongodb", "--once")
            write_talk(chat, "S2", "alice", 50)
            client["other"].filler.insert_many([{"n": n} for n in range(500)])
            client.admin.command("secantusAdmin.pruneOplog")
            said = server.manage("follow_mongodb", "--once")
        assert "reading the history again" in said
        server.manage("rebuild")
        rows = server.sql("SELECT session_id, message_count, total_tokens FROM stats_session ORDER BY 1")
        assert rows == [("S1", 2, 100), ("S2", 100, 5000)]
    finally:
        mongo.stop()


def test_without_change_streams_it_polls_and_misses_nothing(copy: Fresh) -> None:
    mongo = Mongo(options={"replica_set_name": None}).start()
    with mongo.client() as client:
        chat = Chat(client["brain"])
        write_talk(chat, "S1", "alice", 2)
        write_talk(chat, "gone", "bob", 1)
        server = copy("sqlite", CHAT_MONGODB_URL=mongo.url, CHAT_MONGODB_DATABASE="brain")
        process = server.begin("follow_mongodb")
        try:
            until(lambda: status(server).get("phase") == "polling", 15)
            chat.ask("x", "S1", "alice", datetime.now(UTC))
            until(lambda: len(server.entries()) == 1 + 6 + 1 + 3 + 2, 5, "the question")
            chat.answer("x", "S1", datetime.now(UTC))
            until(lambda: len(server.entries()) == 1 + 6 + 1 + 3 + 4, 5, "the answer")
        finally:
            stop(process)
        chat.delete("gone")
        server.manage("follow_mongodb", "--once")
    mongo.stop()
    server.manage("rebuild")
    rows = server.sql("SELECT session_id, message_count, pending_messages, end_reason FROM stats_session ORDER BY 1")
    assert rows == [("S1", 6, 0, None), ("gone", 2, 0, "closed")]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "set CHAT_MONGODB_URL"),
        ("nonsense", "is not an address"),
        ("mongodb://127.0.0.1:1/", "CHAT_MONGODB_DATABASE"),
    ],
)
def test_a_setting_that_cannot_work_is_said_in_a_sentence(copy: Fresh, url: str, words: str) -> None:
    server = copy("sqlite", CHAT_MONGODB_URL=url)
    assert words in server.manage("follow_mongodb", "--once", status=1)


def test_an_unreachable_server_is_reported_without_its_password(copy: Fresh) -> None:
    url = "mongodb://sbdash:hunter2@127.0.0.1:1/brain?serverSelectionTimeoutMS=200"
    server = copy("sqlite", CHAT_MONGODB_URL=url)
    process = server.begin("follow_mongodb")
    until(lambda: status(server).get("phase") == "waiting", 20)
    stop(process)
    assert "hunter2" not in server.log + json.dumps(status(server))


class Overhearing:
    """A wire to a server on which everything is heard that comes back from it."""

    def __init__(self, port: int) -> None:
        self.heard: list[bytes] = []
        self._there = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])

    def __enter__(self) -> "Overhearing":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                here, _ = self._listener.accept()
            except OSError:
                return
            there = socket.create_connection(("127.0.0.1", self._there))
            threading.Thread(target=self._pass, args=(here, there, None), daemon=True).start()
            threading.Thread(target=self._pass, args=(there, here, self.heard), daemon=True).start()

    def _pass(self, source: Any, target: Any, heard: list[bytes] | None) -> None:
        try:
            while data := source.recv(65_536):
                if heard is not None:
                    heard.append(data)
                target.sendall(data)
        except OSError:
            pass
        finally:
            source.close()
            target.close()
