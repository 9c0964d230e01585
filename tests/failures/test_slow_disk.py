"""A database that somebody holds for some seconds: senders wait, beyond the bounds "slow down", then all goes on."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import psycopg
import pytest
from raw import head, heard, opened
from running import Server, until
from senders import Senders, right

Fresh = Callable[..., Server]


@contextmanager
def held(server: Server) -> Iterator[None]:
    """Nobody else can write the journal meanwhile."""
    if server.database:
        with psycopg.connect(server.database) as line:
            line.execute("SELECT * FROM journal_head FOR UPDATE")
            yield
    else:
        with closing(sqlite3.connect(server.folder / "sbdash.sqlite3", timeout=20, isolation_level=None)) as line:
            line.execute("BEGIN IMMEDIATE")
            yield
            line.execute("ROLLBACK")


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_senders_wait_and_those_beyond_the_queue_are_told_to_slow_down(fresh: Fresh, kind: str) -> None:
    server = fresh(kind, INGEST_QUEUE_EVENTS="20")
    with Senders(server, threads=12).sending() as senders:
        until(lambda: len(senders.acknowledged) > 100)
        with held(server):
            began = time.monotonic()
            refused = senders.refused(began + 0.5)
            assert "slow down" in refused.words
            assert refused.retry_after == "1"
            assert refused.took < 1, "who is not taken does not wait"
            bounds = bounds_of(server)
            assert bounds["events waiting"]["used"] == bounds["events waiting"]["limit"] == 20
            time.sleep(4)
            assert bounds_of(server)["longest wait"]["used"] > 3
            assert not senders.statuses(began + 0.5)[200]
        freed = time.monotonic()
        taken = senders.taken(freed)
        print(f"\n{kind}: 503 in {refused.took:.3f} s; goes on after {taken.ended - freed:.2f} s; {senders.statuses()}")
        assert taken.ended - freed < 3
        time.sleep(0.5)
    assert senders.longest < 9, "who was taken was answered when the database went on"
    right(server, senders)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_nobody_waits_longer_than_ten_seconds(fresh: Fresh, kind: str) -> None:
    server = fresh(kind)
    with Senders(server).sending() as senders:
        until(lambda: len(senders.acknowledged) > 20)
        with held(server):
            refused = senders.refused(time.monotonic())
            assert "has not answered for 10 s" in refused.words
            assert 9.5 < refused.took < 11
            assert refused.retry_after == "5"
        taken = senders.taken(time.monotonic())
        assert taken.status == 200
    right(server, senders)


def test_a_body_whose_key_is_still_looked_up_is_held_back(fresh: Fresh) -> None:
    """64 MiB of spans for each unknown key would fill the memory of a server whose database is slow."""
    server = fresh("postgresql")
    begin = head("POST", "/v1/traces", Content_Length=60 * 2**20, Content_Type="application/x-protobuf")
    with psycopg.connect(server.database) as rows, opened(server, 4.0) as line:
        rows.execute("LOCK TABLE people_apikey IN ACCESS EXCLUSIVE MODE")
        line.sendall(begin.replace(b"\r\n", b"\r\nAuthorization: Bearer unknown\r\n", 1))
        with pytest.raises(TimeoutError):
            line.sendall(bytes(60 * 2**20))
        rows.rollback()
        line.settimeout(20)
        assert heard(line).status == 401


def bounds_of(server: Server) -> dict[str, dict[str, float]]:
    return {one["name"]: one for one in server.get("/api/v1/health").json["bounds"]}
