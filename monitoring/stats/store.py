"""Rows of the statistics in and out of the database: the one module that writes them in bulk."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from functools import lru_cache
from operator import attrgetter
from typing import Any

import msgspec

from monitoring.stats import models
from monitoring.stats.message import Message, Place, place_of
from monitoring.stats.operation import Operation
from monitoring.stats.session import Detail, Session
from monitoring.stats.shelf import Vote
from monitoring.stats.tally import Counts, bucket_key, personal_key
from monitoring.tables.rows import Driver, Sqlite, pieces
from monitoring.tables.store import driver

_encode = msgspec.json.Encoder().encode
_decode_detail = msgspec.json.Decoder(Detail).decode
decode_counts = msgspec.json.Decoder(dict[str, int]).decode
_BY_MODEL, _BEHIND = b',"v:', b',"w:'


def decode_briefly(counts: bytes) -> Counts:
    """The counts of a bucket without the response times by model, of which hours and days have hundreds.

    Names are written in order, so that those under `v:` stand together; a quotation mark inside a name stands behind a
    backslash, so that what is looked for begins one.
    """
    start = counts.find(_BY_MODEL)
    if start < 0:
        return decode_counts(counts)
    end = counts.find(_BEHIND, start)
    return decode_counts(counts[:start] + (counts[end:] if end >= 0 else b"}"))


TABLES: dict[type, str] = {
    Session: "stats_session",
    Message: "stats_message",
    Vote: "stats_vote",
    Operation: "stats_operation",
}
_NAMES = {kind: [field.name for field in fields(kind)] for kind in TABLES}
DERIVED: dict[type, list[str]] = {
    Session: ["started", "duration", "average_wait", "errors", "outcome", "model_names", "open_at"],
    Message: ["ranked"],
}
"""What follows from the fields, written for who lists and searches."""
_COLUMNS = {kind: names + DERIVED.get(kind, []) for kind, names in _NAMES.items()}
_VALUES = {kind: attrgetter(*names) for kind, names in _COLUMNS.items()}
_BUCKET = ["key", "width", "start", "position", "counts"]
_PERSONAL = ["key", "person", "day", "position", "counts"]


_SUMS = [field.name for field in fields(Detail) if field.name != "silent"]


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
    rows = driver().find(TABLES[kind], _NAMES[kind], "digest", list(digests))
    return (_row(kind, row) for row in rows)


def save(kind: type, rows: Iterable[Any]) -> None:
    """Insert or replace rows by key."""
    values = _VALUES[kind]
    if kind is Session:
        place = _NAMES[Session].index("detail")
        made = [(*row[:place], _written(row[place]), *row[place + 1 :]) for row in map(values, rows)]
    else:
        made = [values(row) for row in rows]
    driver().replace(TABLES[kind], _COLUMNS[kind], made)


def keep_operations(rows: Sequence[Operation]) -> None:
    """Insert the operations that are not there yet."""
    driver().complete(TABLES[Operation], _NAMES[Operation], list(map(_VALUES[Operation], rows)))


def _written(detail: Detail) -> bytes:
    """The same figures are the same bytes, whatever order they came in."""
    sums = {name: dict(sorted(getattr(detail, name).items())) for name in _SUMS}
    return _encode(sums | {"silent": detail.silent})


def load_buckets(places: Iterable[tuple[int, int]]) -> dict[int, tuple[int, Counts]]:
    """(position of the last change, counts) by key of the buckets at these (width, start)."""
    wanted = [bucket_key(*place) for place in places]
    rows = driver().find("stats_bucket", ("key", "position", "counts"), "key", wanted)
    return {key: (position, decode_counts(counts)) for key, position, counts in rows}


def save_buckets(rows: dict[tuple[int, int], tuple[int, Counts]]) -> None:
    """Replace buckets. One in which nothing is left stays until it is pruned: who watches must learn that."""
    made = [(bucket_key(*p), *p, position, _encode(counts)) for p, (position, counts) in rows.items()]
    driver().replace("stats_bucket", _BUCKET, made)


def load_personal(places: Iterable[tuple[int, int]]) -> dict[int, tuple[int, Counts]]:
    """(position of the last change, counts) by key of what is counted for these (person, day)."""
    wanted = [personal_key(*place) for place in places]
    rows = driver().find("stats_personal", ("key", "position", "counts"), "key", wanted)
    return {key: (position, decode_counts(counts)) for key, position, counts in rows}


def save_personal(rows: dict[tuple[int, int], tuple[int, Counts]]) -> None:
    """Replace what is counted for persons on days."""
    made = [(personal_key(*p), *p, position, _encode(counts)) for p, (position, counts) in rows.items()]
    driver().replace("stats_personal", _PERSONAL, made)


def prune_personal(horizon: int) -> None:
    """Forget what was counted before a day."""
    models.Personal.objects.filter(day__lt=horizon).delete()


def prune_buckets(width: int, horizon: int) -> None:
    """Forget buckets of a width that start before the horizon (s)."""
    models.Bucket.objects.filter(width=width, start__lt=horizon).delete()


def clear() -> None:
    """Empty every table of the statistics."""
    for table in (models.Session, models.Message, models.Vote, models.Operation, models.Bucket, models.Personal):
        table.objects.all().delete()


_PLACE = ("digest", "at", "message_id", "role", "asked_at", "status", "completed_at")


@lru_cache
def _both(places: int, bytewise: str) -> str:
    """Both neighbours of many places in one statement."""
    wanted = ", ".join(["(CAST(%s AS bigint), CAST(%s AS bigint), CAST(%s AS text))"] * places)
    near = f"(at, message_id) {{0}} (place.at, place.id{bytewise}) ORDER BY at {{1}}, message_id {{1}} LIMIT 1"
    step = 'SELECT "key" FROM stats_message WHERE session = place.session AND ' + near  # noqa: S608
    left, right = _of("b", _PLACE), _of("a", _NAMES[Message])
    return (
        f"WITH place(session, at, id) AS (VALUES {wanted}) "  # noqa: S608  names are ours
        f"SELECT place.session, place.at, place.id, {left}, {right} FROM place "
        f'LEFT JOIN stats_message b ON b."key" = ({step.format("<", "DESC")}) '
        f'LEFT JOIN stats_message a ON a."key" = ({step.format(">", "ASC")})'
    )


def _of(table: str, names: Iterable[str]) -> str:
    return ", ".join(f'{table}."{name}"' for name in names)


Spot = tuple[int, int, str]


class Stored:
    """The Far of the database: neighbours by index, sessions by key.

    What stands in the database does not change while a batch is counted, so neighbours can be looked up beforehand.
    """

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._near: dict[Spot, tuple[Any, Any]] = {}

    def look_up(self, spots: Sequence[Spot]) -> None:
        """Learn both neighbours of many places (session, at, id), where the database can say so in one answer."""
        if not isinstance(self._driver, Sqlite):
            return
        for some in pieces(spots):
            statement = _both(len(some), self._driver.bytewise)
            for row in self._driver.ask(statement, [value for spot in some for value in spot]).fetchall():
                self._near[row[:3]] = row[3 : 3 + len(_PLACE)], row[3 + len(_PLACE) :]

    def before(self, session: int, at: int, id: str) -> tuple[bytes, Place] | None:
        known = self._near.get((session, at, id))
        row = known[0] if known else self._step(("key", *_PLACE), (session, at, id), False)
        return (bytes(row[0]), place_of(*row[1:])) if row and row[0] is not None else None

    def after(self, session: int, at: int, id: str) -> Message | None:
        known = self._near.get((session, at, id))
        row = known[1] if known else self._step(_NAMES[Message], (session, at, id), True)
        return _row(Message, row) if row and row[0] is not None else None

    def session(self, key: int) -> Session:
        (row,) = self._driver.find(TABLES[Session], _NAMES[Session], "key", [key])
        return session_of(row)

    def _step(self, names: Sequence[str], spot: Spot, forward: bool) -> Any:
        place = ("at", "message_id", *spot[1:])
        row = self._driver.beside(TABLES[Message], names, ("session", spot[0]), place, forward)
        return row if row is None or forward else row[1:]


def stored() -> Stored:
    """The Far of this thread's connection."""
    return Stored(driver())
