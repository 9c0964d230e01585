"""Many documents at once, asked of MongoDB's own driver: the twin of `rows`. Pure.

The first of a table's names is its key, which MongoDB calls `_id`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo import InsertOne, ReplaceOne, UpdateOne

from monitoring.tables.rows import IN_ONE_QUERY, Row

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Documents:
    """A database, and the session whose transaction all this is part of (None outside of one)."""

    database: Any
    session: Any

    def insert(self, table: str, names: Sequence[str], rows: Sequence[Row]) -> None:
        self._write(table, [InsertOne(document) for document in _documents(names, rows)])

    def replace(self, table: str, names: Sequence[str], rows: Sequence[Row]) -> None:
        changes = [ReplaceOne({"_id": known["_id"]}, known, upsert=True) for known in _documents(names, rows)]
        self._write(table, changes)

    def complete(self, table: str, names: Sequence[str], rows: Sequence[Row]) -> None:
        changes = [
            UpdateOne({"_id": known["_id"]}, {"$setOnInsert": known}, upsert=True) for known in _documents(names, rows)
        ]
        self._write(table, changes)

    def find(self, table: str, names: Sequence[str], by: str, values: Sequence[Any]) -> Iterator[Row]:
        field = "_id" if by == names[0] else by
        for start in range(0, len(values), IN_ONE_QUERY):
            wanted = {field: {"$in": list(values[start : start + IN_ONE_QUERY])}}
            for found in self.database[table].find(wanted, session=self.session):
                yield _row(names, found)

    def beside(self, table: str, names: Sequence[str], group: Row, place: Row, forward: bool) -> Row | None:
        first, second, *values = place
        sign, order = ("$gt", 1) if forward else ("$lt", -1)
        further = [{first: {sign: values[0]}}, {first: values[0], second: {sign: values[1]}}]
        wanted = {group[0]: group[1], "$or": further}
        found = self.database[table].find(wanted, session=self.session).sort([(first, order), (second, order)])
        return next((_row(names, document) for document in found.limit(1)), None)

    def _write(self, table: str, changes: Sequence[Any]) -> None:
        if changes:
            self.database[table].bulk_write(changes, ordered=True, session=self.session)


def _documents(names: Sequence[str], rows: Sequence[Row]) -> Iterator[Document]:
    fields = ["_id", *names[1:]]
    return (dict(zip(fields, row, strict=True)) for row in rows)


def _row(names: Sequence[str], document: Document) -> Row:
    return [document["_id"], *(document.get(name) for name in names[1:])]
