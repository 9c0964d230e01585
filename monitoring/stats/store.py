"""Rows of the statistics in and out of the database: the one module that writes them in bulk."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Any

import msgspec
from django.db import connection

from monitoring.stats.message import Message, Place
from monitoring.stats.session import Detail, Session
from monitoring.stats.shelf import Vote
from monitoring.stats.tally import Counts, bucket_key

IN_ONE_QUERY = 5_000
_encode = msgspec.json.Encoder().encode
_decode_detail = msgspec.json.Decoder(Detail).decode
decode_counts = msgspec.json.Decoder(dict[str, int]).decode
TABLES: dict[type, str] = {Session: "stats_session", Message: "stats_message", Vote: "stats_vote"}
_NAMES = {kind: [field.name for field in fields(kind)] for kind in TABLES}
_VALUES = {kind: attrgetter(*names) for kind, names in _NAMES.items()}
_BUCKET = ["key", "width", "start", "position", "counts"]


def _columns(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _row(kind: type, row: Sequence[Any]) -> Any:
    found = kind(*row)
    found.digest = bytes(found.digest)
    if kind is Session:
        found.detail = _decode_detail(found.detail)
    return found


def session_of(row: Sequence[Any]) -> Session:
    """A session from a row's columns in the order of its fields."""
    found: Session = _row(Session, row)
    return found


def load(kind: type, digests: Iterable[bytes]) -> Iterator[Any]:
    """The rows with these digests."""
    wanted = list(digests)
    select = f"SELECT {_columns(_NAMES[kind])} FROM {TABLES[kind]} WHERE digest IN "  # noqa: S608  names are ours
    with connection.cursor() as cursor:
        for start in range(0, len(wanted), IN_ONE_QUERY):
            some = wanted[start : start + IN_ONE_QUERY]
            cursor.execute(f"{select}({', '.join(['%s'] * len(some))})", some)
            yield from (_row(kind, row) for row in cursor.fetchall())


def save(kind: type, rows: Iterable[Any]) -> None:
    """Insert or replace rows by key."""
    values = _VALUES[kind]
    if kind is Session:
        place = _NAMES[Session].index("detail")
        made = [(*values(row)[:place], _written(row.detail)) for row in rows]
    else:
        made = [values(row) for row in rows]
    upsert(TABLES[kind], _NAMES[kind], made)


def _written(detail: Detail) -> bytes:
    """The same figures are the same bytes, whatever order they came in."""
    return _encode({name: dict(sorted(getattr(detail, name).items())) for name in ("hours", "models", "waits")})


def upsert(table: str, names: list[str], rows: list[tuple[Any, ...]]) -> None:
    """Insert rows; where the key is there already, replace the row."""
    if not rows:
        return
    changes = ", ".join(f'"{name}" = excluded."{name}"' for name in names[1:])
    marks = ", ".join(["%s"] * len(names))
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {table} ({_columns(names)}) VALUES ({marks}) "  # noqa: S608
            f'ON CONFLICT ("key") DO UPDATE SET {changes}',
            rows,
        )


def load_buckets(places: Iterable[tuple[int, int]]) -> dict[int, Counts]:
    """Counts by key of the buckets at these (width, start)."""
    wanted, found = [bucket_key(*place) for place in places], {}
    with connection.cursor() as cursor:
        for start in range(0, len(wanted), IN_ONE_QUERY):
            some = wanted[start : start + IN_ONE_QUERY]
            marks = ", ".join(["%s"] * len(some))
            cursor.execute(f'SELECT "key", counts FROM stats_bucket WHERE "key" IN ({marks})', some)  # noqa: S608
            found.update({key: decode_counts(counts) for key, counts in cursor.fetchall()})
    return found


def save_buckets(rows: dict[tuple[int, int], tuple[int, Counts]]) -> None:
    """Replace buckets; one in which nothing is left goes."""
    full = [(bucket_key(*p), *p, position, _encode(counts)) for p, (position, counts) in rows.items() if counts]
    upsert("stats_bucket", _BUCKET, full)
    empty = [(bucket_key(*place),) for place, (_, counts) in rows.items() if not counts]
    with connection.cursor() as cursor:
        if empty:
            cursor.executemany('DELETE FROM stats_bucket WHERE "key" = %s', empty)


def prune_buckets(width: int, horizon: int) -> None:
    """Forget buckets of a width that start before the horizon (s)."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM stats_bucket WHERE width = %s AND start < %s", [width, horizon])


def clear() -> None:
    """Empty every table of the statistics."""
    with connection.cursor() as cursor:
        for table in (*TABLES.values(), "stats_bucket"):
            cursor.execute(f"DELETE FROM {table}")  # noqa: S608


def _beside(columns: str, sign: str, order: str) -> str:
    """One step along the index (session, at, message_id)."""
    return (
        f"SELECT {columns} FROM stats_message WHERE session = %s AND "  # noqa: S608  names are ours
        f"(at, message_id) {sign} (%s, %s) ORDER BY at {order}, message_id {order} LIMIT 1"
    )


_BEFORE = _beside("digest, at, message_id, role", "<", "DESC")
_AFTER = _beside(_columns(_NAMES[Message]), ">", "ASC")
_SESSION = f'SELECT {_columns(_NAMES[Session])} FROM stats_session WHERE "key" = %s'  # noqa: S608


class Stored:
    """The Far of the database: neighbours by index, sessions by key.

    Asked of the driver itself: for one small row Django's cursor costs six times the query.
    """

    def __init__(self, driver: Any, sqlite: bool) -> None:
        self._ask = driver.execute
        asked = (_BEFORE, _AFTER, _SESSION)
        self._before, self._after, self._session = (sql.replace("%s", "?") if sqlite else sql for sql in asked)

    def before(self, session: int, at: int, id: str) -> tuple[bytes, Place] | None:
        row = self._ask(self._before, (session, at, id)).fetchone()
        return (bytes(row[0]), Place(*row[1:])) if row else None

    def after(self, session: int, at: int, id: str) -> Message | None:
        row = self._ask(self._after, (session, at, id)).fetchone()
        return _row(Message, row) if row else None

    def session(self, key: int) -> Session:
        return session_of(self._ask(self._session, (key,)).fetchone())


def stored() -> Stored:
    """The Far of this thread's connection."""
    connection.ensure_connection()
    return Stored(connection.connection, connection.vendor == "sqlite")
