"""Past every limit that another test does not pass: what the table in docs/operate.md says happens."""

import asyncio
import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session as LogIn
from django.utils import timezone
from running import FIRST_RUN, Server, message, until
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from monitoring.events.ids import short
from monitoring.ingest.batch import MAX_ITEMS, OTHERS, Headers, IngestBatch, Refusal, Reply
from monitoring.ingest.body import MAX_BODY_BYTES, MemoryBudget
from monitoring.ingest.http.app import IngestApp
from monitoring.ingest.http.auth import Authenticator, Key
from monitoring.ingest.models import Sighting
from monitoring.ingest.protocols import otlp
from monitoring.ingest.source_state import MAX_NAMES_PER_KIND, save_ignored
from monitoring.people import keys
from monitoring.people.log_ins import clear_log_ins
from monitoring.recording.writer import Outcome, Writer
from sbdash.database import WAL_BYTES, database_settings

Fresh = Callable[..., Server]


def bounds(server: Server) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in server.get("/api/v1/health").json["bounds"]}


def test_a_body_and_a_request_beyond_their_limits_are_413_and_the_figures_tell_the_largest(server: Server) -> None:
    assert server.send(b"[" + b" " * MAX_BODY_BYTES + b"]").status == 413
    assert server.send(b"[" + b",".join([b"{}"] * (MAX_ITEMS + 1)) + b"]").status == 413
    assert server.send(b"[" + b" " * 1_000_000 + b"]").status == 200
    assert bounds(server)["largest body"]["used"] >= 1_000_000


class Slow:
    """A protocol that reads when it is let."""

    name, busy, max_bytes = "slow", True, MAX_BODY_BYTES

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.loop = asyncio.get_running_loop()

    def read(self, headers: Headers, body: bytes) -> IngestBatch:
        asyncio.run_coroutine_threadsafe(self.open.wait(), self.loop).result(10)
        return IngestBatch([], 0)

    def reply(self, headers: Headers, batch: IngestBatch, outcome: Outcome) -> Reply:
        return Reply(200, b"text/plain", b"")

    def problem(self, headers: Headers, refusal: Refusal) -> Reply:
        return Reply(refusal.status, b"text/plain", refusal.title.encode())


async def test_bodies_beyond_the_room_are_told_to_slow_down_and_the_room_is_empty_again() -> None:
    writer = Writer(lambda events: ([], 0), 10, 10_000)
    writer.start()
    gate = Authenticator(lambda secret: Key("k", frozenset({"ingest"}), None, 1.0))
    slow = Slow()
    door = IngestApp(writer, gate, {"/slow": slow}, lambda source, seen: None, MemoryBudget(1_000))
    first = [asyncio.create_task(answered(door, 400)) for _ in range(2)]
    await asyncio.sleep(0.1)
    assert door.budget.used == 800
    assert await answered(door, 201) == (503, b"1")
    assert await answered(door, 900) == (503, b"1")
    slow.open.set()
    assert await asyncio.gather(*first) == [(200, b""), (200, b"")]
    assert await answered(door, 1_000) == (200, b"")
    assert door.budget.used == 0
    writer.stop()


async def answered(door: IngestApp, size: int) -> tuple[int, bytes]:
    """Status and Retry-After of a body of this size that comes in two parts."""
    parts = [{"type": "http.request", "body": b"x" * (size // 2), "more_body": True}]
    parts.append({"type": "http.request", "body": b"x" * (size - size // 2)})
    said: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return parts.pop(0)

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    scope = {"path": "/slow", "method": "POST", "headers": [(b"authorization", b"Bearer k")]}
    await door(scope, receive, send)
    return said[0]["status"], dict(said[0]["headers"]).get(b"retry-after", b"")


def test_bodies_at_the_same_time_on_a_real_server_are_all_answered_and_taken_in_the_end(fresh: Fresh) -> None:
    server = fresh(INGEST_BODIES_BYTES=str(otlp.MAX_BODY_BYTES))
    padded = [json.dumps(message("large", f"large-{number}", "user")) for number in range(8)]
    bodies = [f"[{one}{' ' * 7_000_000}]".encode() for one in padded]

    def sent(body: bytes) -> Counter[int]:
        seen: Counter[int] = Counter()
        while not seen[200]:
            answer = server.send(body)
            seen[answer.status] += 1
            assert answer.status == 200 or (answer.status, answer.headers["Retry-After"]) == (503, "1"), answer.body
        return seen

    with ThreadPoolExecutor(8) as threads:
        statuses = sum(threads.map(sent, bodies), Counter[int]())
    assert statuses[200] == 8
    assert server.position() == FIRST_RUN + 8
    assert bounds(server)["bodies in hand"] == {
        "name": "bodies in hand", "used": 0, "limit": otlp.MAX_BODY_BYTES, "unit": "bytes", "usual": False,
    }  # fmt: skip


def opened(server: Server, cookie: str) -> ClientConnection:
    return connect(f"ws://127.0.0.1:{server.port}/ws/live/", additional_headers={"Cookie": cookie})


def code(line: ClientConnection) -> int:
    with pytest.raises(ConnectionClosed) as closed:
        line.recv(5)
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code


def test_sockets_beyond_the_limit_are_asked_to_come_later_and_a_free_seat_is_taken(fresh: Fresh) -> None:
    server = fresh(LIVE_SOCKETS="10")
    cookie = server.log_in("bob")
    with ExitStack() as owners, opened(server, cookie) as first:
        for _ in range(8):
            owners.enter_context(opened(server, server.log_in("alice")))
        until(lambda: bounds(server)["open sockets"]["used"] == 9)
        with opened(server, server.log_in("charlie")) as third:
            assert code(third) == 4503, "the last tenth is for staff"
        with opened(server, cookie) as second:
            second.send(json.dumps({"subscribe": "operations"}))
            told = json.loads(second.recv(5))
            seats = next(one for one in told["bounds"] if one["name"] == "open sockets")
            assert (seats["used"], seats["limit"]) == (10, 10)
            with opened(server, cookie) as third:
                assert code(third) == 4503
        with opened(server, "") as stranger:
            assert code(stranger) == 4401
        first.close()
        until(lambda: bounds(server)["open sockets"]["used"] == 8)
        with opened(server, cookie) as fourth:
            fourth.send(json.dumps({"subscribe": "overview"}))
            assert json.loads(fourth.recv(5))["kind"] == "snapshot"
    until(lambda: bounds(server)["open sockets"]["used"] == 0)


def test_a_browser_that_says_too_much_is_closed(server: Server) -> None:
    with opened(server, server.log_in("bob")) as line:
        line.send(json.dumps({"subscribe": f"session/{'x' * 9_000}"}))
        assert code(line) == 4400


def test_a_frame_holds_the_newest_messages_and_no_more(server: Server) -> None:
    server.take([message("long", f"long-{number}", "user") for number in range(520)])
    with opened(server, server.log_in("bob")) as line:
        line.send(json.dumps({"subscribe": "session/long"}))
        assert len(json.loads(line.recv(5))["messages"]) == 500
        line.send(json.dumps({"subscribe": "overview", "range": "24h"}))
        until(lambda: json.loads(line.recv(5))["topic"] == "overview")
    now = bounds(server)
    assert now["messages in a frame"]["used"] == now["messages in a frame"]["limit"] == 500
    assert 1 <= now["points in a frame"]["used"] <= now["points in a frame"]["limit"]


def test_more_entries_than_a_batch_holds_are_read_in_several(fresh: Fresh) -> None:
    server = fresh(PIPELINE="elsewhere")
    for part in range(4):
        server.post(message(f"s{part}", f"m{part}-{number}", "user") for number in range(9_000))
    batch = bounds(server)["batch of a stage"]
    assert batch["used"] == batch["limit"] == 32_000
    worker = server.begin_pipeline()
    server.folded(36_000)
    worker.terminate()
    worker.wait(20)
    until(lambda: bounds(server)["batch of a stage"]["used"] == 0)
    assert server.tables.count("stats_message") == 36_000


@pytest.mark.django_db
def test_names_beyond_those_of_a_kind_count_together() -> None:
    kept: Mapping[tuple[str, str, str], int] = {
        ("otlp", "attribute", f"a{n}"): 2 for n in range(MAX_NAMES_PER_KIND + 20)
    }
    save_ignored(kept)
    rows = Sighting.objects.filter(source="otlp", kind="attribute")
    assert rows.count() == MAX_NAMES_PER_KIND + 1
    assert rows.get(name=OTHERS).count == 40


@pytest.mark.django_db
def test_log_ins_that_have_ended_are_forgotten_and_the_oldest_beyond_the_limit() -> None:
    now = timezone.now()
    for number in range(-3, 6):
        LogIn.objects.create(
            session_key=f"k{number}", session_data="", expire_date=now + timedelta(days=number, hours=1)
        )
    assert clear_log_ins(4) == 5
    assert sorted(LogIn.objects.values_list("session_key", flat=True)) == ["k2", "k3", "k4", "k5"]
    assert clear_log_ins() == 0


def test_what_is_remembered_of_names_and_ids_has_a_bound() -> None:
    ring = keys.Keyring.of(b"k" * 32)
    for number in range(keys.MAX_CACHED + 100):
        ring.digest("user", f"name {number}")
    assert keys.cached() == keys.MAX_CACHED
    most = short.cache_parameters()["maxsize"]
    assert most == 50_000
    for number in range(most + 100):
        short(f"id {number}")
    assert short.cache_info().currsize == most


def test_a_write_ahead_log_that_a_reader_made_grow_is_cut_back(tmp_path: Path) -> None:
    """SQLite cannot begin its log anew while somebody reads what is in it."""
    options = database_settings(f"sqlite:///{tmp_path / 'log.sqlite3'}", tmp_path)["OPTIONS"]
    log = tmp_path / "log.sqlite3-wal"
    with closing(sqlite3.connect(tmp_path / "log.sqlite3", isolation_level=None)) as line:
        line.executescript(options["init_command"])
        line.execute("CREATE TABLE big (value)")
        with closing(sqlite3.connect(tmp_path / "log.sqlite3", isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT * FROM big").fetchall()
            for _ in range(20):
                line.execute("INSERT INTO big VALUES (zeroblob(8000000))")
            assert log.stat().st_size > WAL_BYTES
            reader.execute("ROLLBACK")
        for _ in range(3):
            line.execute("INSERT INTO big VALUES (zeroblob(8000000))")
        assert log.stat().st_size <= WAL_BYTES
