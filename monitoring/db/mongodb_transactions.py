"""Transactions on MongoDB, and the cleanup after a killed process. Pure.

`django.db.transaction.atomic` does nothing on MongoDB. The server keeps the transaction of a lost client for a minute,
and its documents stay locked. Each session with transactions is therefore stored with its process token. A transaction
in conflict ends the sessions of processes that are gone, and after a while those of all other threads; a live process
retries a transaction that was ended in this way.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo.errors import PyMongoError

from monitoring.db.process_token import is_process_gone, process_token

SESSIONS = "tables_session"
SESSION_MAX_AGE = timedelta(days=1)
"""Age at which a stored session is deleted; the server has ended it by then."""
_thread = threading.local()


@contextmanager
def mongodb_transaction(connection: Any) -> Iterator[None]:
    """Runs the block in one transaction of Django's connection to MongoDB, in this thread's session."""
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


def end_sessions(connection: Any, of_live_processes: bool) -> None:
    """Ends the sessions of processes that are gone; with `of_live_processes` all sessions but this thread's."""
    own_id, rows = _session(connection).session_id["id"], connection.database[SESSIONS]
    for row in rows.find({"_id": {"$ne": own_id}}):
        gone = is_process_gone(row["holder"])
        if gone or of_live_processes:
            connection.connection.admin.command("killSessions", [{"id": row["_id"]}])
        if gone or row["at"] < datetime.now() - SESSION_MAX_AGE:
            rows.delete_one({"_id": row["_id"]})


def _session(connection: Any) -> Any:
    connection.ensure_connection()
    client = connection.connection
    if getattr(_thread, "client", None) is not client:
        session = client.start_session()
        row = {"_id": session.session_id["id"], "holder": process_token(os.getpid()), "at": datetime.now(UTC)}
        connection.database[SESSIONS].insert_one(row)
        _thread.client, _thread.session = client, session
        end_sessions(connection, of_live_processes=False)
    return _thread.session


def _commit(session: Any, attempts: int = 5) -> None:
    """Commits, and repeats a commit whose response was lost; MongoDB applies it once (retryable commit)."""
    for remaining in reversed(range(attempts)):
        try:
            session.commit_transaction()
            return
        except PyMongoError as error:
            if not remaining or not error.has_error_label("UnknownTransactionCommitResult"):
                raise
