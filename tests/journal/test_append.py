"""Appends on each database: concurrent writers, killed servers, unacknowledged entries after the head."""

import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from mongodb import Mongo
from running import FIRST_RUN, Server, talk, until

Fresh = Callable[..., Server]
WRITER = """
import json
from datetime import UTC, datetime
from monitoring.events.envelope import parse_all
from monitoring.recording.record import commit
from running import event
who, positions = WHO, []
for turn in range(25):
    data = {"message_id": "m", "session_id": f"s{who}", "user_id": f"u{turn}-{who}", "value": "up"}
    ids = [f"shared {turn} {number}" if number < 2 else f"{who} {turn} {number}" for number in range(8)]
    raws = [event("vote", data, id=id) for id in ids]
    events = list(parse_all([json.dumps(raw).encode() for raw in raws], datetime.now(UTC)))
    new, head = commit(events)
    positions.append((sum(new), head))
print(json.dumps(positions))
"""


@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "mongodb"])
def test_six_processes_append_at_once_without_a_gap_and_nothing_twice(copy: Fresh, kind: str) -> None:
    server = copy(kind, PYTHONPATH=str(Path(__file__).parents[1]))
    with ThreadPoolExecutor(6) as pool:
        spoken = list(pool.map(lambda who: server.shell(WRITER.replace("WHO", repr(who))), "abcdef"))
    said: list[list[tuple[int, int]]] = [json.loads(words.splitlines()[-1]) for words in spoken]
    new = sum(count for positions in said for count, _ in positions)
    assert new == 6 * 25 * 6 + 25 * 2, "what all six sent is there once"
    assert max(head for positions in said for _, head in positions) == new + FIRST_RUN
    assert f"{new + FIRST_RUN} entries verify; root " in server.manage("verify_journal")


def test_unacknowledged_entries_after_the_head_are_removed_and_never_counted(fresh: Fresh, mongodb: Mongo) -> None:
    """The state after a writer without a transaction was killed between the entries and the head."""
    server = fresh("mongodb")
    server.take(talk("before", "alice"))
    with mongodb.client() as client:
        entries = client[server.database.rpartition("/")[2]].journal_entry
        assert_tail_is_removed(entries, server)


def assert_tail_is_removed(entries: Any, server: Server) -> None:
    last = entries.find_one(sort=[("_id", -1)])
    assert last is not None
    tail = [last | {"_id": last["_id"] + step, "digest": bytes([step]) * 16} for step in (1, 2, 3)]
    entries.insert_many(tail)
    before = server.position()
    assert before == last["_id"], "the head does not know them"
    server.take(talk("after", "alice"))
    assert server.position() == before + 4
    assert entries.count_documents({}) == before + 4
    assert entries.count_documents({"digest": {"$in": [row["digest"] for row in tail]}}) == 0
    assert f"{before + 4} entries verify; root " in server.manage("verify_journal")


def test_with_an_old_head_nothing_is_removed_and_nothing_is_appended(fresh: Fresh, mongodb: Mongo) -> None:
    """The state after half a restore: entries without a head."""
    server = fresh("mongodb")
    server.take(talk("kept", "alice"))
    with mongodb.client() as client:
        tables = client[server.database.rpartition("/")[2]]
        head = tables.journal_head.find_one_and_delete({"_id": 1})
        assert server.send(json.dumps(talk("refused", "alice")).encode()).status == 503
        assert tables.journal_entry.count_documents({}) == FIRST_RUN + 4
        tables.journal_head.insert_one(head)
    server.take(talk("taken-again", "alice"))
    assert "entries verify; root " in server.manage("verify_journal")


def reached(acknowledged: list[str], goal: int) -> bool:
    return len(acknowledged) >= goal


@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "mongodb"])
def test_a_server_killed_while_it_writes_has_kept_what_it_acknowledged(fresh: Fresh, kind: str) -> None:
    server, acknowledged = fresh(kind), list[str]()
    ended = threading.Event()

    def speak() -> None:
        number = 0
        while not ended.is_set():
            number += 1
            try:
                server.post(talk(f"killed-{number}", "alice"))
            except (OSError, AssertionError, ValueError, EOFError):
                time.sleep(0.1)
                continue
            acknowledged.append(f"killed-{number}")
            time.sleep(0.02)

    speaking = threading.Thread(target=speak)
    speaking.start()
    try:
        for _ in range(2):
            goal = len(acknowledged) + 15
            until(partial(reached, acknowledged, goal), 30, "acknowledged requests")
            assert server.process is not None
            server.process.kill()
            server.process.wait()
            server.start()
    finally:
        ended.set()
        speaking.join()
    server.folded(server.position())
    counts = [server.figures(name)["message_count"] for name in acknowledged]
    assert counts == [4] * len(acknowledged)
    assert "entries verify; root " in server.manage("verify_journal")


def test_the_entries_of_a_session_are_read_without_others(either: Server) -> None:
    either.take(talk("of-one", "alice", 3) + talk("of-another", "charlie", 3) + talk("of-one", "alice", 1))
    found = either.shell(
        "from monitoring.journal.store import of_session\n"
        "from monitoring.events.record import read_body, session_in\n"
        "rows = of_session('of-one', 0, 100)\n"
        "assert all(session_in(read_body(body)) == 'of-one' for _, body in rows)\n"
        "assert rows == sorted(rows)\n"
        "assert of_session('of-one', rows[3][0], 2) == rows[4:6]\n"
        "print(len(rows))"
    )
    assert found.strip() == "8"


def test_the_entries_of_a_session_are_found_by_an_index_in_order(server: Server) -> None:
    words = "SELECT position, body FROM journal_entry WHERE session = 7 AND position > 3 ORDER BY position LIMIT 9"
    [(*_, plan)] = server.sql(f"EXPLAIN QUERY PLAN {words}")
    assert plan == "SEARCH journal_entry USING INDEX entry_of_session (session=? AND position>?)"
