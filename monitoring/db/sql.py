"""Many rows in few statements, asked of the SQL database's own driver. Pure. `documents` is the same for MongoDB.

The first of a table's names is its key. SQLite's driver lets other threads run after every row of `executemany`, and
then waits for its turn again; a statement of a hundred rows does so once. PostgreSQL's takes rows by COPY for a
thirtieth of the CPU that as many parameters cost. Django's cursor would read each such statement through first.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

SIZES = (100, 10, 1)
"""Rows in a statement: few shapes, so that the driver finds each prepared; and few enough parameters for everybody."""
IN_ONE_QUERY = 5_000
_types: "dict[tuple[str, tuple[str, ...]], list[int]]" = {}
"""PostgreSQL's numbers for the types of a table's columns; its own types have the same ones everywhere."""
Row = Sequence[Any]
Order = tuple[str, str, str]
"""Columns of an index: a group's number, and within the group a number and a text. A spot is a value for each."""
Neighbours = tuple[Row, Row | None, Row | None]
"""A spot, the row before it and the row behind it, where there is one."""


class Driver(Protocol):
    """What the stores ask of a database in bulk."""

    def insert(self, table: str, names: Sequence[str], rows: Sequence[Row]) -> None:
        """Insert rows whose keys are not there yet."""

    def replace(self, table: str, names: Sequence[str], rows: Sequence[Row]) -> None:
        """Insert rows; where the key is there already, replace the row."""

    def complete(self, table: str, names: Sequence[str], rows: Sequence[Row]) -> None:
        """Insert the rows whose keys are not there yet, and leave the others."""

    def add(self, table: str, names: Sequence[str], rows: Sequence[Row], sums: Sequence[str], newer: str) -> None:
        """Insert rows; where the key is there already, add the columns `sums` to it, and replace the column `newer`."""

    def find(self, table: str, names: Sequence[str], by: str, values: Sequence[Any]) -> Iterator[Row]:
        """The rows in which `by` is one of these values, in any order."""

    def neighbours(self, table: str, names: Sequence[str], order: Order, spots: Sequence[Row]) -> Iterator[Neighbours]:
        """One step each way along the index `order`: the nearest rows of each spot's group before and behind it."""


@dataclass(frozen=True)
class Sqlite:
    """The driver's connection."""

    connection: Any
    mark = "?"
    bytewise = ""

    def ask(self, sql: str, values: Sequence[Any]) -> Any:
        """Execute a statement in which parameters are marked %s."""
        return self.connection.execute(marked(sql, self.mark), values)

    def insert(self, table: str, names: Sequence[str], rows: Sequence[Row], conflict: str = "") -> None:
        for some in pieces(rows):
            self.ask(_insert(table, tuple(names), len(some), conflict), [value for row in some for value in row])

    def replace(self, table: str, names: Sequence[str], rows: Sequence[Row]) -> None:
        self.insert(table, names, rows, _replacing(tuple(names)))

    def complete(self, table: str, names: Sequence[str], rows: Sequence[Row]) -> None:
        self.insert(table, names, rows, f'ON CONFLICT ("{names[0]}") DO NOTHING')

    def add(self, table: str, names: Sequence[str], rows: Sequence[Row], sums: Sequence[str], newer: str) -> None:
        changes = [f'"{name}" = {table}."{name}" + excluded."{name}"' for name in sums]
        changes.append(f'"{newer}" = excluded."{newer}"')
        self.insert(table, names, rows, f'ON CONFLICT ("{names[0]}") DO UPDATE SET {", ".join(changes)}')

    def find(self, table: str, names: Sequence[str], by: str, values: Sequence[Any]) -> Iterator[Row]:
        for start in range(0, len(values), IN_ONE_QUERY):
            some = values[start : start + IN_ONE_QUERY]
            yield from self.ask(f"{_select(table, tuple(names), by)} IN ({marks(len(some))})", some).fetchall()

    def neighbours(self, table: str, names: Sequence[str], order: Order, spots: Sequence[Row]) -> Iterator[Neighbours]:
        for some in pieces(spots):
            places = f"VALUES {', '.join([f'({marks(3)})'] * len(some))}"
            values = [value for spot in some for value in spot]
            yield from self._neighbours(_nearest(table, tuple(names), order, places, self.bytewise), values)

    def _neighbours(self, sql: str, values: Sequence[Any]) -> Iterator[Neighbours]:
        for row in self.ask(sql, values).fetchall():
            behind = 3 + (len(row) - 3) // 2
            before, after = row[3:behind], row[behind:]
            yield row[:3], None if before[0] is None else before, None if after[0] is None else after


@dataclass(frozen=True)
class Postgres(Sqlite):
    """Rows go in by COPY, in the binary form; where they may be there already, by way of a table of our own."""

    mark = "%s"
    bytewise = ' COLLATE "C"'

    def insert(self, table: str, names: Sequence[str], rows: Sequence[Row], conflict: str = "") -> None:
        if not rows:
            return
        if not conflict:
            self._copy(table, table, names, rows)
            return
        beside = f"{table}_coming"
        self.connection.execute(f"CREATE TEMP TABLE IF NOT EXISTS {beside} (LIKE {table}) ON COMMIT DELETE ROWS")
        self._copy(beside, table, names, rows)
        columns = _columns(tuple(names))
        self.connection.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {beside} {conflict}")  # noqa: S608
        self.connection.execute(f"DELETE FROM {beside}")  # noqa: S608  names are ours

    def find(self, table: str, names: Sequence[str], by: str, values: Sequence[Any]) -> Iterator[Row]:
        if values:
            asked = f"{_select(table, tuple(names), by)} = ANY(%s::{'bytea' if _is_bytes(values) else 'bigint'}[])"
            yield from self.connection.execute(asked, [_array(values)]).fetchall()

    def neighbours(self, table: str, names: Sequence[str], order: Order, spots: Sequence[Row]) -> Iterator[Neighbours]:
        """All spots at once."""
        if spots:
            places = "SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::text[])"
            columns = [list(column) for column in zip(*spots, strict=True)]
            yield from self._neighbours(_nearest(table, tuple(names), order, places, self.bytewise), columns)

    def _copy(self, into: str, table: str, names: Sequence[str], rows: Sequence[Row]) -> None:
        known = table, tuple(names)
        if known not in _types:
            asked = self.connection.execute(f"SELECT {_columns(known[1])} FROM {table} LIMIT 0")  # noqa: S608
            _types[known] = [column.type_code for column in asked.description]
        with (
            self.connection.cursor() as cursor,
            cursor.copy(f"COPY {into} ({_columns(known[1])}) FROM STDIN (FORMAT BINARY)") as copy,
        ):
            copy.set_types(_types[known])
            for row in rows:
                copy.write_row(row)


def _is_bytes(values: Sequence[Any]) -> bool:
    return isinstance(values[0], bytes)


def _array(values: Sequence[Any]) -> str:
    """Bytes or numbers as PostgreSQL reads an array: one parameter, where the driver would make thousands."""
    if _is_bytes(values):
        return "{" + ",".join([f'"\\\\x{value.hex()}"' for value in values]) + "}"
    return "{" + ",".join(map(str, values)) + "}"


def pieces(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """The rows in order, in as few pieces as SIZES allow."""
    start = 0
    for size in SIZES:
        while len(rows) - start >= size:
            yield rows[start : start + size]
            start += size


@lru_cache(maxsize=1_000)
def marked(sql: str, mark: str) -> str:
    """The statement with the driver's own marks."""
    return sql if mark == "%s" else sql.replace("%s", mark)


def marks(number: int) -> str:
    """So many parameters."""
    return ", ".join(["%s"] * number)


@lru_cache(maxsize=1_000)
def _columns(names: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in names)


@lru_cache(maxsize=1_000)
def _select(table: str, names: tuple[str, ...], by: str) -> str:
    return f'SELECT {_columns(names)} FROM {table} WHERE "{by}"'  # noqa: S608  names are ours


@lru_cache(maxsize=100)
def _nearest(table: str, names: tuple[str, ...], order: Order, places: str, bytewise: str) -> str:
    """Both neighbours of each place in one statement."""
    group, first, second = order
    sides = ", ".join(f'{side}."{name}"' for side in ("before", "behind") for name in names)
    step = (
        f'SELECT "{names[0]}" FROM {table} WHERE {group} = place.a '  # noqa: S608  names are ours
        f"AND ({first}, {second}) {{}} (place.b, place.c{bytewise}) ORDER BY {first} {{}}, {second} {{}} LIMIT 1"
    )
    return (
        f"WITH place(a, b, c) AS ({places}) SELECT place.a, place.b, place.c, {sides} FROM place "  # noqa: S608
        f'LEFT JOIN {table} AS before ON before."{names[0]}" = ({step.format("<", "DESC", "DESC")}) '
        f'LEFT JOIN {table} AS behind ON behind."{names[0]}" = ({step.format(">", "ASC", "ASC")})'
    )


@lru_cache(maxsize=1_000)
def _insert(table: str, names: tuple[str, ...], rows: int, conflict: str) -> str:
    values = ", ".join([f"({marks(len(names))})"] * rows)
    return f"INSERT INTO {table} ({_columns(names)}) VALUES {values} {conflict}"  # noqa: S608  names are ours


@lru_cache(maxsize=100)
def _replacing(names: tuple[str, ...]) -> str:
    changes = ", ".join(f'"{name}" = excluded."{name}"' for name in names[1:])
    return f'ON CONFLICT ("{names[0]}") DO UPDATE SET {changes}'
