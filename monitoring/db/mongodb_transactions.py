"""Transactions on MongoDB, and what a killed process leaves of them. Pure.

`django.db.transaction.atomic` does nothing there. A server keeps the transaction of a client that is gone for a minute,
and all it has touched stays locked. So each session in which transactions are made is written down with its process;
who finds something locked ends the sessions of the dead, and after a while anybody's: a transaction that is ended under
a living process is begun again by it.
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
KEPT = timedelta(days=1)
"""For how long a session is known, which then is long gone, or ended by the server when it is in the way."""
_here = threading.local()


@contextmanager
def mongodb_transaction(connection: Any) -> Iterator[None]:
    """One transaction of Django's connection to MongoDB, in this thread's session."""
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


def end_dead_sessions(connection: Any, everybody: bool) -> None:
    """End the sessions of processes that are no more, or of everybody but this thread."""
    mine, rows = _session(connection).session_id["id"], connection.database[SESSIONS]
    for row in rows.find({"_id": {"$ne": mine}}):
        dead = is_process_gone(row["holder"])
        if dead or everybody:
            connection.connection.admin.command("killSessions", [{"id": row["_id"]}])
        if dead or row["at"] < datetime.now() - KEPT:
            rows.delete_one({"_id": row["_id"]})


def _session(connection: Any) -> Any:
    connection.ensure_connection()
    client = connection.connection
    if getattr(_here, "client", None) is not client:
        session = client.start_session()
        known = {"_id": session.session_id["id"], "holder": process_token(os.getpid()), "at": datetime.now(UTC)}
        connection.database[SESSIONS].insert_one(known)
        _here.client, _here.session = client, session
        end_dead_sessions(connection, everybody=False)
    return _here.session


def _commit(session: Any, tries: int = 5) -> None:
    """A commit whose answer was lost is asked for again: it happens once (MongoDB's retryable commit)."""
    for left in reversed(range(tries)):
        try:
            session.commit_transaction()
            return
        except PyMongoError as error:
            if not left or not error.has_error_label("UnknownTransactionCommitResult"):
                raise
