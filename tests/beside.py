"""A database as the tests look into it, beside the server: the same few questions on SQLite, PostgreSQL and MongoDB."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from django.apps import apps
from pymongo import MongoClient

Row = tuple[Any, ...]


def model_of(table: str) -> Any:
    for model in apps.get_models(include_auto_created=True):
        if model._meta.db_table == table:
            return model
    raise LookupError(f"there is no table {table}")


def columns_of(table: str) -> list[str]:
    """The columns of a table of ours, in the order of the model's fields, the key first."""
    fields = sorted(model_of(table)._meta.concrete_fields, key=lambda field: not field.primary_key)
    return [str(field.column) for field in fields]


class Sql:
    """SQLite in a file, or PostgreSQL at an address."""

    def __init__(self, place: Path | str) -> None:
        self.place = place

    def ask(self, words: str, values: Row = ()) -> list[Row]:
        """Run one statement; `?` marks a value."""
        if isinstance(self.place, Path):
            with closing(sqlite3.connect(self.place, timeout=30)) as file, file:
                return file.execute(words, values).fetchall()
        with psycopg.connect(self.place) as line:
            found = line.execute(words.replace("?", "%s"), values) if values else line.execute(words)
            return [tuple(row) for row in found.fetchall()] if found.description else []

    def find(self, table: str, *names: str, **where: Any) -> list[Row]:
        """These columns of the rows that equal `where`, sorted by key."""
        key, chosen = columns_of(table)[0], ", ".join(f'"{name}"' for name in names)
        return self.ask(f'SELECT {chosen} FROM "{table}"{_where(where)} ORDER BY "{key}"', tuple(where.values()))

    def count(self, table: str, **where: Any) -> int:
        return int(self.ask(f'SELECT COUNT(*) FROM "{table}"{_where(where)}', tuple(where.values()))[0][0])

    def change(self, table: str, to: dict[str, Any], **where: Any) -> None:
        """Set these columns in the rows that equal `where`."""
        values = ", ".join(f'"{name}" = ?' for name in to)
        self.ask(f'UPDATE "{table}" SET {values}{_where(where)}', (*to.values(), *where.values()))

    def add(self, table: str, **values: Any) -> None:
        names = ", ".join(f'"{name}"' for name in values)
        self.ask(f'INSERT INTO "{table}" ({names}) VALUES ({", ".join("?" * len(values))})', tuple(values.values()))

    def remove(self, table: str, **where: Any) -> None:
        self.ask(f'DELETE FROM "{table}"{_where(where)}', tuple(where.values()))


def _where(where: dict[str, Any]) -> str:
    return " WHERE " + " AND ".join(f'"{name}" = ?' for name in where) if where else ""


class Documents:
    """The same on MongoDB, where a key that is a number is called `_id`."""

    def __init__(self, url: str) -> None:
        self.url, self.name = url, urlsplit(url).path[1:]

    def find(self, table: str, *names: str, **where: Any) -> list[Row]:
        key = columns_of(table)[0]
        with MongoClient[dict[str, Any]](self.url) as client:
            found = client[self.name][table].find(_named(table, where)).sort(_name(table, key))
            return [tuple(row[_name(table, name)] for name in names) for row in found]

    def count(self, table: str, **where: Any) -> int:
        with MongoClient[dict[str, Any]](self.url) as client:
            return client[self.name][table].count_documents(_named(table, where))

    def change(self, table: str, to: dict[str, Any], **where: Any) -> None:
        with MongoClient[dict[str, Any]](self.url) as client:
            client[self.name][table].update_many(_named(table, where), {"$set": to})

    def add(self, table: str, **values: Any) -> None:
        with MongoClient[dict[str, Any]](self.url) as client:
            client[self.name][table].insert_one(_named(table, values))

    def remove(self, table: str, **where: Any) -> None:
        with MongoClient[dict[str, Any]](self.url) as client:
            client[self.name][table].delete_many(_named(table, where))


def _name(table: str, name: str) -> str:
    """What a column is called on MongoDB: a key that is a text is a column like others there."""
    key = model_of(table)._meta.pk
    return "_id" if name == key.column and key.get_internal_type() != "CharField" else name


def _named(table: str, values: dict[str, Any]) -> dict[str, Any]:
    return {_name(table, name): value for name, value in values.items()}


def tables(database: str, folder: Path) -> Sql | Documents:
    """The tables behind a DATABASE_URL; of a DATA_DIR's SQLite where there is none."""
    if database.startswith("mongodb"):
        return Documents(database)
    return Sql(database or folder / "sbdash.sqlite3")
