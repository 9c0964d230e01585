"""Rows of the statistics in and out of the database: the one module that writes them in bulk."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Any

import msgspec

from monitoring.db.sql import Driver, Row
from monitoring.db.transactions import driver
from monitoring.stats import models
from monitoring.stats.bucket import Counts, Groups, add, bucket_key, personal_key
from monitoring.stats.deltas import Rows
from monitoring.stats.message import Message, Place
from monitoring.stats.metrics import BY_CODE, COLUMNS
from monitoring.stats.operation import Operation
from monitoring.stats.session import Detail, Session
from monitoring.stats.working_set import Vote

_encode = msgspec.json.Encoder().encode
_decode_detail = msgspec.json.Decoder(Detail).decode
_encode_groups = msgspec.json.Encoder(order="deterministic").encode
_decode_groups = msgspec.json.Decoder(dict[str, Counts]).decode
NOTHING = b"{}"
"""A column in which nothing is counted."""


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


def load(kind: type, values: Iterable[bytes] | Iterable[int], by: str = "digest") -> Iterator[Any]:
    """The rows with these digests, or keys."""
    rows = driver().find(TABLES[kind], _NAMES[kind], by, list(values))
    return (_row(kind, row) for row in rows)


def written(kind: type, rows: Iterable[Any]) -> list[Row]:
    """The rows as `save` takes them."""
    made: list[Row] = list(map(_VALUES[kind], rows))
    if kind is Session:
        place = _NAMES[Session].index("detail")
        made = [(*row[:place], _written(row[place]), *row[place + 1 :]) for row in made]
    return made


def save(kind: type, rows: Sequence[Row]) -> None:
    """Insert or replace rows by key."""
    driver().upsert(TABLES[kind], _COLUMNS[kind], rows)


def keep_operations(rows: Sequence[Row]) -> None:
    """Insert the operations that are not there yet."""
    driver().insert_ignore(TABLES[Operation], _NAMES[Operation], rows)


def _written(detail: Detail) -> bytes:
    """The same figures are the same bytes, whatever order they came in."""
    sums = {name: dict(sorted(getattr(detail, name).items())) for name in _SUMS}
    return _encode(sums | {"silent": detail.silent})


def decode_groups(columns: Iterable[bytes]) -> dict[str, Counts]:
    """The counts in some columns of a bucket's row."""
    found: dict[str, Counts] = {}
    for column in columns:
        found |= _decode_groups(column)
    return found


def add_to_buckets(rows: Rows) -> None:
    """Add differences to the buckets at these (width, start)."""
    _add("stats_bucket", ("key", "width", "start", "position", *COLUMNS), bucket_key, rows)


def add_to_personal(rows: Rows) -> None:
    """Add differences to what is counted for these (person, day)."""
    _add("stats_personal", ("key", "person", "day", "position", *COLUMNS), personal_key, rows)


def _add(table: str, names: Sequence[str], key_of: Callable[[int, int], int], rows: Rows) -> None:
    """A row in which nothing is left stays until it is pruned: who watches must learn that."""
    keys = {place: key_of(*place) for place in rows}
    stored = driver().find(table, ("key", "position", *COLUMNS), "key", list(keys.values()))
    held = {key: (position, columns) for key, position, *columns in stored}
    made = []
    for place, (position, difference) in rows.items():
        before, columns = held.get(keys[place], (0, [NOTHING] * len(COLUMNS)))
        made.append((keys[place], *place, max(before, position), *_summed(columns, difference)))
    driver().upsert(table, names, made)


def _summed(columns: Sequence[bytes], difference: Groups) -> Iterator[bytes]:
    """The columns with a difference added to them. One that it does not touch is not read."""
    parts: dict[str, dict[str, Counts]] = defaultdict(dict)
    for code, counts in difference.items():
        parts[BY_CODE[code].column][code] = counts
    for name, held in zip(COLUMNS, columns, strict=True):
        if name in parts:
            groups = _decode_groups(held)
            add(groups, parts[name])
            held = _encode_groups(groups)
        yield held


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


ORDER = ("session", "at", "message_id")
"""The index in which a session's messages stand in order. A spot is a place in it: (session, at, id)."""
Spot = tuple[int, int, str]
Placed = tuple[int, int, str, int]
"""A spot, and the key of the message that stands there."""
READ_WHOLE = 20
"""A session with at most so many messages for each spot in it is read in order: that is less work than steps along an
index, and never more than so many rows a spot."""


class Stored:
    """The Repository of the database: neighbours by index, sessions by key.

    What stands in the database does not change while a batch is counted, so neighbours are looked up beforehand: a few
    questions for all of them. They are kept as they were read: a row becomes a message when somebody wants it.
    """

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._near: dict[Spot, tuple[Row | None, Row | None]] = {}

    def look_up(self, spots: Iterable[Spot], sizes: Mapping[int, int]) -> None:
        """Learn both neighbours of many spots. `sizes`: how many messages are stored, by session."""
        by_session: dict[int, list[Spot]] = defaultdict(list)
        for spot in spots:
            by_session[spot[0]].append(spot)
        brief = {key: some for key, some in by_session.items() if 0 < sizes.get(key, 0) <= READ_WHOLE * len(some)}
        self._read(brief)
        self._step([spot for key, some in by_session.items() if key not in brief for spot in some])

    def _read(self, spots: Mapping[int, Sequence[Spot]]) -> None:
        """Learn the neighbours of spots in sessions that are short, from their whole order."""
        orders: dict[int, list[Placed]] = defaultdict(list)
        for key, session, at, id in self._driver.find(TABLES[Message], ("key", *ORDER), "session", list(spots)):
            orders[session].append((session, at, id, key))
        sides: list[tuple[Spot, int, int]] = []
        for session, some in spots.items():
            order = sorted(orders[session])
            sides += [(spot, *_beside(order, spot)) for spot in some]
        keys = {key for _, *both in sides for key in both}
        rows = {row[0]: row for row in self._driver.find(TABLES[Message], _NAMES[Message], "key", list(keys))}
        for spot, before, behind in sides:
            self._near[spot] = rows.get(before), rows.get(behind)

    def _step(self, spots: Sequence[Spot]) -> None:
        for (session, at, id), before, behind in self._driver.neighbours(
            TABLES[Message], _NAMES[Message], ORDER, spots
        ):
            self._near[session, at, id] = before, behind

    def _neighbours(self, spot: Spot) -> tuple[Row | None, Row | None]:
        if spot not in self._near:
            self._step([spot])
        return self._near[spot]

    def before(self, session: int, at: int, id: str) -> tuple[bytes, Place] | None:
        found, _ = self._neighbours((session, at, id))
        if found is None:
            return None
        message: Message = _row(Message, found)
        return message.digest, message.place

    def after(self, session: int, at: int, id: str) -> Message | None:
        _, found = self._neighbours((session, at, id))
        return _row(Message, found) if found else None

    def session(self, key: int) -> Session:
        (row,) = self._driver.find(TABLES[Session], _NAMES[Session], "key", [key])
        return session_of(row)


def _beside(order: Sequence[Placed], spot: Spot) -> tuple[int, int]:
    """The keys of the messages before and behind a spot in an order; 0 where there is none."""
    start = bisect_left(order, spot)
    end = start + (start < len(order) and order[start][:3] == spot)
    return order[start - 1][3] if start else 0, order[end][3] if end < len(order) else 0


def stored() -> Stored:
    """The Repository of this thread's connection."""
    return Stored(driver())
