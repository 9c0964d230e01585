"""On each database a driver finds the same neighbours, in as many questions whatever it is asked for."""

import random
import sqlite3
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from mongodb import Mongo
from running import Postgres as PostgresServer

from monitoring.db.mongodb import Documents
from monitoring.db.sql import Driver, Postgres, Sqlite

NAMES = ("key", "session", "at", "id")
ORDER = ("session", "at", "id")
TABLE = "CREATE TABLE placed (key bigint PRIMARY KEY, session bigint, at bigint, id text{})"
INDEX = "CREATE INDEX placed_in_order ON placed (session, at, id)"
IDS = ["a", "B", "ä", "$key", "$$ROOT", "", "zz", "😀", 'quo"te', "{}"]
Kept = dict[tuple[int, int, str], int]


def kept(seed: int) -> Kept:
    """Rows by place: several at the same time, so that ids decide."""
    chance = random.Random(seed)
    places = {(chance.randrange(3), chance.randrange(12), chance.choice(IDS)) for _ in range(150)}
    return {place: key for key, place in enumerate(sorted(places), 1)}


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
            yield Documents(database, None)


def beside(rows: Kept, spot: tuple[int, int, str]) -> tuple[int | None, int | None]:
    """The keys of both neighbours, by looking at every row."""
    there = [place for place in rows if place[0] == spot[0]]
    before, behind = [place for place in there if place < spot], [place for place in there if place > spot]
    return rows[max(before)] if before else None, rows[min(behind)] if behind else None


def test_both_neighbours_of_every_spot_are_found(driver: Driver) -> None:
    rows, spots = kept(1), sorted(set(kept(2)) | set(kept(1)) | {(7, 7, "nobody")})
    driver.insert("placed", NAMES, [(key, *place) for place, key in rows.items()])
    found = driver.neighbours("placed", NAMES, ORDER, spots)
    keys = {tuple(spot): (before and before[0], behind and behind[0]) for spot, before, behind in found}
    assert keys == {spot: beside(rows, spot) for spot in spots}


def test_no_spots_are_no_question(driver: Driver) -> None:
    assert list(driver.neighbours("placed", NAMES, ORDER, [])) == []


def test_a_neighbour_is_a_whole_row(driver: Driver) -> None:
    driver.insert("placed", NAMES, [(4, 1, 10, "a"), (5, 1, 10, "b")])
    (_, before, behind), *_ = driver.neighbours("placed", NAMES, ORDER, [(1, 10, "ab")])
    assert [*(before or ()), *(behind or ())] == [4, 1, 10, "a", 5, 1, 10, "b"]


def test_what_is_there_is_added_to_and_what_is_not_begins(driver: Driver) -> None:
    for amount, newest in ((3, "a"), (4, "b"), (5, "c")):
        rows = [(1, 10, amount, newest), (amount, 20, 1, newest)]
        driver.add("placed", NAMES, rows, ["at"], "id")
    found = sorted(tuple(row) for row in driver.find("placed", NAMES, "key", [1, 3, 4, 5]))
    assert found == [(1, 10, 12, "c"), (3, 20, 1, "a"), (4, 20, 1, "b"), (5, 20, 1, "c")]
