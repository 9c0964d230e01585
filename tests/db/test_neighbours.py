"""The bulk operations give the same results on each database."""

import random
import sqlite3
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from mongodb import Mongo
from running import Postgres as PostgresServer

from monitoring.db.mongodb import Mongodb
from monitoring.db.sql import Driver, Postgres, Sqlite

NAMES = ("key", "session", "at", "id")
ORDER = ("session", "at", "id")
TABLE = "CREATE TABLE placed (key bigint PRIMARY KEY, session bigint, at bigint, id text{})"
INDEX = "CREATE INDEX placed_in_order ON placed (session, at, id)"
IDS = ["a", "B", "ä", "$key", "$$ROOT", "", "zz", "😀", 'quo"te', "{}"]
Rows = dict[tuple[int, int, str], int]


def random_rows(seed: int) -> Rows:
    """Returns row keys by index key. Several rows have the same time, so that their ids decide."""
    chance = random.Random(seed)
    keys = {(chance.randrange(3), chance.randrange(12), chance.choice(IDS)) for _ in range(150)}
    return {index_key: key for key, index_key in enumerate(sorted(keys), 1)}


@pytest.fixture(params=["sqlite", "postgresql", "mongodb"])
def driver(request: pytest.FixtureRequest) -> Iterator[Driver]:
    """A driver with an empty table `placed` and its index."""
    if request.param == "sqlite":
        line: Any = sqlite3.connect(":memory:")
        line.execute(TABLE.format(""))
        line.execute(INDEX)
        yield Sqlite(line)
        line.close()
    elif request.param == "postgresql":
        home: PostgresServer = request.getfixturevalue("postgres")
        with psycopg.connect(home.database()) as line:
            line.execute(TABLE.format(' COLLATE "C"'))
            line.execute(INDEX)
            yield Postgres(line)
    else:
        server: Mongo = request.getfixturevalue("mongodb")
        with server.client() as client:
            database = client[server.database().rpartition("/")[2]]
            database["placed"].create_index([("session", 1), ("at", 1), ("id", 1)])
            yield Mongodb(database, None)


def expected_neighbours(rows: Rows, index_key: tuple[int, int, str]) -> tuple[int | None, int | None]:
    """Returns the keys of both neighbours, from a scan of all rows."""
    there = [place for place in rows if place[0] == index_key[0]]
    before, behind = [place for place in there if place < index_key], [place for place in there if place > index_key]
    return rows[max(before)] if before else None, rows[min(behind)] if behind else None


def test_both_neighbours_of_every_index_key_are_found(driver: Driver) -> None:
    rows, index_keys = random_rows(1), sorted(set(random_rows(2)) | set(random_rows(1)) | {(7, 7, "nobody")})
    driver.insert("placed", NAMES, [(key, *place) for place, key in rows.items()])
    found = driver.neighbours("placed", NAMES, ORDER, index_keys)
    keys = {tuple(index_key): (before and before[0], behind and behind[0]) for index_key, before, behind in found}
    assert keys == {index_key: expected_neighbours(rows, index_key) for index_key in index_keys}


def test_no_index_keys_yield_nothing(driver: Driver) -> None:
    assert list(driver.neighbours("placed", NAMES, ORDER, [])) == []


def test_a_neighbour_is_a_whole_row(driver: Driver) -> None:
    driver.insert("placed", NAMES, [(4, 1, 10, "a"), (5, 1, 10, "b")])
    (_, before, behind), *_ = driver.neighbours("placed", NAMES, ORDER, [(1, 10, "ab")])
    assert [*(before or ()), *(behind or ())] == [4, 1, 10, "a", 5, 1, 10, "b"]


def test_add_adds_to_rows_that_exist_and_inserts_others(driver: Driver) -> None:
    for amount, newest in ((3, "a"), (4, "b"), (5, "c")):
        rows = [(1, 10, amount, newest), (amount, 20, 1, newest)]
        driver.add("placed", NAMES, rows, ["at"], "id")
    found = sorted(tuple(row) for row in driver.find("placed", NAMES, "key", [1, 3, 4, 5]))
    assert found == [(1, 10, 12, "c"), (3, 20, 1, "a"), (4, 20, 1, "b"), (5, 20, 1, "c")]
