"""The same on PostgreSQL, database included in the machine: events a second, and what a second worker adds."""

import subprocess
import sys
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from statistics import median

import psutil  # type: ignore[import-untyped]
import psycopg

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "tests"))

from running import Postgres  # noqa: E402

from bench.events import filled, templates  # noqa: E402
from bench.figures import Benchmark, Plan, Spec, Values  # noqa: E402
from bench.ingest import FOLD_PATIENCE, SHORT, SIZE, SUSTAINED, answered, sent_by_all  # noqa: E402
from bench.server import Server, environment  # noqa: E402

BARE, INTO_BARE = 5.0, "COPY bare FROM STDIN (FORMAT BINARY)"
BACKLOG, FEW = 200_000, 60_000
"""Entries that workers catch up with."""
AGAIN = 3
SETTLED = 9.0
"""Seconds after which workers have shared the parts."""
FORGET = (
    *(f"TRUNCATE stats_{name}" for name in ("session", "message", "vote", "bucket", "operation", "personal")),
    "UPDATE journal_stagecheckpoint SET position = 0, turn = turn + 1 WHERE stage LIKE 'stats/%'",
)


def bare(database: str) -> float:
    """Rows a second of a loop that copies the same events in, SIZE in a transaction, each as durable."""
    made, position, took = templates(0, SIZE), 0, 0.0
    with psycopg.connect(database, autocommit=True) as line:
        line.execute("CREATE TABLE bare (position bigint PRIMARY KEY, id bytea UNIQUE, body bytea)")
        while took < BARE:
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


def taken(fresh: Callable[[], str], seconds: float) -> dict[str, float]:
    """Everything in one process, and then with a worker beside it."""
    found = dict[str, float]()
    for name, apart in (("", False), ("apart ", True)):
        extra = {"DATABASE_URL": fresh(), "PIPELINE_INSIDE": str(not apart).lower()}
        with Server(extra=extra) as server:
            workers = [begun(server, extra)] if apart else []
            time.sleep(3.0 if apart else 0.0)
            begin, before = time.monotonic() + 1.0, server.health()["head"]
            sent = sent_by_all(server, begin, seconds)
            reached = server.await_folded(max(one.position for one in sent), FOLD_PATIENCE)
            folding = time.monotonic() - begin
            ended(workers)
        known = answered(sent, begin)
        known["folded"] = (reached - before) / folding
        found |= {f"{name}{key}": known[key] for key in ("acknowledged", "folded", "p99")}
    return found


def begun(server: Server, extra: dict[str, str]) -> "subprocess.Popen[bytes]":
    words = [sys.executable, "manage.py", "run_pipeline"]
    with (server.data / "worker.log").open("ab") as log:
        return subprocess.Popen(words, cwd=ROOT, env=environment(server.data, 0, extra), stdout=log, stderr=log)


def ended(workers: "list[subprocess.Popen[bytes]]") -> None:
    for worker in workers:
        worker.terminate()
    for worker in workers:
        worker.wait(30)


def caught_up(server: Server, extra: dict[str, str], number: int) -> tuple[float, float]:
    """Entries a second that so many workers fold, once they have their shares, of a journal that is there already; and
    how many a second it would be if the busiest of them had a core for itself."""
    workers = [begun(server, extra) for _ in range(number)]
    try:
        with psycopg.connect(extra["DATABASE_URL"], autocommit=True) as line:
            head = _number(line, "SELECT size FROM journal_head")
            while _reached(line) < head:
                time.sleep(0.05)
            time.sleep(SETTLED)
            with line.transaction():
                for words in FORGET:
                    line.execute(words)
            began, before = time.monotonic(), [_cpu(worker) for worker in workers]
            while _reached(line) < head:
                time.sleep(0.02)
            took = time.monotonic() - began
            busiest = max(_cpu(worker) - cpu for worker, cpu in zip(workers, before, strict=True))
            return head / took, head / busiest
    finally:
        ended(workers)


def _cpu(worker: "subprocess.Popen[bytes]") -> float:
    times = psutil.Process(worker.pid).cpu_times()
    return float(times.user + times.system)


def _reached(line: "psycopg.Connection[tuple[int]]") -> int:
    return _number(line, "SELECT coalesce(min(position), 0) FROM journal_stagecheckpoint WHERE stage LIKE 'stats/%'")


def _number(line: "psycopg.Connection[tuple[int]]", words: str) -> int:
    found = line.execute(words).fetchone()
    return found[0] if found else 0


def shared(database: str, entries: int) -> dict[str, float]:
    extra = {"DATABASE_URL": database, "PIPELINE_INSIDE": "false"}
    with Server(extra=extra) as server:
        sent = sent_by_all(server, time.monotonic() + 3.0, entries / 12_000)
        if not any(one.position for one in sent):
            raise RuntimeError("nothing was sent: the machine is too busy")
        found = dict[str, float]()
        for number in (1, 2):
            rates = [caught_up(server, extra, number) for _ in range(AGAIN)]
            found[f"{number} workers"] = median(rate for rate, _ in rates)
            found[f"{number} workers CPU"] = median(rate for _, rate in rates)
        return found


def measure(plan: Plan) -> Values:
    """One run, each part on a database of its own."""
    server = Postgres.started(durable=True)
    try:
        found = taken(server.database, SHORT if plan.short else SUSTAINED / 2)
        found |= shared(server.database(), FEW if plan.short else BACKLOG)
        return found | {"bare": bare(server.database())}
    finally:
        server.stop()


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
    seconds=400,
)
