"""This thread's way to the tables: in bulk, and in transactions that several processes may begin at once."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import wraps
from random import random
from time import monotonic, sleep
from typing import Any, ParamSpec, TypeVar

from django.db import connection, connections, transaction

from monitoring.tables.documents import Documents
from monitoring.tables.rows import Driver, Postgres, Sqlite
from monitoring.tables.turn import turn
from monitoring.tables.whole import end_the_dead, whole

LONG, PATIENCE = 4.0, 15.0
"""Seconds after which whoever is in the way of a transaction is ended, and for which it is begun again."""
PAUSE = 0.02
PASSING = {"40001", "40P01"}
"""PostgreSQL: could not be serialized; deadlock found."""
P = ParamSpec("P")
R = TypeVar("R")


def driver() -> Driver:
    """This thread's connection, without Django between: for bulk, and for many small questions."""
    connection.ensure_connection()
    line: Any = connection
    if connection.vendor == "mongodb":
        return Documents(line.database, line.session)
    line = connection.connection
    return Sqlite(line) if connection.vendor == "sqlite" else Postgres(line)


@contextmanager
def writing() -> Iterator[None]:
    """One transaction, in this process's turn."""
    with turn(), _transaction():
        yield


def _transaction() -> AbstractContextManager[object]:
    return whole(connection) if connection.vendor == "mongodb" else transaction.atomic()


def as_one(work: Callable[P, R]) -> Callable[P, R]:
    """The function is one transaction; while other processes are in its way it is begun again, for PATIENCE."""

    @wraps(work)
    def done(*args: P.args, **kwargs: P.kwargs) -> R:
        began = monotonic()
        while True:
            try:
                with writing():
                    return work(*args, **kwargs)
            except Exception as error:
                waited = monotonic() - began
                if not in_the_way(error) or waited > PATIENCE:
                    raise
            if connection.vendor == "mongodb":
                end_the_dead(connection, waited > LONG)
            sleep(PAUSE * random())  # noqa: S311  so that two do not meet again

    return done


def in_the_way(error: BaseException | None) -> bool:
    """Whether a transaction failed because of another one, and may be begun again."""
    while error is not None:
        labelled = getattr(error, "has_error_label", None)
        if getattr(error, "sqlstate", None) in PASSING or (labelled and labelled("TransientTransactionError")):
            return True
        error = error.__cause__
    return False


def mending(ask: Callable[P, R]) -> Callable[P, R]:
    """A thread that lives long keeps its connection; one that broke is thrown away, and the next question mends it."""

    @wraps(ask)
    def asked(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return ask(*args, **kwargs)
        except Exception:
            connections.close_all()
            raise

    return asked


def relax() -> None:
    """Let this thread's commits wait for no disk: for what can be made again from the journal, for which each append
    still waits. Rows and checkpoint come back together if the power fails: the databases write their log in order."""
    commands = {"sqlite": "PRAGMA synchronous=normal", "postgresql": "SET synchronous_commit TO off"}
    if connection.vendor in commands:
        with connection.cursor() as cursor:
            cursor.execute(commands[connection.vendor])
