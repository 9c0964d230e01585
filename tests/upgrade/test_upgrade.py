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
    (folder / "master.key").write_text(SAID["master_key"])
    (folder / "first-run.json").write_text(json.dumps({"read_key": SAID["read_key"]}))
    server = Server(folder)
    before = server.sql("SELECT position, body, leaf FROM journal_entry ORDER BY position")
    server.manage("migrate", "--verbosity", "0")
    assert server.sql("SELECT position, body, leaf FROM journal_entry ORDER BY position") == before
    server.start()
    yield server
    server.stop()


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
