"""The same on PostgreSQL, database included in the machine: events a second, and what a second worker adds."""

import subprocess
import time
from collections.abc import Sequence
from hashlib import sha256
from statistics import median

import psycopg

from bench.events import filled, templates
from bench.figures import Benchmark, Spec, Values
from bench.ingest import SIZE, folded, sent_by_all
from bench.plan import Plan, Postgresql
from bench.server import PATIENCE, Server, cpu_of, end, wait_until

SECONDS = (6.0, 4.0, 0.3)
BARE = (3.0, 3.0, 0.2)
INTO_BARE = "COPY bare FROM STDIN (FORMAT BINARY)"
AGAIN = (2, 1, 1)
"""Times that workers catch up with all that was sent."""
SETTLE = (9.0, 9.0, 0.0)
"""Seconds after which workers have shared the parts."""
RUNS = "the pipeline runs"
FORGET = (
    *(f"TRUNCATE stats_{name}" for name in ("session", "message", "vote", "bucket", "operation", "ownerday")),
    "UPDATE journal_stagecheckpoint SET position = 0, version = version + 1 WHERE stage LIKE 'stats/%'",
)
Worker = subprocess.Popen[bytes]


def bare(database: str, seconds: float) -> float:
    """Rows a second of a loop that copies the same events in, SIZE in a transaction, each as durable."""
    made, position, took = templates(0, SIZE), 0, 0.0
    with psycopg.connect(database, autocommit=True) as line:
        line.execute("CREATE TABLE bare (position bigint PRIMARY KEY, id bytea UNIQUE, body bytea)")
        while took < seconds:
            bodies = [filled(event, position) for event in made]
            began = time.monotonic()
            with (
                line.transaction(),
                line.cursor() as cursor,
                cursor.copy(INTO_BARE) as copy,
            ):
                copy.set_types(["int8", "bytea", "bytea"])
                for place, body in enumerate(bodies, position):
                    copy.write_row((place, sha256(body).digest()[:16], body))
            took += time.monotonic() - began
            position += SIZE
    return position / took


def inside(host: Postgresql, seconds: float) -> dict[str, float]:
    """Everything in one process."""
    with host.server({"PIPELINE": "inside"}) as server:
        head = server.health()["head"]
        return folded(server, sent_by_all(server, seconds), head)


def apart(host: Postgresql, plan: Plan) -> dict[str, float]:
    """The pipeline in a worker beside the server; then that worker, alone and with another, catches up with it all."""
    workers = list[Worker]()
    with host.server({"PIPELINE": "elsewhere"}) as server:
        try:
            workers.append(server.begin("run_pipeline", says=RUNS))
            head = server.health()["head"]
            taken = folded(server, sent_by_all(server, plan.of(SECONDS)), head)
            found = {f"apart {name}": value for name, value in taken.items()}
            found |= caught_up(server, workers, plan)
            workers.append(server.begin("run_pipeline", says=RUNS))
            return found | caught_up(server, workers, plan)
        finally:
            for worker in workers:
                end(worker)


def caught_up(server: Server, workers: Sequence[Worker], plan: Plan) -> dict[str, float]:
    """Entries a second that so many workers fold, once they have their shares, of a journal that is there already; and
    how many a second it would be if the busiest of them had a core for itself."""
    time.sleep(plan.of(SETTLE))
    with psycopg.connect((server.extra or {})["DATABASE_URL"], autocommit=True) as line:
        rates = [_caught_up(line, workers) for _ in range(plan.of(AGAIN))]
    name = f"{len(workers)} workers"
    return {name: median(rate for rate, _ in rates), f"{name} CPU": median(rate for _, rate in rates)}


def _caught_up(line: "psycopg.Connection[tuple[int]]", workers: Sequence[Worker]) -> tuple[float, float]:
    head = _number(line, "SELECT size FROM journal_head")
    with line.transaction():
        for words in FORGET:
            line.execute(words)
    began, before = time.monotonic(), [cpu_of(worker.pid) for worker in workers]
    wait_until(lambda: _reached(line) >= head, 5 * PATIENCE, "the workers catch up")
    took = time.monotonic() - began
    busiest = max(cpu_of(worker.pid) - cpu for worker, cpu in zip(workers, before, strict=True))
    return head / took, head / busiest


def _reached(line: "psycopg.Connection[tuple[int]]") -> int:
    return _number(line, "SELECT coalesce(min(position), 0) FROM journal_stagecheckpoint WHERE stage LIKE 'stats/%'")


def _number(line: "psycopg.Connection[tuple[int]]", words: str) -> int:
    found = line.execute(words).fetchone()
    return found[0] if found else 0


def measure(plan: Plan) -> Values:
    """One run, each part on a database of its own."""
    with plan.services.postgresql() as host:
        found = inside(host, plan.of(SECONDS)) | apart(host, plan)
        return found | {"bare": bare(host.postgres.database(), plan.of(BARE))}


BENCHMARK = Benchmark(
    "postgres",
    (
        Spec("acknowledged", "acknowledged", "events/s", "bare"),
        Spec("folded", "folded", "events/s", "bare"),
        Spec("answer p99", "p99", "ms"),
        Spec("pipeline apart: acknowledged", "apart acknowledged", "events/s", "bare"),
        Spec("pipeline apart: folded", "apart folded", "events/s", "bare"),
        Spec("two workers catch up", "2 workers", "entries/s", "1 workers"),
        Spec("the same, by their CPU", "2 workers CPU", "entries/s", "1 workers CPU"),
    ),
    measure,
    seconds=110,
)
