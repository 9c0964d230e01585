"""Transactions on MongoDB, and the cleanup after a killed process. Pure.

`django.db.transaction.atomic` does nothing on MongoDB. The server keeps the transaction of a lost client for a minute,
and its documents stay locked. Each session with transactions is therefore stored with its process token. A transaction
in conflict ends the sessions of processes that are gone.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Protocol

from pymongo import MongoClient
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import PyMongoError

from monitoring.db.mongodb import Document
from monitoring.db.process_token import is_process_gone, process_token

SESSIONS = "tables_session"
SESSION_MAX_AGE = timedelta(days=1)
"""Age at which a stored session is deleted; the server has ended it by then."""
COMMIT_ATTEMPTS = 5
_thread = threading.local()


class Connection(Protocol):
    """Django's connection to MongoDB."""

    connection: "MongoClient[Document]"
    database: "Database[Document]"
    session: ClientSession | None
    in_atomic_block_mongo: bool

    def ensure_connection(self) -> None: ...


@contextmanager
def mongodb_transaction(connection: Connection) -> Iterator[None]:
    """Runs the block in one transaction of this thread's session."""
    session = _session(connection)
    session.start_transaction()
    connection.session, connection.in_atomic_block_mongo = session, True
    try:
        yield
        _commit(session)
    except BaseException:
        if session.in_transaction:
            session.abort_transaction()
        raise
    finally:
        connection.session, connection.in_atomic_block_mongo = None, False


def end_sessions_of_the_dead(connection: Connection) -> None:
    """Ends the sessions of processes of this host that are gone. A session of another host is left to the server: a
    process that lives, and only takes long, would lose its transaction each time."""
    own_id, rows = _session(connection).session_id["id"], connection.database[SESSIONS]
    for row in rows.find({"_id": {"$ne": own_id}}):
        gone = is_process_gone(row["holder"])
        if gone:
            connection.connection.admin.command("killSessions", [{"id": row["_id"]}])
        if gone or row["at"] < datetime.now() - SESSION_MAX_AGE:
            rows.delete_one({"_id": row["_id"]})


def _session(connection: Connection) -> ClientSession:
    """Returns this thread's session, which is started and stored at the first call."""
    connection.ensure_connection()
    client = connection.connection
    if getattr(_thread, "client", None) is not client:
        session = client.start_session()
        row = {"_id": session.session_id["id"], "holder": process_token(os.getpid()), "at": datetime.now(UTC)}
        connection.database[SESSIONS].insert_one(row)
        _thread.client, _thread.session = client, session
        end_sessions_of_the_dead(connection)
    started: ClientSession = _thread.session
    return started


def _commit(session: ClientSession) -> None:
    """Commits, and repeats a commit whose response was lost; MongoDB applies it once (retryable commit)."""
    for remaining in reversed(range(COMMIT_ATTEMPTS)):
        try:
            session.commit_transaction()
            return
        except PyMongoError as error:
            if not remaining or not error.has_error_label("UnknownTransactionCommitResult"):
                raise
