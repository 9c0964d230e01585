"""Reads and writes rows of the statistics in bulk. Other modules only read."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Generic, TypeVar

import msgspec
from django.db.models import Model, QuerySet

from monitoring.db.sql import Row
from monitoring.db.transactions import driver
from monitoring.stats import models
from monitoring.stats.bucket import Counts, add, bucket_key, owner_day_key
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
Kind = TypeVar("Kind", bound=Session | Message | Vote)


class Table(Generic[Kind]):
    """The rows of one kind. Its columns are the fields, in order. `derived` columns follow from the fields: they are
    written for lists and searches, and never read into a row."""

    def __init__(self, kind: type[Kind], *derived: str) -> None:
        self._kind: type[Kind] = kind
        self.name, self.derived = f"stats_{kind.__name__.lower()}", derived
        self.columns = tuple(field.name for field in fields(kind))
        self._values = attrgetter(*self.columns, *derived)

    def row(self, values: Row) -> Kind:
        """Returns the row with the values of `columns`."""
        row = self._kind(*values)
        row.digest = bytes(values[1])
        return row

    def read(self, rows: QuerySet[Model]) -> list[Kind]:
        return list(map(self.row, rows.values_list(*self.columns)))

    def load(self, values: Iterable[bytes] | Iterable[int], by: str = "digest") -> list[Kind]:
        """Returns the rows with these digests, or these keys (`by="key"`)."""
        return list(map(self.row, driver().find(self.name, self.columns, by, list(values))))

    def encode(self, rows: Iterable[Kind]) -> list[Row]:
        """Returns rows in the form that `save` takes."""
        return list(map(self._values, rows))

    def save(self, rows: Sequence[Row]) -> None:
        """Insert rows, or replace those with the same key."""
        driver().upsert(self.name, (*self.columns, *self.derived), rows)


class _Sessions(Table[Session]):
    """Sessions, with their sums as JSON. Equal sums give equal bytes, whatever order they were counted in."""

    def row(self, values: Row) -> Session:
        session = super().row(values)
        session.detail = _decode_detail(values[_DETAIL])
        return session

    def encode(self, rows: Iterable[Session]) -> list[Row]:
        return [(*row[:_DETAIL], _encode_detail(row[_DETAIL]), *row[_DETAIL + 1 :]) for row in super().encode(rows)]


def _encode_detail(detail: Detail) -> bytes:
    sums = {name: dict(sorted(getattr(detail, name).items())) for name in _SUMS}
    return _encode(sums | {"silent": detail.silent})


_SUMS = [name for name in Detail.__struct_fields__ if name != "silent"]
SESSIONS = _Sessions(
    Session,
    "started",
    "duration",
    "average_wait",
    "slowest_wait",
    "p95_wait",
    "errors",
    "outcome",
    "model_names",
    "open_at",
)
_DETAIL = SESSIONS.columns.index("detail")
MESSAGES, VOTES = Table(Message, "slow_rank"), Table(Vote)


def insert_operations(rows: Sequence[Row]) -> None:
    """Insert operations. Those with a key that exists are skipped."""
    driver().insert_ignore("stats_operation", Operation.__struct_fields__, rows)


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
    _add("stats_ownerday", ("key", "person", "day", "position", *COLUMNS), owner_day_key, rows)


def _add(table: str, names: Sequence[str], key_of: Callable[[int, int], int], rows: Rows) -> None:
    """A column without a change is not decoded. A row whose counts become zero stays until it is pruned, so that
    subscribers get its new state."""
    keys = {pair: key_of(*pair) for pair in rows}
    stored = driver().find(table, ("key", "position", *COLUMNS), "key", list(keys.values()))
    by_key = {key: (position, columns) for key, position, *columns in stored}
    changed = []
    for pair, (position, difference) in rows.items():
        before, columns = by_key.get(keys[pair], (0, [EMPTY_COLUMN] * len(COLUMNS)))
        parts: dict[str, dict[str, Counts]] = defaultdict(dict)
        for code, counts in difference.items():
            parts[BY_CODE[code].column][code] = counts
        for column, part in parts.items():
            index = COLUMNS.index(column)
            groups = _decode_groups(columns[index])
            add(groups, part)
            columns[index] = _encode_groups(groups)
        changed.append((keys[pair], *pair, max(before, position), *columns))
    driver().upsert(table, names, changed)


def prune(horizon: Mapping[int, int], first_day: int) -> None:
    """Delete the buckets that start before the horizon of their width (s), and the owner days before a day (since
    1970 UTC)."""
    for width, start in horizon.items():
        models.Bucket.objects.filter(width=width, start__lt=start).delete()
    models.OwnerDay.objects.filter(day__lt=first_day).delete()


def clear() -> None:
    """Delete all rows of the statistics."""
    for table in (models.Session, models.Message, models.Vote, models.Operation, models.Bucket, models.OwnerDay):
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
    """The Repository of the database, over this thread's connection.

    Stored rows do not change while a batch is counted, so neighbours are prefetched for the whole batch in a few
    queries. They are kept as rows, and decoded on first use.
    """

    def __init__(self) -> None:
        self._driver = driver()
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
        for key, session, at, id in self._driver.find(MESSAGES.name, ("key", *ORDER), "session", list(by_session)):
            orders[session].append((session, at, id, key))
        sides: list[tuple[OrderKey, int, int]] = []
        for session, order_keys in by_session.items():
            order = sorted(orders[session])
            sides += [(order_key, *_neighbour_keys(order, order_key)) for order_key in order_keys]
        keys = {key for _, *both in sides for key in both}
        rows = {row[0]: row for row in self._driver.find(MESSAGES.name, MESSAGES.columns, "key", list(keys))}
        for order_key, before, after in sides:
            self._neighbour_rows[order_key] = rows.get(before), rows.get(after)

    def _prefetch_by_index(self, order_keys: Sequence[OrderKey]) -> None:
        for (session, at, id), before, after in self._driver.neighbours(
            MESSAGES.name, MESSAGES.columns, ORDER, order_keys
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
        message = MESSAGES.row(row)
        return message.digest, message.order

    def after(self, session: int, at: int, id: str) -> Message | None:
        _, row = self._neighbours((session, at, id))
        return MESSAGES.row(row) if row else None

    def session(self, key: int) -> Session:
        (session,) = SESSIONS.load([key], "key")
        return session


def _neighbour_keys(order: Sequence[OrderEntry], order_key: OrderKey) -> tuple[int, int]:
    """Returns the keys of the messages before and after a key in an order; 0 where there is none."""
    start = bisect_left(order, order_key)
    end = start + (start < len(order) and order[start][:3] == order_key)
    return order[start - 1][3] if start else 0, order[end][3] if end < len(order) else 0
