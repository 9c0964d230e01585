"""Events a second over HTTP, on disk and folded, beside a bare loop that makes the same bytes as durable."""

import sqlite3
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path

from bench.events import batch, filled, templates
from bench.figures import Benchmark, Spec, Values, percentile
from bench.plan import Plan
from bench.sender import Refused, Sender
from bench.server import PATIENCE, Server

SENDERS, SIZE = 4, 512
SECONDS = (15.0, 6.0, 0.3)
BARE = (4.0, 4.0, 0.2)
"""Seconds after which the bare loop ends, however many rows are missing."""
FOLD_PATIENCE = 180.0


@dataclass(frozen=True, slots=True)
class Sent:
    """The result of one sender: seconds of each answer, the last answer's position; its begin and end (monotonic)."""

    seconds: list[float]
    position: int
    began: float
    ended: float
    refused: int


_together: Barrier


def _join(barrier: Barrier) -> None:
    """Initializes a sender's process."""
    global _together
    _together = barrier


def send(worker: int, port: int, key: str, seconds: float) -> Sent:
    """Send batches until the time is over, at least one, from when all senders are there. Runs in a process of its
    own."""
    sender, body = Sender(port, key), batch(templates(worker, SIZE))
    took, position, number, refused = list[float](), 0, 0, 0
    _together.wait(PATIENCE)
    began = time.monotonic()
    while not took or time.monotonic() < began + seconds:
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
    return Sent(took, position, began, time.monotonic(), refused)


def sent_by_all(server: Server, seconds: float) -> list[Sent]:
    """The results of all senders, each in a process of its own, at once."""
    context = get_context("spawn")
    with ProcessPoolExecutor(SENDERS, context, _join, (context.Barrier(SENDERS),)) as pool:
        key = server.first["ingest_key"]
        futures = [pool.submit(send, worker, server.port, key, seconds) for worker in range(SENDERS)]
        return [future.result() for future in futures]


def bare(rows: int, seconds: float) -> float:
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
    """One run."""
    with plan.services.server(plan.server) as server:
        cpu, head = server.cpu(), server.health()["head"]
        sent = sent_by_all(server, plan.of(SECONDS))
        figures = folded(server, sent, head)
        figures |= {"cpu": (server.cpu() - cpu) / figures["events"] * 1000, "memory": server.memory()}
    return figures | {"bare": bare(int(figures["events"]), plan.of(BARE))}


def folded(server: Server, sent: Sequence[Sent], head: int) -> dict[str, float]:
    """Waits for the fold. Events a second of both, `head` being the journal's before, and ms of the answers."""
    seconds = [one for who in sent for one in who.seconds]
    last, began, events = max(one.position for one in sent), min(one.began for one in sent), len(seconds) * SIZE
    reached = server.await_folded(last, FOLD_PATIENCE)
    return {
        "events": events,
        "acknowledged": events / (max(one.ended for one in sent) - began),
        "folded": (reached - head) / (time.monotonic() - began),
        "behind": last - reached,
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
        Spec("answers `slow down`", "refused", "requests", may_be_zero=True),
        Spec("not folded in time", "behind", "events", may_be_zero=True),
    ),
    measure,
    seconds=85,
)
