"""Many documents at once, asked of MongoDB's own driver: the twin of `rows`. Pure.

The first of a table's names is its key, which MongoDB calls `_id`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo import InsertOne, ReplaceOne, UpdateOne

from monitoring.db.sql import IN_ONE_QUERY, Neighbours, Order, Row

IN_ONE_LOOKUP = 1_000
"""Spots whose neighbours are asked for in one question, which is one document: 16 MiB at most."""
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

    def add(self, table: str, names: Sequence[str], rows: Sequence[Row], sums: Sequence[str], newer: str) -> None:
        changes = []
        for known in _documents(names, rows):
            written = {"$inc": {name: known.pop(name) for name in sums}, "$set": {newer: known.pop(newer)}}
            changes.append(UpdateOne({"_id": known["_id"]}, written | {"$setOnInsert": known}, upsert=True))
        self._write(table, changes)

    def find(self, table: str, names: Sequence[str], by: str, values: Sequence[Any]) -> Iterator[Row]:
        field = "_id" if by == names[0] else by
        for start in range(0, len(values), IN_ONE_QUERY):
            wanted = {field: {"$in": list(values[start : start + IN_ONE_QUERY])}}
            for found in self.database[table].find(wanted, session=self.session):
                yield _row(names, found)

    def neighbours(self, table: str, names: Sequence[str], order: Order, spots: Sequence[Row]) -> Iterator[Neighbours]:
        """A thousand spots in one question: the server takes the two steps for each."""
        for start in range(0, len(spots), IN_ONE_LOOKUP):
            some = spots[start : start + IN_ONE_LOOKUP]
            places = [{"a": a, "b": b, "c": {"$literal": c}} for a, b, c in some]
            steps = [{"$documents": places}, _step(table, order, "before"), _step(table, order, "behind")]
            for found in self.database.aggregate(steps, session=self.session):
                spot = found["a"], found["b"], found["c"]
                before, behind = (_row(names, side[0]) if side else None for side in (found["before"], found["behind"]))
                yield spot, before, behind

    def _write(self, table: str, changes: Sequence[Any]) -> None:
        if changes:
            self.database[table].bulk_write(changes, ordered=True, session=self.session)


def _documents(names: Sequence[str], rows: Sequence[Row]) -> Iterator[Document]:
    fields = ["_id", *names[1:]]
    return (dict(zip(fields, row, strict=True)) for row in rows)


def _step(table: str, order: Order, side: str) -> Document:
    """Look up the nearest document on one `side` of a place: its group's index is walked until something stands there.
    What stands at the same number and beyond in the alphabet is all that is walked past."""
    first, second = f"${order[1]}", f"${order[2]}"
    beyond, there, way = ("$gt", "$gte", 1) if side == "behind" else ("$lt", "$lte", -1)
    further = {"$or": [{beyond: [first, "$$b"]}, {beyond: [second, "$$c"]}]}
    steps: list[Document] = [
        {"$match": {"$expr": {"$and": [{there: [first, "$$b"]}, further]}}},
        {"$sort": {order[1]: way, order[2]: way}},
        {"$limit": 1},
    ]
    known = {"from": table, "localField": "a", "foreignField": order[0], "let": {"b": "$b", "c": "$c"}}
    return {"$lookup": {**known, "pipeline": steps, "as": side}}


def _row(names: Sequence[str], document: Document) -> Row:
    return [document["_id"], *(document.get(name) for name in names[1:])]
