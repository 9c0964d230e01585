"""Bulk reads and writes with MongoDB's driver; `sql.py` has the same interface for SQL. Pure.

The first of a table's columns is its key, which MongoDB calls `_id`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo import InsertOne, ReplaceOne, UpdateOne
from pymongo.client_session import ClientSession
from pymongo.database import Database

from monitoring.db.sql import MAX_QUERY_VALUES, IndexKey, Neighbours, Order, Row

MAX_LOOKUP_KEYS = 1_000
"""Index keys in one aggregation. All of them are in one document, which MongoDB limits to 16 MiB."""
Document = dict[str, Any]
Operation = InsertOne[Document] | ReplaceOne[Document] | UpdateOne


@dataclass(frozen=True, slots=True)
class Mongodb:
    """The driver's database, and the session of the current transaction (None outside of a transaction)."""

    database: "Database[Document]"
    session: ClientSession | None

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        self._write(table, [InsertOne(document) for document in _documents(columns, rows)])

    def upsert(self, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        operations = [ReplaceOne({"_id": row["_id"]}, row, upsert=True) for row in _documents(columns, rows)]
        self._write(table, operations)

    def insert_ignore(self, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        operations = [
            UpdateOne({"_id": row["_id"]}, {"$setOnInsert": row}, upsert=True) for row in _documents(columns, rows)
        ]
        self._write(table, operations)

    def add(self, table: str, columns: Sequence[str], rows: Sequence[Row], sums: Sequence[str], latest: str) -> None:
        operations = []
        for row in _documents(columns, rows):
            update = {"$inc": {name: row.pop(name) for name in sums}, "$set": {latest: row.pop(latest)}}
            operations.append(UpdateOne({"_id": row["_id"]}, update | {"$setOnInsert": row}, upsert=True))
        self._write(table, operations)

    def find(self, table: str, columns: Sequence[str], by: str, values: Sequence[object]) -> Iterator[Row]:
        field = "_id" if by == columns[0] else by
        for start in range(0, len(values), MAX_QUERY_VALUES):
            query = {field: {"$in": list(values[start : start + MAX_QUERY_VALUES])}}
            for document in self.database[table].find(query, session=self.session):
                yield _row(columns, document)

    def neighbours(
        self, table: str, columns: Sequence[str], order: Order, keys: Sequence[IndexKey]
    ) -> Iterator[Neighbours]:
        """One aggregation for each MAX_LOOKUP_KEYS keys."""
        for start in range(0, len(keys), MAX_LOOKUP_KEYS):
            documents = [{"a": a, "b": b, "c": {"$literal": c}} for a, b, c in keys[start : start + MAX_LOOKUP_KEYS]]
            stages = [{"$documents": documents}, _lookup(table, order, "before"), _lookup(table, order, "behind")]
            for result in self.database.aggregate(stages, session=self.session):
                key = result["a"], result["b"], result["c"]
                sides = result["before"], result["behind"]
                before, behind = (_row(columns, side[0]) if side else None for side in sides)
                yield key, before, behind

    def _write(self, table: str, operations: Sequence[Operation]) -> None:
        if operations:
            self.database[table].bulk_write(operations, ordered=True, session=self.session)


def _documents(columns: Sequence[str], rows: Sequence[Row]) -> Iterator[Document]:
    fields = ["_id", *columns[1:]]
    return (dict(zip(fields, row, strict=True)) for row in rows)


def _lookup(table: str, order: Order, side: str) -> Document:
    """Returns a `$lookup` stage that finds the nearest document on one `side` of a key. The server scans the index of
    the key's group up to the first match; it skips only documents with the same number on the other side."""
    first, second = f"${order[1]}", f"${order[2]}"
    beyond, at_or_beyond, direction = ("$gt", "$gte", 1) if side == "behind" else ("$lt", "$lte", -1)
    strictly_beyond = {"$or": [{beyond: [first, "$$b"]}, {beyond: [second, "$$c"]}]}
    stages: list[Document] = [
        {"$match": {"$expr": {"$and": [{at_or_beyond: [first, "$$b"]}, strictly_beyond]}}},
        {"$sort": {order[1]: direction, order[2]: direction}},
        {"$limit": 1},
    ]
    join = {"from": table, "localField": "a", "foreignField": order[0], "let": {"b": "$b", "c": "$c"}}
    return {"$lookup": {**join, "pipeline": stages, "as": side}}


def _row(columns: Sequence[str], document: Document) -> Row:
    return [document["_id"], *(document.get(name) for name in columns[1:])]
