"""The database refuses to change or remove an entry, and `verify_journal` finds changes."""

import sqlite3
from collections.abc import Callable

import psycopg
import pytest
from running import Server, talk

Fresh = Callable[..., Server]
COPY = "INSERT INTO journal_entry SELECT * FROM journal_entry WHERE position = 1"
Refusals = (sqlite3.IntegrityError, psycopg.errors.RaiseException)


@pytest.fixture(params=["server", "server_on_postgresql"])
def guarded(request: pytest.FixtureRequest) -> Server:
    """The databases with triggers. MongoDB has none: only `verify_journal` finds changes there."""
    chosen: Server = request.getfixturevalue(request.param)
    return chosen


@pytest.mark.parametrize(
    "words",
    [
        "UPDATE journal_entry SET type = 'vote'",
        "UPDATE journal_entry SET position = position + 1000000",
        "DELETE FROM journal_entry",
        "DELETE FROM journal_entry WHERE position = 1",
        f"{COPY} ON CONFLICT (position) DO UPDATE SET type = 'vote'",
        f"{COPY} ON CONFLICT (digest) DO UPDATE SET type = 'vote'",
    ],
)
def test_the_database_refuses_to_change_or_remove_an_entry(guarded: Server, words: str) -> None:
    guarded.take(talk(f"guarded-{words}", "alice"))
    before = guarded.rows("journal_entry")
    with pytest.raises(Refusals, match="the journal can only grow"):
        guarded.sql(words)
    assert guarded.rows("journal_entry") == before


@pytest.mark.parametrize("columns", ["position + 1000000, digest", "position, randomblob(16)", "position, digest"])
def test_sqlite_refuses_to_replace_an_entry(server: Server, columns: str) -> None:
    server.take(talk(f"replaced-{columns}", "alice"))
    before = server.rows("journal_entry")
    words = f"SELECT {columns}, 'vote', at, received, body, leaf FROM journal_entry WHERE position = 1"
    for verb in ("INSERT OR REPLACE", "REPLACE"):
        with pytest.raises(Refusals, match="the journal can only grow"):
            server.sql(f"{verb} INTO journal_entry (position, digest, type, at, received, body, leaf) {words}")
    assert server.rows("journal_entry") == before


def test_postgresql_refuses_to_empty_the_table(server_on_postgresql: Server) -> None:
    with pytest.raises(Refusals, match="the journal can only grow"):
        server_on_postgresql.sql("TRUNCATE journal_entry")


def test_the_journal_verifies_while_it_grows(either: Server) -> None:
    either.take(talk("growing", "alice", 20))
    assert "entries verify; root " in either.manage("verify_journal")


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_command_names_the_first_bad_position_and_ends_with_1(fresh: Fresh, kind: str) -> None:
    server = fresh(kind)
    server.take(talk("bent", "alice", 10))
    if kind == "sqlite":
        server.sql("DROP TRIGGER journal_UPDATE")
    else:
        server.sql("ALTER TABLE journal_entry DISABLE TRIGGER journal_guard")
    server.sql("UPDATE journal_entry SET at = at + 1 WHERE position = 7")
    assert "position 7: column at" in server.manage("verify_journal", status=1)
