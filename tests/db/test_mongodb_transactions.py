"""Transactions on MongoDB: who is held up ends the sessions of dead processes, and of no others."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from bson.binary import Binary
from mongodb import Mongo
from pymongo import MongoClient
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import BulkWriteError
from pymongo.monitoring import CommandListener, CommandStartedEvent

from monitoring.db.mongodb_transactions import SESSIONS, end_sessions_of_the_dead, mongodb_transaction
from monitoring.db.process_token import process_token


class Killed(CommandListener):
    """The ids of the sessions that were ended."""

    def __init__(self) -> None:
        self.ids: list[Binary] = []

    def started(self, event: CommandStartedEvent) -> None:
        if event.command_name == "killSessions":
            self.ids += [session["id"] for session in event.command["killSessions"]]

    def succeeded(self, event: object) -> None: ...

    def failed(self, event: object) -> None: ...


@dataclass
class Connection:
    """As Django's, which has no connection of its own in this process."""

    connection: "MongoClient[dict[str, Any]]"
    database: "Database[dict[str, Any]]"
    session: ClientSession | None = None
    in_atomic_block_mongo: bool = False

    def ensure_connection(self) -> None: ...


@pytest.fixture
def killed() -> Killed:
    return Killed()


@pytest.fixture
def connection(mongodb: Mongo, killed: Killed) -> Iterator[Connection]:
    with MongoClient[dict[str, Any]](mongodb.url, event_listeners=[killed]) as client:
        yield Connection(client, client[f"transactions-{uuid4().hex[:8]}"])


def store_session(connection: Connection, holder: str, age: timedelta = timedelta()) -> Binary:
    """The row of another thread's or process's session."""
    row = {"_id": Binary.from_uuid(uuid4()), "holder": holder, "at": datetime.now(UTC) - age}
    connection.database[SESSIONS].insert_one(row)
    return row["_id"]  # type: ignore[return-value]


def test_only_sessions_of_processes_that_are_proven_dead_are_ended(connection: Connection, killed: Killed) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    dead = store_session(connection, process_token(ended.pid))
    alive = store_session(connection, process_token(os.getpid()))
    elsewhere = store_session(connection, "another-host/0123:1")
    end_sessions_of_the_dead(connection)
    assert killed.ids == [dead]
    left = {row["_id"] for row in connection.database[SESSIONS].find()}
    assert left > {alive, elsewhere}
    assert dead not in left


def test_a_row_of_an_old_session_is_deleted(connection: Connection, killed: Killed) -> None:
    old = store_session(connection, "another-host/0123:1", timedelta(days=2))
    end_sessions_of_the_dead(connection)
    assert connection.database[SESSIONS].find_one({"_id": old}) is None
    assert killed.ids == []


def test_a_block_is_written_as_a_whole_or_not_at_all(connection: Connection) -> None:
    rows = connection.database["rows"]
    rows.insert_one({"_id": 0})
    with mongodb_transaction(connection):
        assert connection.in_atomic_block_mongo
        rows.insert_one({"_id": 1}, session=connection.session)
    with pytest.raises(BulkWriteError), mongodb_transaction(connection):
        rows.insert_many([{"_id": 2}, {"_id": 0}], session=connection.session)
    assert [row["_id"] for row in rows.find(sort=[("_id", 1)])] == [0, 1]
    assert (connection.session, connection.in_atomic_block_mongo) == (None, False)
