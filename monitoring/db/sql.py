"""Bulk reads and writes with the SQL database's driver. Pure. `mongodb.py` has the same interface for MongoDB.

The first of a table's columns is its key. SQLite's driver releases the GIL after every row of `executemany` and waits
to get it back; a statement of a hundred rows does so once. PostgreSQL's driver takes rows by COPY for a thirtieth of
the CPU that as many parameters cost. Django's cursor is not used, since it parses each such statement.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol, TypeVar

STATEMENT_ROWS = (100, 10, 1)
"""Rows in a statement. There are few sizes, so that the driver caches each prepared statement; 100 rows stay below
SQLite's limit of parameters."""
MAX_QUERY_VALUES = 5_000
"""Values in one query."""
_column_types: "dict[tuple[str, tuple[str, ...]], list[int]]" = {}
"""PostgreSQL's type OIDs by table and columns. Built-in types have the same OIDs in every database."""
T = TypeVar("T")
Row = Sequence[Any]
Order = tuple[str, str, str]
"""The columns of an index: the number of a group, and within the group a number and a text."""
IndexKey = Row
"""A value for each column of an `Order`."""
Neighbours = tuple[IndexKey, Row | None, Row | None]
"""A key, the row before it and the row after it; None where there is none."""


class Driver(Protocol):
    """The bulk operations of a database. Table names and column names are not escaped: they must not come from
    input."""

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """Inserts rows. The database's error is raised if a key exists."""

    def upsert(self, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """Inserts rows, and replaces those whose keys exist."""

    def insert_ignore(self, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """Inserts the rows whose keys do not exist, and ignores the others."""

    def add(self, table: str, columns: Sequence[str], rows: Sequence[Row], sums: Sequence[str], latest: str) -> None:
        """Inserts rows. Where the key exists, adds to the columns `sums` and replaces the column `latest`."""

    def find(self, table: str, columns: Sequence[str], by: str, values: Sequence[object]) -> Iterator[Row]:
        """Yields the rows whose column `by` has one of these values, in any order."""

    def neighbours(
        self, table: str, columns: Sequence[str], order: Order, keys: Sequence[IndexKey]
    ) -> Iterator[Neighbours]:
        """Yields for each key the nearest rows of its group before and after it, in the order of the index `order`."""


@dataclass(frozen=True)
class Sqlite:
    """Bulk operations on a connection of `sqlite3`."""

    connection: Any

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Row], conflict: str = "") -> None:
        for chunk in _chunks(rows):
            values = [value for row in chunk for value in row]
            self.connection.execute(_insert(table, tuple(columns), len(chunk), conflict), values)

    def upsert(self, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        changes = ", ".join(f'"{name}" = excluded."{name}"' for name in columns[1:])
        self.insert(table, columns, rows, f'ON CONFLICT ("{columns[0]}") DO UPDATE SET {changes}')

    def insert_ignore(self, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        self.insert(table, columns, rows, f'ON CONFLICT ("{columns[0]}") DO NOTHING')

    def add(self, table: str, columns: Sequence[str], rows: Sequence[Row], sums: Sequence[str], latest: str) -> None:
        changes = [f'"{name}" = {table}."{name}" + excluded."{name}"' for name in sums]
        changes.append(f'"{latest}" = excluded."{latest}"')
        self.insert(table, columns, rows, f'ON CONFLICT ("{columns[0]}") DO UPDATE SET {", ".join(changes)}')

    def find(self, table: str, columns: Sequence[str], by: str, values: Sequence[object]) -> Iterator[Row]:
        for start in range(0, len(values), MAX_QUERY_VALUES):
            chunk = values[start : start + MAX_QUERY_VALUES]
            sql = f"{_select(table, columns, by)} IN ({_placeholders(len(chunk))})"
            yield from self.connection.execute(sql, chunk).fetchall()

    def neighbours(
        self, table: str, columns: Sequence[str], order: Order, keys: Sequence[IndexKey]
    ) -> Iterator[Neighbours]:
        for chunk in _chunks(keys):
            key_source = f"VALUES {', '.join(['(?, ?, ?)'] * len(chunk))}"
            sql, values = _nearest(table, tuple(columns), order, key_source), [value for key in chunk for value in key]
            yield from map(_neighbours, self.connection.execute(sql, values).fetchall())


@dataclass(frozen=True)
class Postgres(Sqlite):
    """Inserts rows by binary COPY; rows whose keys may exist are copied into a temporary table first."""

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Row], conflict: str = "") -> None:
        if not rows:
            return
        if not conflict:
            self._copy(table, table, columns, rows)
            return
        staging, quoted = f"{table}_coming", _quoted(columns)
        self.connection.execute(f"CREATE TEMP TABLE IF NOT EXISTS {staging} (LIKE {table}) ON COMMIT DELETE ROWS")
        self._copy(staging, table, columns, rows)
        self.connection.execute(f"INSERT INTO {table} ({quoted}) SELECT {quoted} FROM {staging} {conflict}")  # noqa: S608
        self.connection.execute(f"DELETE FROM {staging}")  # noqa: S608  not from input

    def find(self, table: str, columns: Sequence[str], by: str, values: Sequence[object]) -> Iterator[Row]:
        """The values are one array literal: the driver would convert each value of a list by itself."""
        if values:
            sql = f"{_select(table, columns, by)} = ANY(%s::{'bytea' if isinstance(values[0], bytes) else 'bigint'}[])"
            items = [f'"\\\\x{value.hex()}"' if isinstance(value, bytes) else str(value) for value in values]
            yield from self.connection.execute(sql, [f"{{{','.join(items)}}}"]).fetchall()

    def neighbours(
        self, table: str, columns: Sequence[str], order: Order, keys: Sequence[IndexKey]
    ) -> Iterator[Neighbours]:
        """One query for all keys."""
        if keys:
            key_source = "SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::text[])"
            arrays = [list(values) for values in zip(*keys, strict=True)]
            sql = _nearest(table, tuple(columns), order, key_source, ' COLLATE "C"')
            yield from map(_neighbours, self.connection.execute(sql, arrays).fetchall())

    def _copy(self, into: str, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        columns_of_table, quoted = (table, tuple(columns)), _quoted(columns)
        if columns_of_table not in _column_types:
            cursor = self.connection.execute(f"SELECT {quoted} FROM {table} LIMIT 0")  # noqa: S608
            _column_types[columns_of_table] = [column.type_code for column in cursor.description]
        with (
            self.connection.cursor() as cursor,
            cursor.copy(f"COPY {into} ({quoted}) FROM STDIN (FORMAT BINARY)") as copy,
        ):
            copy.set_types(_column_types[columns_of_table])
            for row in rows:
                copy.write_row(row)


def _chunks(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    """Yields the rows in order, in as few chunks as the sizes in STATEMENT_ROWS allow."""
    start = 0
    for size in STATEMENT_ROWS:
        while len(rows) - start >= size:
            yield rows[start : start + size]
            start += size


def _neighbours(row: Row) -> Neighbours:
    middle = 3 + (len(row) - 3) // 2
    before, after = row[3:middle], row[middle:]
    return row[:3], None if before[0] is None else before, None if after[0] is None else after


def _placeholders(count: int) -> str:
    return ", ".join("?" * count)


def _quoted(columns: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


def _select(table: str, columns: Sequence[str], by: str) -> str:
    return f'SELECT {_quoted(columns)} FROM {table} WHERE "{by}"'  # noqa: S608  not from input


@lru_cache(maxsize=100)
def _nearest(table: str, columns: tuple[str, ...], order: Order, key_source: str, text_collation: str = "") -> str:
    """Returns a statement that selects both neighbours of each key of `key_source`."""
    group, first, second = order
    sides = ", ".join(f'{side}."{name}"' for side in ("before", "behind") for name in columns)
    nearest = (
        f'SELECT "{columns[0]}" FROM {table} WHERE {group} = place.a '  # noqa: S608  not from input
        f"AND ({first}, {second}) {{}} (place.b, place.c{text_collation}) ORDER BY {first} {{}}, {second} {{}} LIMIT 1"
    )
    return (
        f"WITH place(a, b, c) AS ({key_source}) SELECT place.a, place.b, place.c, {sides} FROM place "  # noqa: S608
        f'LEFT JOIN {table} AS before ON before."{columns[0]}" = ({nearest.format("<", "DESC", "DESC")}) '
        f'LEFT JOIN {table} AS behind ON behind."{columns[0]}" = ({nearest.format(">", "ASC", "ASC")})'
    )


@lru_cache(maxsize=1_000)
def _insert(table: str, columns: tuple[str, ...], rows: int, conflict: str) -> str:
    values = ", ".join([f"({_placeholders(len(columns))})"] * rows)
    return f"INSERT INTO {table} ({_quoted(columns)}) VALUES {values} {conflict}"  # noqa: S608  not from input
