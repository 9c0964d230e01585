"""Transactions that retry on conflicts with other processes, and the bulk driver of this thread's connection."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import wraps
from random import random
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from django.db import IntegrityError, connection, connections, transaction

from monitoring.db.errors import mongodb_errors
from monitoring.db.sql import Driver, Postgres, Sqlite
from monitoring.db.write_lock import write_lock

if TYPE_CHECKING:
    from monitoring.db.mongodb_transactions import Connection as MongodbConnection

RETRY_SECONDS = 15.0
"""Seconds of conflicts after which a transaction is not retried any more."""
MAX_RETRY_PAUSE = 0.02
"""Seconds."""
RETRYABLE_SQLSTATES = {"40001", "40P01"}
"""PostgreSQL: serialization_failure, deadlock_detected."""
UNIQUE_VIOLATIONS, MONGODB_DUPLICATE_KEY = {"23505", "SQLITE_CONSTRAINT_UNIQUE"}, 11000
P = ParamSpec("P")
R = TypeVar("R")


def driver() -> Driver:
    """Returns the bulk operations of this thread's connection, which bypass Django's cursor."""
    connection.ensure_connection()
    if connection.vendor == "mongodb":
        from monitoring.db.mongodb import Mongodb

        return Mongodb(_mongodb().database, _mongodb().session)
    return (Sqlite if connection.vendor == "sqlite" else Postgres)(connection.connection)


def _mongodb() -> "MongodbConnection":
    """Returns this thread's connection as that of a backend which Django's types do not know."""
    wrapper: Any = connection
    found: MongodbConnection = wrapper
    return found


@contextmanager
def write_transaction() -> Iterator[None]:
    """Runs the block in one transaction, on SQLite under the fair write lock. Within another transaction, as in the
    admin's, the block is a part of that one."""
    nested = in_transaction()
    if connection.vendor == "mongodb":
        from monitoring.db.mongodb_transactions import mongodb_transaction

        with nullcontext() if nested else mongodb_transaction(_mongodb()):
            yield
    elif connection.vendor == "sqlite" and not nested:
        with write_lock(str(connection.settings_dict["NAME"])), transaction.atomic():
            yield
    else:
        with transaction.atomic():
            yield


def in_transaction() -> bool:
    """True if this thread has an open transaction. Django's own flag is not used on MongoDB, where `atomic` opens
    none."""
    if connection.vendor == "mongodb":
        return bool(getattr(connection, "in_atomic_block_mongo", False))
    return connection.in_atomic_block


def allows_long_transactions() -> bool:
    """False on MongoDB, which ends a transaction after a minute."""
    return connection.vendor != "mongodb"


def transactional(function: Callable[P, R]) -> Callable[P, R]:
    """Decorator: runs the function in one transaction, and retries it for RETRY_SECONDS while it conflicts with others.

    Within another transaction the function is a part of that one, whose owner retries it.
    """

    @wraps(function)
    def retrying(*args: P.args, **kwargs: P.kwargs) -> R:
        began = monotonic()
        while True:
            try:
                with write_transaction():
                    return function(*args, **kwargs)
            except Exception as error:
                if not is_conflict(error) or in_transaction() or monotonic() - began > RETRY_SECONDS:
                    raise
            if connection.vendor == "mongodb":
                from monitoring.db.mongodb_transactions import end_sessions_of_the_dead

                end_sessions_of_the_dead(_mongodb())
            sleep(MAX_RETRY_PAUSE * random())  # noqa: S311  random, so that two transactions do not conflict again

    return retrying


def is_unique_violation(error: BaseException) -> bool:
    """True if a transaction failed because a row with the same unique value exists."""
    details = getattr(error, "details", None) if isinstance(error, mongodb_errors("BulkWriteError")) else None
    if details:
        return any(write_error["code"] == MONGODB_DUPLICATE_KEY for write_error in details["writeErrors"])
    code = getattr(error, "sqlstate", None) or getattr(error, "sqlite_errorname", None)
    return isinstance(error, IntegrityError) or code in UNIQUE_VIOLATIONS


def is_conflict(error: BaseException | None) -> bool:
    """True if a transaction failed because of a concurrent one and may be retried."""
    while error is not None:
        has_label = getattr(error, "has_error_label", None)
        if getattr(error, "sqlstate", None) in RETRYABLE_SQLSTATES or (
            has_label and has_label("TransientTransactionError")
        ):
            return True
        error = error.__cause__
    return False


def reconnect_on_error(function: Callable[P, R]) -> Callable[P, R]:
    """Decorator for functions of long-lived threads: closes the thread's connections after an error, so that the next
    call opens new ones."""

    @wraps(function)
    def closing(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except Exception:
            connections.close_all()
            raise

    return closing


def async_commit() -> None:
    """Lets this thread's commits on SQLite return before the disk has them (`synchronous=normal`). It is meant for rows
    that can be rebuilt from the journal, whose appends still wait for the disk. After a power failure rows and
    checkpoint agree, since SQLite writes its log in order."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous=normal")


def async_commit_here() -> None:
    """Does the same on PostgreSQL, for the current transaction only: the connection's next user may be the journal."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit TO off")
