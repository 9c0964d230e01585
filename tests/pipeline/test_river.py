"""Along the whole river, on each database: what is sent is counted exactly, whatever the order, and made again."""

import json
import random
import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from recalculation import recalculated
from running import FOLDED, Server, event, message, talk, until

from monitoring.events.envelope import Event, parse_all

Fresh = Callable[..., Server]
EIGHT = [
    "message_count", "total_tokens", "total_cost", "last_message_at", "average_response_time",
    "conversation_duration", "user_messages", "assistant_messages",
]  # fmt: skip


def story(prefix: str, seed: int = 5, amount: int = 400) -> list[dict[str, Any]]:
    """Questions and answers of six sessions in every state, token records, and all of it shuffled."""
    chance, made = random.Random(seed), []
    begin = datetime.now(UTC) - timedelta(minutes=50)
    for number in range(amount // 2):
        session, at = f"{prefix}-S{chance.randrange(6)}", begin + timedelta(seconds=chance.randrange(2_400))
        id = f"{prefix}-{chance.choice('aAbB')}{number}"
        role = chance.choice(["user", "assistant", "assistant", "system"])
        more = {"model": chance.choice(["llama3.2", "qwen"]), "prompt_tokens": chance.randrange(90), "cost": 0.001}
        if role == "assistant":
            made.append(message(session, id, role, at, status="pending", **more))
            more["completed_at"] = (at + timedelta(milliseconds=chance.randrange(40_000))).isoformat()
            more["status"] = chance.choice(["completed", "completed", "failed"])
        made.append(message(session, id, role, at, user_id="alice", **more))
        if chance.random() < 0.3:
            tokens = {"prompt_tokens": 8, "completion_tokens": 3, "total_tokens": 11, "cost": 0.002}
            made.append(event("token_usage", {"message_id": id, "session_id": session, "model": "zephyr"} | tokens, at))
    chance.shuffle(made)
    return made


def expected(events: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The eight figures of each session, from the beginning."""
    parsed = list(parse_all([json.dumps(raw).encode() for raw in events], datetime.now(UTC)))
    figures, _ = recalculated([(n, one.at, one.data) for n, one in enumerate(parsed) if isinstance(one, Event)])
    return {session: eight(found) for session, found in figures.items()}


def eight(found: dict[str, Any]) -> dict[str, Any]:
    last = datetime.fromtimestamp(found["last_at"] / 1e6, UTC).isoformat(timespec="milliseconds")
    values = [
        found["message_count"], found["total_tokens"], found["cost"] / 1e9, last.replace("+00:00", "Z"),
        found["wait_sum"] / 1e6 / found["responses"] if found["responses"] else 0.0,
        (found["last_at"] - found["first_at"]) / 1e6, found["user_messages"], found["assistant_messages"],
    ]  # fmt: skip
    return dict(zip(EIGHT, values, strict=True))


def compare(server: Server, events: list[dict[str, Any]]) -> None:
    for session, figures in expected(events).items():
        said = server.figures(session)
        assert list(said)[:8] == EIGHT
        assert {name: said[name] for name in EIGHT} == figures, session


def test_the_eight_figures_are_exact(either: Server) -> None:
    begin = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
    either.take(talk("exact", "alice", 3, begin))
    figures = either.figures("exact")
    assert list(figures)[:8] == EIGHT
    assert list(figures.values())[:8] == [6, 300, 0.03, "2026-01-05T10:00:22.000Z", 2.0, 22.0, 3, 3]


def test_an_empty_session_has_zeros_and_null(either: Server) -> None:
    either.take([event("session.started", {"session_id": "empty", "user_id": "alice"})])
    figures = either.figures("empty")
    assert [figures[name] for name in EIGHT] == [0, 0, 0.0, None, 0.0, 0.0, 0, 0]


def test_late_and_repeated_and_revised_messages_give_what_a_recalculation_gives(either: Server) -> None:
    events = story("river")
    for start in range(0, len(events), 97):
        part = events[start : start + 97]
        either.take(part + part[:9])
    either.take(events[:50])
    compare(either, events)


def test_a_late_question_gives_its_answer_a_response_time(either: Server) -> None:
    question, answer = talk("river-late", "alice", 1)
    either.take([answer])
    assert either.figures("river-late")["responses"] == 0
    either.take([question])
    assert either.figures("river-late")["average_response_time"] == 2.0
    between = datetime.fromisoformat(question["time"]) + timedelta(seconds=1)
    either.take([message("river-late", "river-late-between", "system", between)])
    assert either.figures("river-late")["responses"] == 0


def test_charts_and_tiles_count_what_came(server: Server) -> None:
    server.take(talk("charted", "alice", 4))
    said = server.get("/api/v1/metrics/messages?step=60").json
    assert sum(sum(point["value"].values()) for point in said["points"]) >= 8


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_rebuild_makes_every_table_again_as_it_was(fresh: Fresh, kind: str) -> None:
    server, events = fresh(kind), story("rebuilt", 6)
    for start in range(0, len(events), 37):
        server.post(events[start : start + 37])
    server.folded(server.position())
    server.stop()
    before = {table: server.rows(table) for table in FOLDED}
    assert before["stats_message"]
    assert "stats is rebuilt from" in server.manage("rebuild", "stats")
    for table, rows in before.items():
        assert server.rows(table) == rows, table
    server.start()
    compare(server, events)


def test_a_rebuild_beside_a_running_server_harms_nothing(fresh: Fresh) -> None:
    server, events = fresh(), story("beside", 7)
    server.take(events[:200])
    rebuilding = server.begin("rebuild")
    server.post(events[200:])
    assert rebuilding.wait(60) == 0, server.log
    server.folded(server.position())
    compare(server, events)
    assert "entries verify" in server.manage("verify_journal")


def test_an_unknown_stage_cannot_be_rebuilt(server: Server) -> None:
    assert "there are stats" in server.manage("rebuild", "weather", status=1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_pipeline_runs_as_a_process_of_its_own_and_ends_when_told(fresh: Fresh, number: int) -> None:
    server = fresh(PIPELINE="elsewhere")
    said = server.post(talk("outside", "alice"))
    assert server.get("/api/v1/health").json["stages"]["stats"]["position"] == 0
    pipeline = server.begin_pipeline()
    try:
        server.folded(said["position"])
        assert server.figures("outside")["message_count"] == 4
        server.take(talk("outside-2", "alice"))
    finally:
        pipeline.send_signal(number)
        assert pipeline.wait(10) == 0, server.log
    assert "the pipeline has ended after its last batch" in server.log


def test_two_pipelines_at_once_count_nothing_twice(fresh: Fresh) -> None:
    server, events = fresh(), story("doubled", 8)
    second = server.begin_pipeline()
    try:
        for start in range(0, len(events), 20):
            server.post(events[start : start + 20])
        server.folded(server.position())
        compare(server, events)
    finally:
        second.terminate()
        assert second.wait(10) == 0, server.log


def test_the_pipeline_killed_in_between_goes_on_where_it_was(fresh: Fresh) -> None:
    server, events = fresh(PIPELINE="elsewhere"), story("killed", 9)
    for start in range(0, len(events), 150):
        server.post(events[start : start + 150])
        pipeline = server.begin_pipeline()
        until(lambda: server.get("/api/v1/health").json["stages"]["stats"]["position"] > start)  # noqa: B023
        pipeline.kill()
        pipeline.wait()
    pipeline = server.begin_pipeline()
    server.folded(server.position())
    pipeline.terminate()
    assert pipeline.wait(10) == 0
    compare(server, events)
