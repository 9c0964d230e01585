"""The check on real servers: what is equal, what was bent, and why the application says something else."""

import json
import re
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from bson import Binary, Decimal128, Int64, ObjectId
from mongodb import SECRET, Chat, Mongo
from pymongo import MongoClient
from pymongo.monitoring import CommandListener, CommandSucceededEvent
from running import Server, event, message, talk, until

from monitoring.operations.application import Application

Fresh = Callable[..., Server]
HOUR_AGO = datetime.now(UTC) - timedelta(hours=1)
NOTHING = '{"waits":{},"models":{},"hours":{}}'
BENT = {
    "message_count": {"message_count"},
    "user_messages": {"user_messages"},
    "assistant_messages": {"assistant_messages"},
    "failed_messages": {"failed_messages"},
    "pending_messages": {"pending_messages"},
    "prompt_tokens": {"prompt_tokens"},
    "completion_tokens": {"completion_tokens"},
    "total_tokens": {"total_tokens"},
    "cost": {"total_cost"},
    "first_at": {"first_at", "conversation_duration"},
    "last_at": {"last_message_at", "conversation_duration"},
    "last_id": {"last_id"},
    "last_role": {"last_role"},
    "last_wait": {"last_wait"},
    "last_done": {"last_done"},
    "started": {"started"},
    "duration": {"duration"},
    "average_wait": {"average_wait"},
    "slowest_wait": {"slowest_wait"},
    "p95_wait": {"p95_wait"},
    "errors": {"errors"},
    "outcome": {"outcome"},
    "open_at": {"open_at"},
    "model_names": {"model_names"},
    "responses": {"responses", "average_response_time"},
    "wait_sum": {"wait_sum", "average_response_time"},
    "start_sum": {"start_sum"},
    "skewed_responses": {"skewed_responses"},
    "detail": {"histogram", "models", "hours", "gaps"},
}
"""Which figures show that a column was changed."""


def found(said: str) -> dict[tuple[str, str], str]:
    """What was said of each (session, figure)."""
    lines = re.findall(r"^session (\S+) (\w+): (.*)$", said, re.MULTILINE)
    return {(session, figure): rest for session, figure, rest in lines}


# --- against its own messages


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def alone(request: pytest.FixtureRequest, copy: Fresh) -> Iterator[Server]:
    """A server that follows nobody, on each database, and checks nothing by itself; commands beside it may."""
    made = copy(request.param, CONSISTENCY_CHECK_HOURS="0").start()
    del made.extra["CONSISTENCY_CHECK_HOURS"]
    yield made
    made.stop()


def test_what_is_kept_equals_its_messages_and_nothing_is_printed(alone: Server) -> None:
    late = talk("equal", "alice", 3)
    alone.take(late[3:])
    alone.take([*late[:3], *late[:2], event("session.started", {"session_id": "empty", "user_id": "bob"})])
    alone.take([message("equal", "p", "assistant", status="pending"), message("equal", "f", "user", status="failed")])
    said = alone.manage("check_consistency")
    assert found(said) == {}
    assert "no difference" in said
    assert "with the application" not in said


def test_every_figure_that_was_bent_is_found_with_both_values(alone: Server) -> None:
    alone.take([one for column in BENT for one in talk(f"bent-{column}", "alice")])
    for column in BENT:
        change = f"{column} + 1000000"
        if column == "detail":
            change = f"convert_to('{NOTHING}', 'UTF8')" if alone.database else f"CAST('{NOTHING}' AS BLOB)"
        elif column in ("last_id", "last_role", "outcome", "model_names"):
            change = "'another'"
        alone.sql(f"UPDATE stats_session SET {column} = {change} WHERE session_id = 'bent-{column}'")
    said = found(alone.manage("check_consistency", status=1))
    assert set(said) == {(f"bent-{column}", figure) for column, figures in BENT.items() for figure in figures}
    assert said["bent-message_count", "message_count"].startswith("1000004 here, 4 by its messages (unknown: ")
    assert said["bent-cost", "total_cost"].startswith("0.021 here, 0.02 by its messages")
    assert said["bent-responses", "responses"].startswith("1000002 here, 2 by")
    assert "'llama3.2': [2, 200, 20000000, 120, 80]} by its messages" in said["bent-detail", "models"]
    report = json.loads(last(alone))["report"]
    assert report["counts"] == {"recalculation": {"unknown": len(said)}}
    assert len(report["differences"]) == len(said)
    alone.manage("rebuild", "stats")
    assert found(alone.manage("check_consistency")) == {}


def test_messages_whose_session_is_lost_are_found(alone: Server) -> None:
    alone.take(talk("before", "alice", 1) + talk("lost", "alice") + talk("behind", "alice", 1))
    for name in ("lost", "behind"):
        ((key,),) = alone.sql(f"SELECT key FROM stats_session WHERE session_id = '{name}'")
        alone.sql(f"DELETE FROM stats_session WHERE key = {key}")
        said = found(alone.manage("check_consistency", status=1))
        assert f"#{key}" in {session for session, _ in said}
    assert {rest[:33] for rest in said.values()} == {
        "nothing here, 2 by its messages (",
        "nothing here, 4 by its messages (",
    }
    alone.manage("rebuild", "stats")


def test_a_row_that_cannot_be_read_costs_its_session_and_no_other(alone: Server) -> None:
    alone.take([one for name in ("row-a", "row-b", "row-c") for one in talk(name, "alice", 1)])
    odd = "convert_to('[]', 'UTF8')" if alone.database else "CAST('[]' AS BLOB)"
    alone.sql(f"UPDATE stats_session SET detail = {odd} WHERE session_id = 'row-b'")
    alone.sql("UPDATE stats_session SET total_tokens = 5 WHERE session_id = 'row-c'")
    said = found(alone.manage("check_consistency", status=1))
    assert set(said) == {("row-b", "row"), ("row-c", "total_tokens")}
    assert "(unreadable: " in said["row-b", "row"]
    assert set(found(alone.manage("check_consistency", "--session", "row-b", status=1))) == {("row-b", "row")}
    alone.manage("rebuild", "stats")


def test_a_check_that_fails_is_told_where_people_look_and_log_ins_are_cleared_all_the_same(copy: Fresh) -> None:
    server = copy()
    server.shell(
        "from datetime import UTC, datetime\n"
        "from django.contrib.sessions.models import Session as LogIn\n"
        "LogIn.objects.create(session_key='old', session_data='', expire_date=datetime(2020, 1, 1, tzinfo=UTC))\n"
    )
    server.extra |= {"MONITORING_UPDATE_FREQUENCY": "1"}
    server.start()
    try:
        server.take(talk("told", "alice", 1))
        server.sql("ALTER TABLE stats_message RENAME TO elsewhere")
        server.sql("DELETE FROM ingest_place WHERE name = 'consistency'")
        health = lambda: server.get("/api/v1/health").json  # noqa: E731
        (failing,) = until(lambda: [job for job in health()["jobs"] if job["name"] == "consistency check"], 20)
        assert "stats_message" in failing["error"]
        assert health()["status"] == "unwell"
        assert "stats_message" in server.get("/api/v1/consistency").json["error"]
        until(lambda: not server.sql("SELECT 1 FROM django_session WHERE session_key = 'old'"), 20)
        server.sql("ALTER TABLE elsewhere RENAME TO stats_message")
        until(lambda: not health()["jobs"], 20)
        assert server.get("/api/v1/consistency").json["error"] == ""
    finally:
        server.stop()


@pytest.mark.parametrize("words", [["check_consistency"], ["verify_journal"], ["rebuild"], ["first_run"]])
def test_a_command_that_could_not_be_done_ends_with_status_2(tmp_path: Path, words: list[str]) -> None:
    said = Server(tmp_path).manage(*words, status=2)
    assert "the database cannot be used" in said
    assert "Traceback" not in said


def last(server: Server) -> str:
    rows = server.rows("ingest_place")
    return str(next(row[1] for row in rows if row[0] == "consistency"))


def test_a_question_that_an_answer_never_had_is_found(alone: Server) -> None:
    alone.take(talk("asked", "alice"))
    alone.sql("UPDATE stats_message SET asked_at = asked_at + 7 WHERE message_id = 'asked-a1'")
    assert set(found(alone.manage("check_consistency", "--session", "asked", status=1))) == {("asked", "asked_at")}
    assert found(alone.manage("check_consistency", "--session", "equal")) == {}
    assert "no session nobody" in alone.manage("check_consistency", "--session", "nobody", status=2)
    alone.sql("UPDATE stats_message SET asked_at = asked_at - 7 WHERE message_id = 'asked-a1'")


def test_a_session_that_changes_meanwhile_is_no_difference(alone: Server) -> None:
    ending = threading.Event()

    def speak() -> None:
        turn = 0
        while not ending.is_set():
            turn += 1
            alone.post([message("busy", f"busy-{turn}-{n}", "user" if n % 2 else "assistant") for n in range(20)])

    speaking = threading.Thread(target=speak)
    speaking.start()
    try:
        for _ in range(2):
            assert found(alone.manage("check_consistency")) == {}
    finally:
        ending.set()
        speaking.join()
    alone.folded(alone.position())
    assert "0 with" not in alone.manage("check_consistency", "--session", "busy")


def test_the_check_that_is_due_is_done_once_by_one(alone: Server) -> None:
    alone.take(talk("due", "alice", 1))
    said = alone.shell(
        "from monitoring.operations.check_job import *\n"
        "from monitoring.operations.reader import *\n"
        "from monitoring.ingest.source_state import forget\n"
        "from django.conf import settings\n"
        "forget('consistency')\n"
        "take_lease('consistency', 'another', 60)\n"
        "said = [check_if_due()]\n"
        "drop_lease('consistency', 'another')\n"
        "said += [check_if_due(lambda: True), last_report() is None, check_if_due(), check_if_due()]\n"
        "report = last_report().report\n"
        "said += [is_due(time() + 25 * 3600), size() == report.position, report.found, report.error]\n"
        "settings.CONSISTENCY_CHECK_HOURS = 0\n"
        "said += [check_if_due()]\n"
        "print(said)"
    )
    assert "[False, False, True, True, False, False, True, 0, '', False]" in said
    alone.take(talk("later", "alice", 1))
    due = "from monitoring.operations.check_job import *; print([is_due(time()), is_due(time() + 25 * 3600)])"
    assert "[False, True]" in alone.shell(due)


# --- against the application


@dataclass
class Watched:
    """The application's database, and a server that follows it."""

    chat: Chat
    server: Server

    def talk(self, session: str, turns: int = 2, begin: datetime = HOUR_AGO) -> None:
        """Written, counted by the application, and arrived here."""
        self.chat.session(session, "alice", begin)
        for turn in range(turns):
            at = begin + timedelta(seconds=60 * turn)
            self.chat.ask(f"{session}-{turn}", session, "alice", at)
            self.chat.answer(f"{session}-{turn}", session, at + timedelta(seconds=2 + turn))
        self.chat.count(session)
        self.arrived(session, message_count=2 * turns, total_tokens=100 * turns, pending_messages=0)

    def arrived(self, session: str, **figures: Any) -> None:
        def equal() -> bool:
            answer = self.server.get(f"/api/v1/sessions/{session}/statistics")
            return answer.status == 200 and all(answer.json[name] == value for name, value in figures.items())

        until(equal, 20, f"{session}: {figures}")

    def store(self, session: str, **figures: Any) -> None:
        """What the application keeps of a session, whatever it should be."""
        self.chat.database.chat_sessions.update_one({"id": session}, {"$set": figures})

    def check(self, session: str, status: int = 1) -> dict[str, str]:
        """What is said of each figure of a session."""
        said = found(self.server.manage("check_consistency", "--session", session, status=status))
        assert {name for name, _ in said} <= {session}
        return {figure: rest for (_, figure), rest in said.items()}


@pytest.fixture(scope="module")
def mongo() -> Iterator[Mongo]:
    made = Mongo().start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def watched(mongo: Mongo, copy: Fresh) -> Iterator[Watched]:
    server = copy("sqlite", CHAT_MONGODB_URL=mongo.url, CHAT_MONGODB_DATABASE="brain").start()
    with mongo.client() as client:
        made = Watched(Chat(client["brain"]), server)
        made.talk("first")
        until(lambda: '"phase":"changes"' in str(server.rows("ingest_place")), 20, "the follower follows")
        yield made
    server.stop()


def test_what_the_application_stored_equals_what_is_kept(watched: Watched) -> None:
    watched.talk("equal", 3)
    roles = {"user_messages": 3, "assistant_messages": 3}
    watched.store("equal", **roles, average_response_time=3.0, conversation_duration=120.02)
    watched.server.take(talk("of-nobody", "alice"))
    said = watched.server.manage("check_consistency")
    assert found(said) == {}
    assert "2 compared with the application; 1 are not from the application; no difference" in said


def test_what_changed_a_moment_ago_is_late(watched: Watched) -> None:
    watched.talk("late", 1)
    watched.chat.ask("late-now", "late", "alice", datetime.now(UTC))
    watched.arrived("late", message_count=4)
    said = watched.check("late")
    assert set(said) == {"message_count", "last_message_at"}
    assert said["message_count"].startswith("4 here, 2 in the application (late: ")


def test_a_message_deleted_in_the_application_is_named_deleted(watched: Watched) -> None:
    watched.talk("cut")
    watched.chat.database.chat_messages.delete_one({"id": "cut-1-a"})
    watched.chat.count("cut")
    said = watched.check("cut")
    assert said["message_count"].startswith("4 here, 3 in the application (deleted: ")
    assert set(said) == {"message_count", "last_message_at"}


def test_a_session_deleted_in_the_application_is_named_deleted(watched: Watched) -> None:
    watched.talk("gone")
    watched.chat.delete("gone")
    closed = "SELECT 1 FROM stats_session WHERE session_id = 'gone' AND end_reason = 'closed'"
    until(lambda: watched.server.sql(closed), 40, "its end")
    assert watched.check("gone")["message_count"].startswith("4 here, nothing in the application (deleted: ")


def test_a_count_that_its_own_documents_contradict_is_the_application_s_own(watched: Watched) -> None:
    watched.talk("own")
    before = HOUR_AGO.replace(tzinfo=None)
    watched.store("own", message_count=99, total_tokens="many", total_cost=1.5, last_message_at=before)
    said = watched.check("own")
    assert said["message_count"].startswith("4 here, 99 in the application (application's own count: ")
    assert said["total_tokens"].startswith("200 here, a str in")
    assert said["total_cost"].startswith("0 here, 1.5 in")
    assert set(said) == {"message_count", "total_tokens", "total_cost", "last_message_at"}
    assert all("(application's own count: " in rest for rest in said.values())


def test_lower_case_words_that_find_no_roles_are_the_role_case(watched: Watched) -> None:
    watched.talk("roles")
    watched.store("roles", user_messages=0, assistant_messages=0, average_response_time=0.0)
    said = watched.check("roles")
    assert said["user_messages"].startswith("2 here, 0 in the application (role case: ")
    assert said["average_response_time"].startswith("2.5 here, 0 in the application (role case: ")
    assert "(role case: " in said["assistant_messages"]


def test_a_response_time_to_the_answer_s_beginning_is_the_wrong_clock(watched: Watched) -> None:
    watched.talk("clock")
    watched.store("clock", average_response_time=0.02)
    said = watched.check("clock")["average_response_time"]
    assert said.startswith("2.5 here, 0.02 in the application (wrong clock: ")


def test_a_message_from_another_source_is_named_so(watched: Watched) -> None:
    watched.talk("both", 1)
    watched.server.take([message("both", "both-extra", "user", HOUR_AGO + timedelta(seconds=50))])
    said = watched.check("both")
    assert said["message_count"].startswith("3 here, 2 in the application (from another source: ")
    assert "(from another source: " in said["last_message_at"]


def test_what_cannot_be_taken_in_is_missing_here(watched: Watched) -> None:
    watched.talk("short", 1)
    strange = {"id": "strange", "session_id": "short", "role": "USER", "created_at": HOUR_AGO, "updated_at": HOUR_AGO}
    watched.chat.database.chat_messages.insert_one(strange)
    watched.chat.count("short")
    watched.chat.database.chat_sessions.insert_one({"id": "nameless", "message_count": 7, "updated_at": HOUR_AGO})
    assert watched.check("short")["message_count"].startswith("2 here, 3 in the application (missing here: ")
    assert watched.check("nameless")["message_count"].startswith("nothing here, 7 in the application (missing here: ")
    whole = found(watched.server.manage("check_consistency", status=1))
    assert "(missing here: " in whole["nameless", "message_count"]


ODD: list[Any] = [
    "2026-01-05T10:00:00", None, [], {}, True, 3.5, float("nan"), float("inf"), ObjectId(), Decimal128("NaN"),
    Decimal128("1E+6000"), Int64(-5), Binary(b"x" * 16, 4),
]  # fmt: skip


def test_an_odd_value_in_a_document_ends_no_check(watched: Watched) -> None:
    watched.talk("plain")
    watched.server.sql("UPDATE stats_session SET total_tokens = 5 WHERE session_id = 'plain'")
    for place, value in enumerate(ODD):
        watched.talk(f"odd-{place}", 1)
        fields = ("created_at", "updated_at", "message_count", "total_tokens", "total_cost", "last_message_at")
        watched.store(f"odd-{place}", **dict.fromkeys(fields, value))
        of = {"session_id": f"odd-{place}"}
        watched.chat.database.chat_messages.update_many(of, {"$set": {"created_at": value, "updated_at": value}})
        watched.chat.database.token_usage.update_many(of, {"$set": {"total_tokens": value, "cost": value}})
        listed = {"id": ["plain", f"odd-{place}"], "session_id": ["plain"], "message_count": value}
        watched.chat.database.chat_sessions.insert_one(listed)
        watched.chat.database.chat_messages.insert_one({"id": place, **listed})
    said = watched.server.manage("check_consistency", status=1)
    assert "Traceback" not in said
    assert found(said)["plain", "total_tokens"].startswith("5 here, 200 ")
    assert "could not be read" not in said
    watched.chat.database.chat_sessions.delete_many({"session_id": ["plain"]})
    watched.chat.database.chat_messages.delete_many({"session_id": ["plain"]})


def test_equal_sums_in_another_form_are_no_difference(watched: Watched) -> None:
    watched.talk("forms")
    cost = Decimal128("0.000000000000")
    watched.store("forms", message_count=Decimal128("4.0"), total_tokens=Int64(200), total_cost=cost)
    assert watched.check("forms", status=0) == {}
    watched.store("forms", message_count=4.0, total_tokens=Decimal128("2E+2"), total_cost=Decimal128("0E+3"))
    assert watched.check("forms", status=0) == {}
    watched.store("forms", total_tokens=Decimal128("201"))
    assert watched.check("forms")["total_tokens"].startswith("200 here, 201 in the application (")


def test_a_session_that_nobody_saw_going_is_not_there(watched: Watched) -> None:
    started = event("session.started", {"session_id": "ghost", "user_id": "alice"}, HOUR_AGO)
    watched.server.take([started | {"source": "mongodb/brain"}])
    assert watched.check("ghost")["message_count"].startswith("0 here, nothing in the application (not there: ")


def test_a_figure_bent_here_is_told_twice_and_nobody_knows_why(watched: Watched) -> None:
    watched.talk("bent")
    watched.server.sql("UPDATE stats_session SET total_tokens = 5 WHERE session_id = 'bent'")
    said = watched.server.manage("check_consistency", "--session", "bent", status=1)
    assert "session bent total_tokens: 5 here, 200 by its messages (unknown: " in said
    assert "session bent total_tokens: 5 here, 200 in the application (unknown: " in said
    assert "in the application" not in watched.server.manage(
        "check_consistency", "--session", "bent", "--no-application", status=1
    )


def test_without_a_follower_what_is_missing_is_late(copy: Fresh, mongo: Mongo) -> None:
    server = copy("sqlite", CHAT_MONGODB_URL=mongo.url, CHAT_MONGODB_DATABASE="unfollowed")
    with mongo.client() as client:
        chat = Chat(client["unfollowed"])
        chat.session("S1", "alice", HOUR_AGO)
        chat.ask("S1-0", "S1", "alice", HOUR_AGO)
        server.manage("follow_mongodb", "--once")
        server.manage("rebuild")
        chat.answer("S1-0", "S1", HOUR_AGO + timedelta(seconds=2))
        chat.count("S1")
        chat.session("S2", "alice", HOUR_AGO)
    server.sql("DELETE FROM ingest_place WHERE name = 'mongodb status'")
    said = found(server.manage("check_consistency", status=1))
    assert said["S1", "total_tokens"].startswith("0 here, 100 in the application (late: ")
    assert said["S2", "message_count"].startswith("nothing here, 0 in the application (late: ")


class Heard(CommandListener):
    """What the application's database answered."""

    def __init__(self) -> None:
        self.replies: list[str] = []

    def started(self, event: object) -> None: ...

    def failed(self, event: object) -> None: ...

    def succeeded(self, event: CommandSucceededEvent) -> None:
        self.replies.append(str(event.reply))


def test_titles_and_contents_are_never_asked_for(watched: Watched, mongo: Mongo) -> None:
    watched.talk("silent", 1)
    heard = Heard()
    with MongoClient[dict[str, Any]](mongo.url, event_listeners=[heard]) as client:
        application = Application(client["brain"])
        assert application.stored(["silent"])["silent"]["message_count"] == 2
        assert application.counted(["silent", "none"])["silent"].messages == 2
        assert application.averages("silent").whole == 2.0
        assert any("silent" in page for page in application.all())
    words = "".join(heard.replies)
    assert "silent" in words
    assert SECRET not in words


# --- what can go wrong


def test_where_the_application_cannot_be_asked_the_own_check_is_done_still(copy: Fresh) -> None:
    url = "mongodb://sbdash:hunter2@127.0.0.1:1/brain"
    server = copy("sqlite", FOLLOW_INSIDE="false", CHAT_MONGODB_URL=url).start()
    try:
        server.take(talk("S1", "alice"))
    finally:
        server.stop()
    server.sql("UPDATE stats_session SET total_tokens = 5")
    said = server.manage("check_consistency", status=2)
    assert "the chat application's database could not be read: " in said
    assert "1 sessions with 4 messages checked" in said
    assert "hunter2" not in said
    assert set(found(said)) == {("S1", "total_tokens")}
    assert json.loads(last(server))["report"]["error"]


def test_sigterm_ends_it_and_it_says_what_it_did(copy: Fresh) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"mongodb://127.0.0.1:{silent.getsockname()[1]}/brain"
        server = copy("sqlite", CHAT_MONGODB_URL=url, FOLLOW_INSIDE="false").start()
        server.take(talk("S1", "alice"))
        server.stop()
        process = server.begin("check_consistency")
        silent.settimeout(20)
        silent.accept()[0].close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 128 + signal.SIGTERM
    assert "1 sessions with 4 messages checked" in server.log
    assert "ended early" in server.log
    assert server.sql("SELECT * FROM ingest_place WHERE name = 'consistency'") == []
