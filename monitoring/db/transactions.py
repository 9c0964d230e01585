"""This thread's way to the tables: in bulk, and in transactions that several processes may begin at once."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import wraps
from random import random
from time import monotonic, sleep
from typing import Any, ParamSpec, TypeVar

from django.db import IntegrityError, connection, connections, transaction

from monitoring.db.errors import mongodb_errors
from monitoring.db.sql import Driver, Postgres, Sqlite
from monitoring.db.write_lock import turn

LONG, PATIENCE = 4.0, 15.0
"""Seconds after which whoever is in the way of a transaction is ended, and for which it is begun again."""
PAUSE = 0.02
PASSING = {"40001", "40P01"}
"""PostgreSQL: could not be serialized; deadlock found."""
TAKEN, TAKEN_ON_MONGODB = {"23505", "SQLITE_CONSTRAINT_UNIQUE"}, 11000
"""A unique value that is there already."""
P = ParamSpec("P")
R = TypeVar("R")


def driver() -> Driver:
    """This thread's connection, without Django between: for bulk, and for many small questions."""
    connection.ensure_connection()
    line: Any = connection
    if connection.vendor == "mongodb":
        from monitoring.db.mongodb import Documents

        return Documents(line.database, line.session)
    line = connection.connection
    return Sqlite(line) if connection.vendor == "sqlite" else Postgres(line)


@contextmanager
def write_transaction() -> Iterator[None]:
    """One transaction; on SQLite in one's turn: it lets whoever polls at the lucky moment write. Within another
    transaction, as in the admin's, a part of that one."""
    if is_open():
        with nullcontext() if connection.vendor == "mongodb" else transaction.atomic():
            yield
        return
    alone = turn(str(connection.settings_dict["NAME"])) if connection.vendor == "sqlite" else nullcontext()
    with alone, _transaction():
        yield


def is_open() -> bool:
    """Whether this thread has a transaction open. On MongoDB Django's own `atomic` opens none, whatever it says."""
    if connection.vendor == "mongodb":
        return bool(getattr(connection, "in_atomic_block_mongo", False))
    return connection.in_atomic_block


def _transaction() -> AbstractContextManager[object]:
    if connection.vendor != "mongodb":
        return transaction.atomic()
    from monitoring.db.mongodb_transactions import mongodb_transaction

    return mongodb_transaction(connection)


def may_last() -> bool:
    """Whether a transaction may take as long as it needs. MongoDB ends it after a minute."""
    return connection.vendor != "mongodb"


def transactional(work: Callable[P, R]) -> Callable[P, R]:
    """The function is one transaction; while other processes are in its way it is begun again, for PATIENCE. Within
    another transaction it is a part of that one, which its owner begins again."""

    @wraps(work)
    def done(*args: P.args, **kwargs: P.kwargs) -> R:
        began = monotonic()
        long = began + LONG
        while True:
            try:
                with write_transaction():
                    return work(*args, **kwargs)
            except Exception as error:
                if not is_conflict(error) or is_open() or monotonic() - began > PATIENCE:
                    raise
            if connection.vendor == "mongodb":
                from monitoring.db.mongodb_transactions import end_dead_sessions

                late = monotonic() > long
                end_dead_sessions(connection, everybody=late)
                long = monotonic() + LONG if late else long
            sleep(PAUSE * random())  # noqa: S311  so that two do not meet again

    return done


def is_taken(error: BaseException) -> bool:
    """Whether a transaction failed because a row with the same unique value came first."""
    details = getattr(error, "details", None) if isinstance(error, mongodb_errors("BulkWriteError")) else None
    if details:
        return any(found["code"] == TAKEN_ON_MONGODB for found in details["writeErrors"])
    said = getattr(error, "sqlstate", None) or getattr(error, "sqlite_errorname", None)
    return isinstance(error, IntegrityError) or said in TAKEN


def is_conflict(error: BaseException | None) -> bool:
    """Whether a transaction failed because of another one, and may be begun again."""
    while error is not None:
        labelled = getattr(error, "has_error_label", None)
        if getattr(error, "sqlstate", None) in PASSING or (labelled and labelled("TransientTransactionError")):
            return True
        error = error.__cause__
    return False


def reconnect_on_error(ask: Callable[P, R]) -> Callable[P, R]:
    """A thread that lives long keeps its connection; one that broke is thrown away, and the next question mends it."""

    @wraps(ask)
    def asked(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return ask(*args, **kwargs)
        except Exception:
            connections.close_all()
            raise

    return asked


def async_commit() -> None:
    """Let this thread's commits on SQLite wait for no disk: for what can be made again from the journal, for which each
    append still waits. Rows and checkpoint come back together if the power fails: its log is written in order."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous=normal")


def async_commit_here() -> None:
    """The same on PostgreSQL, for this transaction alone: its connection may next be the journal's."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit TO off")
