"""Events a second over HTTP, on disk and folded, beside a bare loop that makes the same bytes as durable."""

import sqlite3
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path

from bench.events import batch, filled, templates
from bench.figures import Benchmark, Plan, Spec, Values, percentile
from bench.sender import Refused, Sender
from bench.server import Server

SENDERS, SIZE = 4, 512
SUSTAINED, SHORT = 60.0, 8.0
BARE = 8.0
"""Seconds after which the bare loop ends, however many rows are missing."""
FOLD_PATIENCE = 180.0


@dataclass(frozen=True, slots=True)
class Sent:
    """What one sender did: seconds of each answer, the last answer's position and time."""

    seconds: list[float]
    position: int
    ended: float
    refused: int


def send(worker: int, port: int, key: str, begin: float, seconds: float) -> Sent:
    """Send batches until the time is over. Runs in a process of its own."""
    sender, body = Sender(port, key), batch(templates(worker, SIZE))
    took, position, number, refused = list[float](), 0, 0, 0
    time.sleep(max(0.0, begin - time.monotonic()))
    while time.monotonic() < begin + seconds:
        words, number = filled(body, number), number + 1
        while True:
            started = time.monotonic()
            try:
                answer = sender.post(words)
                break
            except Refused as refusal:
                if refusal.status not in (429, 503):
                    raise
                refused += 1
                time.sleep(0.1)
        took.append(time.monotonic() - started)
        if answer["accepted"] != SIZE:
            raise RuntimeError(f"of {SIZE} events {answer['accepted']} were accepted: {str(answer)[:300]}")
        position = max(position, answer["position"])
    sender.connection.close()
    return Sent(took, position, time.monotonic(), refused)


def sent_by_all(server: Server, begin: float, seconds: float) -> list[Sent]:
    with ProcessPoolExecutor(SENDERS, mp_context=get_context("spawn")) as pool:
        key = server.first["ingest_key"]
        futures: list[Future[Sent]] = [
            pool.submit(send, worker, server.port, key, begin, seconds) for worker in range(SENDERS)
        ]
        return [future.result() for future in futures]


def bare(rows: int, seconds: float = BARE) -> float:
    """Rows a second of a loop that inserts the same events, SIZE in a transaction, each as durable."""
    open_events = [templates(worker, SIZE) for worker in range(SENDERS)]
    insert = "INSERT INTO entry VALUES (?, ?, ?)"
    with tempfile.TemporaryDirectory(prefix="sbdash-bench-") as directory:
        database = sqlite3.connect(Path(directory) / "bare.sqlite3", isolation_level=None)
        database.executescript(
            "PRAGMA journal_mode=wal; PRAGMA synchronous=full;"
            "CREATE TABLE entry (position INTEGER PRIMARY KEY, id BLOB UNIQUE, body BLOB)"
        )
        position, number, took = 0, 0, 0.0
        while position < rows and took < seconds:
            bodies = [filled(event, number // SENDERS) for event in open_events[number % SENDERS]]
            made = [(position + i, sha256(body).digest()[:16], body) for i, body in enumerate(bodies, 1)]
            started = time.monotonic()
            database.execute("BEGIN IMMEDIATE")
            database.executemany(insert, made)
            database.execute("COMMIT")
            took += time.monotonic() - started
            position, number = position + SIZE, number + 1
        database.close()
    return position / took


def measure(plan: Plan) -> Values:
    """One run on a fresh server."""
    with Server(plan.server) as server:
        before, begin = server.cpu(), time.monotonic() + 2.0
        sent = sent_by_all(server, begin, SHORT if plan.short else SUSTAINED)
        last = max(one.position for one in sent)
        reached = server.await_folded(last, FOLD_PATIENCE)
        folding, cpu, memory = time.monotonic() - begin, server.cpu() - before, server.memory()
    figures = answered(sent, begin)
    events = figures["events"]
    return {
        **figures,
        "folded": min(reached, events) / folding,
        "behind": last - reached,
        "cpu": cpu / events * 1000,
        "memory": memory,
        "bare": bare(int(events)),
    }


def answered(sent: Sequence[Sent], begin: float) -> dict[str, float]:
    """Events a second and ms of the answers."""
    seconds = [one for who in sent for one in who.seconds]
    events = len(seconds) * SIZE
    return {
        "events": events,
        "acknowledged": events / (max(one.ended for one in sent) - begin),
        "p50": percentile(seconds, 0.5) * 1000,
        "p99": percentile(seconds, 0.99) * 1000,
        "refused": sum(one.refused for one in sent),
    }


BENCHMARK = Benchmark(
    "ingest",
    (
        Spec("acknowledged", "acknowledged", "events/s", "bare"),
        Spec("folded", "folded", "events/s", "bare"),
        Spec("answer p50", "p50", "ms"),
        Spec("answer p99", "p99", "ms"),
        Spec("server CPU", "cpu", "s/1000 events"),
        Spec("memory at the end", "memory", "MB"),
        Spec("events sent", "events", "events"),
        Spec("answers `slow down`", "refused", "requests"),
        Spec("not folded in time", "behind", "events"),
    ),
    measure,
    seconds=300,
)
