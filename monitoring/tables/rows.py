"""Many rows in few statements, asked of the database's driver itself. Pure.

SQLite's driver lets other threads run after every row of `executemany`, and then waits for its turn again; a statement
of a hundred rows does so once. Django's cursor would read each such statement through before passing it on.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

SIZES = (100, 10, 1)
"""Rows in a statement: few shapes, so that the driver finds each prepared; and few enough parameters for everybody."""


@dataclass(frozen=True, slots=True)
class Driver:
    """A driver's connection, and how it marks a parameter."""

    connection: Any
    mark: str

    def ask(self, sql: str, values: Sequence[Any]) -> Any:
        """Execute a statement in which parameters are marked %s."""
        return self.connection.execute(marked(sql, self.mark), values)

    def insert(self, table: str, names: Sequence[str], rows: Sequence[Sequence[Any]], conflict: str = "") -> None:
        """Insert rows; `conflict` is the clause that follows the values."""
        for some in pieces(rows):
            sql = _insert(table, tuple(names), len(some), conflict)
            self.ask(sql, [value for row in some for value in row])


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


@lru_cache(maxsize=1_000)
def _insert(table: str, names: tuple[str, ...], rows: int, conflict: str) -> str:
    columns = ", ".join(f'"{name}"' for name in names)
    values = ", ".join([f"({', '.join(['%s'] * len(names))})"] * rows)
    return f"INSERT INTO {table} ({columns}) VALUES {values} {conflict}"  # noqa: S608  names are ours
