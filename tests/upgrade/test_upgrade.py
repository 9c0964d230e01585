"""An installation of an earlier commit goes on: its entries are read and verify, its statistics are made again.

`kept.sql.gz` is the database of one that commit d9b5935 made and a few events were sent to; `kept.json` has its master
key, its read key, and what it said of its sessions.
"""

import gzip
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from running import FIRST_RUN, Server, event, message, talk, until

from monitoring.events.ids import session_number

KEPT = Path(__file__).parent
SAID: dict[str, Any] = json.loads((KEPT / "kept.json").read_text())


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """That installation, after `migrate`, served."""
    folder = tmp_path_factory.mktemp("kept")
    with closing(sqlite3.connect(folder / "sbdash.sqlite3")) as database:
        database.executescript(gzip.decompress((KEPT / "kept.sql.gz").read_bytes()).decode())
        database.execute("INSERT INTO ingest_place (name, state, term, at) VALUES ('file:a.csv', '{}', 0, 0)")
        database.commit()
    (folder / "master.key").write_text(SAID["master_key"])
    (folder / "first-run.json").write_text(json.dumps({"read_key": SAID["read_key"]}))
    server = Server(folder)
    before = server.sql("SELECT position, body, leaf FROM journal_entry ORDER BY position")
    server.manage("migrate", "--verbosity", "0")
    assert server.sql("SELECT position, body, leaf FROM journal_entry ORDER BY position") == before
    server.start()
    yield server
    server.stop()


def test_it_forgets_how_far_an_import_had_come(upgraded: Server) -> None:
    assert upgraded.sql("SELECT name FROM ingest_place WHERE name LIKE 'file:%'") == []


def test_its_entries_verify_and_cannot_be_changed(upgraded: Server) -> None:
    assert "25 entries verify" in upgraded.manage("verify_journal")
    for words in ("UPDATE journal_entry SET session = 1", "DELETE FROM journal_entry"):
        with pytest.raises(sqlite3.Error, match="the journal can only grow"):
            upgraded.sql(words)


@pytest.mark.parametrize("session", SAID["figures"])
def test_its_sessions_have_the_figures_that_they_had(upgraded: Server, session: str) -> None:
    until(lambda: upgraded.get("/readyz").status == 200, what="the statistics, made again")
    found = upgraded.figures(session)
    assert {name: found[name] for name in SAID["figures"][session]} == SAID["figures"][session]


def test_its_entries_know_their_sessions(upgraded: Server) -> None:
    for session, figures in SAID["figures"].items():
        number = session_number(session)
        found = upgraded.sql(f"SELECT COUNT(*) FROM journal_entry WHERE session = {number} AND type = 'message'")
        assert found == [(figures["message_count"],)]
    assert upgraded.sql("SELECT COUNT(*) FROM journal_entry WHERE session IS NULL") == [(2,)]


def test_it_goes_on(upgraded: Server) -> None:
    key = upgraded.shell("print(make_api_key('upgraded', 'ingest'))").strip()
    sent = upgraded.send(json.dumps([message("kept-1", "kept-1-later", "user", user_id="alice")]).encode(), key=key)
    assert sent.status == 200
    upgraded.folded(sent.json["position"])
    assert upgraded.figures("kept-1")["message_count"] == SAID["figures"]["kept-1"]["message_count"] + 1


@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "mongodb"])
def test_on_each_database_entries_that_are_there_learn_of_their_sessions(
    copy: Callable[..., Server], kind: str
) -> None:
    server = copy(kind)
    raws = [json.dumps(one) for one in [*talk("learnt", "alice", 2), event("access", {"outcome": "granted"})]]
    server.shell(
        "from datetime import UTC, datetime\n"
        "from monitoring.events.envelope import parse_all\n"
        "from monitoring.recording.record import commit\n"
        f"commit(list(parse_all([raw.encode() for raw in {raws!r}], datetime.now(UTC))))"
    )
    server.manage("migrate", "journal", "0006", "--verbosity", "0")
    server.manage("migrate", "journal", "--verbosity", "0")
    found = [session for _, session in server.tables.find("journal_entry", "position", "session")]
    assert found[FIRST_RUN:] == [session_number("learnt")] * 4 + [None]
    assert f"{FIRST_RUN + 5} entries verify" in server.manage("verify_journal")


@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "mongodb"])
def test_on_each_database_leases_and_checkpoints_are_kept_and_what_workers_held_is_forgotten(
    copy: Callable[..., Server], kind: str
) -> None:
    server = copy(kind)
    server.manage("migrate", "journal", "0007", "--verbosity", "0")
    for name in ("mongodb", "stats/3", "stats alone"):
        server.tables.add("journal_lease", name=name, holder="far:7", term=4, until=5)
    for stage in ("stats/3", "stats", "prices"):
        server.tables.add("journal_stagecheckpoint", stage=stage, position=9, at=8, moved=7, turn=6)
    server.manage("migrate", "journal", "--verbosity", "0")
    leases = server.tables.find("journal_lease", "name", "holder", "term", "expires")
    assert leases == [("mongodb", "far:7", 4, 5)]
    columns = ("stage", "position", "at", "moved", "version")
    assert server.tables.find("journal_stagecheckpoint", *columns) == [("stats/3", 9, 8, 7, 6)]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "mongodb"])
def test_on_each_database_renamed_columns_keep_what_they_hold(copy: Callable[..., Server], kind: str) -> None:
    server = copy(kind)
    server.manage("migrate", "stats", "0009", "--verbosity", "0")
    server.shell(
        "from django.db import connection\n"
        "from django.db.migrations.executor import MigrationExecutor\n"
        "state = MigrationExecutor(connection).loader.project_state([('stats', '0009_redacted_parts')])\n"
        "kept = state.apps.get_model\n"
        "kept('stats', 'Message').objects.create(key=1, digest=b'm', message_id='m', position=1, part=3, said=7, "
        "ranked=9)"
    )
    assert list(server.tables.find("stats_message", "key", "part", "said", "ranked")) == [(1, 3, 7, 9)]
    server.manage("migrate", "stats", "0010", "--verbosity", "0")
    assert list(server.tables.find("stats_message", "key", "partition", "state_position", "slow_rank")) == [
        (1, 3, 7, 9)
    ]
