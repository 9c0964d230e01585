"""Reads and writes rows of the statistics in bulk. Other modules only read."""

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
from monitoring.stats.bucket import Counts, Groups, add, bucket_key, owner_day_key
from monitoring.stats.deltas import Rows
from monitoring.stats.message import Message, MessageOrder
from monitoring.stats.metrics import BY_CODE, COLUMNS
from monitoring.stats.operation import Operation
from monitoring.stats.session import Detail, Session
from monitoring.stats.working_set import Vote

_encode = msgspec.json.Encoder().encode
_decode_detail = msgspec.json.Decoder(Detail).decode
_encode_groups = msgspec.json.Encoder(order="deterministic").encode
_decode_groups = msgspec.json.Decoder(dict[str, Counts]).decode
EMPTY_COLUMN = b"{}"
"""A column without counts."""


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
"""Columns that follow from the fields. They are to_rows for lists and searches, and never read into a row."""
_COLUMNS = {kind: names + DERIVED.get(kind, []) for kind, names in _NAMES.items()}
_VALUES = {kind: attrgetter(*names) for kind, names in _COLUMNS.items()}
_SUMS = [field.name for field in fields(Detail) if field.name != "silent"]


def _row(kind: type, row: Sequence[Any]) -> Any:
    decoded = kind(*row)
    decoded.digest = bytes(decoded.digest)
    if kind is Session:
        decoded.detail = _decode_detail(decoded.detail)
    return decoded


def session_of(row: Sequence[Any]) -> Session:
    """Returns the session of a row whose columns are in the order of the fields."""
    session: Session = _row(Session, row)
    return session


def load(kind: type, values: Iterable[bytes] | Iterable[int], by: str = "digest") -> Iterator[Any]:
    """Returns the rows with these digests, or these keys (`by="key"`)."""
    rows = driver().find(TABLES[kind], _NAMES[kind], by, list(values))
    return (_row(kind, row) for row in rows)


def to_rows(kind: type, rows: Iterable[Any]) -> list[Row]:
    """Returns rows in the form that `save` takes."""
    encoded: list[Row] = list(map(_VALUES[kind], rows))
    if kind is Session:
        index = _NAMES[Session].index("detail")
        encoded = [(*row[:index], _encode_detail(row[index]), *row[index + 1 :]) for row in encoded]
    return encoded


def save(kind: type, rows: Sequence[Row]) -> None:
    """Insert rows, or replace those with the same key."""
    driver().upsert(TABLES[kind], _COLUMNS[kind], rows)


def insert_operations(rows: Sequence[Row]) -> None:
    """Insert operations. Those with a key that exists are skipped."""
    driver().insert_ignore(TABLES[Operation], _NAMES[Operation], rows)


def _encode_detail(detail: Detail) -> bytes:
    """Encode the sums of a session. Equal sums give equal bytes, whatever order they were counted in."""
    sums = {name: dict(sorted(getattr(detail, name).items())) for name in _SUMS}
    return _encode(sums | {"silent": detail.silent})


def decode_groups(columns: Iterable[bytes]) -> dict[str, Counts]:
    """Returns the counts in some columns of a bucket's row."""
    groups: dict[str, Counts] = {}
    for column in columns:
        groups |= _decode_groups(column)
    return groups


def add_to_buckets(rows: Rows) -> None:
    """Add differences to the buckets at these (width, start)."""
    _add("stats_bucket", ("key", "width", "start", "position", *COLUMNS), bucket_key, rows)


def add_to_owner_days(rows: Rows) -> None:
    """Add differences to the owner days at these (person, day)."""
    _add("stats_personal", ("key", "person", "day", "position", *COLUMNS), owner_day_key, rows)


def _add(table: str, names: Sequence[str], key_of: Callable[[int, int], int], rows: Rows) -> None:
    """A row whose counts become zero stays until it is pruned, so that subscribers get its new state."""
    keys = {pair: key_of(*pair) for pair in rows}
    stored = driver().find(table, ("key", "position", *COLUMNS), "key", list(keys.values()))
    by_key = {key: (position, columns) for key, position, *columns in stored}
    changed = []
    for pair, (position, difference) in rows.items():
        before, columns = by_key.get(keys[pair], (0, [EMPTY_COLUMN] * len(COLUMNS)))
        changed.append((keys[pair], *pair, max(before, position), *_summed(columns, difference)))
    driver().upsert(table, names, changed)


def _summed(columns: Sequence[bytes], difference: Groups) -> Iterator[bytes]:
    """Yields the columns with the difference added. A column without a change is not decoded."""
    parts: dict[str, dict[str, Counts]] = defaultdict(dict)
    for code, counts in difference.items():
        parts[BY_CODE[code].column][code] = counts
    for name, column in zip(COLUMNS, columns, strict=True):
        if name in parts:
            groups = _decode_groups(column)
            add(groups, parts[name])
            column = _encode_groups(groups)
        yield column


def prune_owner_days(horizon: int) -> None:
    """Delete the owner days before a day (since 1970 UTC)."""
    models.Personal.objects.filter(day__lt=horizon).delete()


def prune_buckets(width: int, horizon: int) -> None:
    """Delete the buckets of a width that start before the horizon (s)."""
    models.Bucket.objects.filter(width=width, start__lt=horizon).delete()


def clear() -> None:
    """Delete all rows of the statistics."""
    for table in (models.Session, models.Message, models.Vote, models.Operation, models.Bucket, models.Personal):
        table.objects.all().delete()


ORDER = ("session", "at", "message_id")
"""Columns of the index that sorts the messages of a session."""
OrderKey = tuple[int, int, str]
"""(session, time, id): a key of the index ORDER."""
OrderEntry = tuple[int, int, str, int]
"""A key of ORDER, and the key of the message there."""
MAX_MESSAGES_PER_LOOKUP = 20
"""Messages for each requested key up to which a session is read whole. That costs less than one index lookup for each
key, and reads at most this many rows for each."""


class DatabaseRepository:
    """The Repository of the database.

    Stored rows do not change while a batch is counted, so neighbours are prefetched for the whole batch in a few
    queries. They are kept as rows, and decoded on first use.
    """

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._neighbour_rows: dict[OrderKey, tuple[Row | None, Row | None]] = {}

    def prefetch(self, order_keys: Iterable[OrderKey], sizes: Mapping[int, int]) -> None:
        """Prefetch the neighbours of these keys. `sizes`: number of stored messages by session."""
        by_session: dict[int, list[OrderKey]] = defaultdict(list)
        for order_key in order_keys:
            by_session[order_key[0]].append(order_key)
        short = {
            key: keys
            for key, keys in by_session.items()
            if 0 < sizes.get(key, 0) <= MAX_MESSAGES_PER_LOOKUP * len(keys)
        }
        self._prefetch_whole(short)
        self._prefetch_by_index(
            [order_key for key, keys in by_session.items() if key not in short for order_key in keys]
        )

    def _prefetch_whole(self, by_session: Mapping[int, Sequence[OrderKey]]) -> None:
        """Read the sessions whole, and find the neighbours of their keys in memory."""
        orders: dict[int, list[OrderEntry]] = defaultdict(list)
        for key, session, at, id in self._driver.find(TABLES[Message], ("key", *ORDER), "session", list(by_session)):
            orders[session].append((session, at, id, key))
        sides: list[tuple[OrderKey, int, int]] = []
        for session, order_keys in by_session.items():
            order = sorted(orders[session])
            sides += [(order_key, *_neighbour_keys(order, order_key)) for order_key in order_keys]
        keys = {key for _, *both in sides for key in both}
        rows = {row[0]: row for row in self._driver.find(TABLES[Message], _NAMES[Message], "key", list(keys))}
        for order_key, before, after in sides:
            self._neighbour_rows[order_key] = rows.get(before), rows.get(after)

    def _prefetch_by_index(self, order_keys: Sequence[OrderKey]) -> None:
        for (session, at, id), before, after in self._driver.neighbours(
            TABLES[Message], _NAMES[Message], ORDER, order_keys
        ):
            self._neighbour_rows[session, at, id] = before, after

    def _neighbours(self, order_key: OrderKey) -> tuple[Row | None, Row | None]:
        if order_key not in self._neighbour_rows:
            self._prefetch_by_index([order_key])
        return self._neighbour_rows[order_key]

    def before(self, session: int, at: int, id: str) -> tuple[bytes, MessageOrder] | None:
        row, _ = self._neighbours((session, at, id))
        if row is None:
            return None
        message: Message = _row(Message, row)
        return message.digest, message.order

    def after(self, session: int, at: int, id: str) -> Message | None:
        _, row = self._neighbours((session, at, id))
        return _row(Message, row) if row else None

    def session(self, key: int) -> Session:
        (row,) = self._driver.find(TABLES[Session], _NAMES[Session], "key", [key])
        return session_of(row)


def _neighbour_keys(order: Sequence[OrderEntry], order_key: OrderKey) -> tuple[int, int]:
    """Returns the keys of the messages before and after a key in an order; 0 where there is none."""
    start = bisect_left(order, order_key)
    end = start + (start < len(order) and order[start][:3] == order_key)
    return order[start - 1][3] if start else 0, order[end][3] if end < len(order) else 0


def database_repository() -> DatabaseRepository:
    """Returns a Repository over this thread's connection."""
    return DatabaseRepository(driver())
