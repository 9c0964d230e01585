"""Rows of the statistics in and out of the database: the one module that writes them in bulk."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from functools import lru_cache
from operator import attrgetter
from typing import Any

import msgspec
from django.db import connection

from monitoring.tables.rows import Driver, pieces
from monitoring.journal.store import driver
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
    for start in range(0, len(wanted), IN_ONE_QUERY):
        some = wanted[start : start + IN_ONE_QUERY]
        found = driver().ask(f"{select}({', '.join(['%s'] * len(some))})", some)
        yield from (_row(kind, row) for row in found.fetchall())


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
    driver().insert(table, names, rows, f'ON CONFLICT ("key") DO UPDATE SET {changes}')


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
    """Replace buckets. One in which nothing is left stays until it is pruned: who watches must learn that."""
    made = [(bucket_key(*p), *p, position, _encode(counts)) for p, (position, counts) in rows.items()]
    upsert("stats_bucket", _BUCKET, made)


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


_PLACE = ("digest", "at", "message_id", "role")
_BEFORE = _beside(_columns(_PLACE), "<", "DESC")
_AFTER = _beside(_columns(_NAMES[Message]), ">", "ASC")
_SESSION = f'SELECT {_columns(_NAMES[Session])} FROM stats_session WHERE "key" = %s'  # noqa: S608


@lru_cache
def _both(places: int, bytewise: str) -> str:
    """Both neighbours of many places in one statement."""
    wanted = ", ".join(["(CAST(%s AS bigint), CAST(%s AS bigint), CAST(%s AS text))"] * places)
    near = f"(at, message_id) {{0}} (place.at, place.id{bytewise}) ORDER BY at {{1}}, message_id {{1}} LIMIT 1"
    step = 'SELECT "key" FROM stats_message WHERE session = place.session AND ' + near  # noqa: S608
    left, right = ", ".join(f"b.{name}" for name in _PLACE), ", ".join(f'a."{name}"' for name in _NAMES[Message])
    return (
        f"WITH place(session, at, id) AS (VALUES {wanted}) "  # noqa: S608  names are ours
        f"SELECT place.session, place.at, place.id, {left}, {right} FROM place "
        f'LEFT JOIN stats_message b ON b."key" = ({step.format("<", "DESC")}) '
        f'LEFT JOIN stats_message a ON a."key" = ({step.format(">", "ASC")})'
    )


Spot = tuple[int, int, str]


class Stored:
    """The Far of the database: neighbours by index, sessions by key. Sessions from key `first` on are not stored yet.

    What stands in the database does not change while a batch is counted, so neighbours can be looked up beforehand.
    """

    def __init__(self, driver: Driver, first: int) -> None:
        self._driver, self._first = driver, first
        self._near: dict[Spot, tuple[Any, Any]] = {}

    def look_up(self, spots: Sequence[Spot]) -> None:
        """Learn both neighbours of many places (session, at, id)."""
        bytewise = "" if self._driver.mark == "?" else ' COLLATE "C"'
        for some in pieces(spots):
            asked = self._driver.ask(_both(len(some), bytewise), [value for spot in some for value in spot])
            for row in asked.fetchall():
                self._near[row[:3]] = row[3:7], row[7:]

    def before(self, session: int, at: int, id: str) -> tuple[bytes, Place] | None:
        if session >= self._first:
            return None
        known = self._near.get((session, at, id))
        row = known[0] if known else self._ask(_BEFORE, session, at, id)
        return (bytes(row[0]), Place(*row[1:])) if row and row[0] is not None else None

    def after(self, session: int, at: int, id: str) -> Message | None:
        if session >= self._first:
            return None
        known = self._near.get((session, at, id))
        row = known[1] if known else self._ask(_AFTER, session, at, id)
        return _row(Message, row) if row and row[0] is not None else None

    def session(self, key: int) -> Session:
        return session_of(self._ask(_SESSION, key))

    def _ask(self, sql: str, *values: Any) -> Any:
        return self._driver.ask(sql, values).fetchone()


def stored(first: int) -> Stored:
    """The Far of this thread's connection, for a batch that begins at position `first`."""
    return Stored(driver(), first)
