"""kill -9 again and again under load; then nothing acknowledged is missing, nothing counts twice, and every table of
the statistics equals what `rebuild` makes: `python bench/kill.py --kills 100`."""

import argparse
import json
import random
import sqlite3
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.load import Load
from bench.server import Server, end_on_sigterm

SENDERS = 4
SHORTEST, LONGEST = 0.1, 1.0
"""Seconds between the first answer after a start and the kill."""
ANSWERED = 60.0
FOLD_PATIENCE = 300.0
TABLES = ("stats_session", "stats_message", "stats_vote", "stats_bucket", "stats_operation", "stats_ownerday")
MOST_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a run. `differences` is empty if no acknowledged event is lost or doubled."""

    kills: int
    acknowledged: int
    under_way: int
    journal: int
    rows: int
    seconds: float
    differences: list[str]

    @property
    def ok(self) -> bool:
        return not self.differences

    def line(self) -> str:
        return (
            f"{self.kills} kills in {self.seconds:.0f} s: {self.acknowledged} events acknowledged, {self.under_way} "
            f"more under way, {self.journal} in the journal, {self.rows} rows of statistics compared, "
            f"{len(self.differences)} differences"
        )


def kill_again(server: Server, load: Load, kills: int) -> None:
    """Kill under load and start again, so many times; the server runs afterwards."""
    chance = random.Random(0)
    for number in range(kills):
        await_answer(server, load)
        time.sleep(chance.uniform(SHORTEST, LONGEST))
        if not server.running:
            raise RuntimeError(f"the server ended by itself before kill {number + 1}: {server.words()}")
        server.kill()
        server.start()
        if sys.stderr.isatty():
            print(f"\r{number + 1} of {kills}", end="", file=sys.stderr, flush=True)
    await_answer(server, load)


def await_answer(server: Server, load: Load) -> None:
    """Until some sender was answered anew: the server is up, and under load. Raises RuntimeError."""
    answers, end = load.answers, time.monotonic() + ANSWERED
    while load.answers == answers:
        if load.fault or time.monotonic() > end or not server.running:
            raise RuntimeError(f"{load.fault or 'nobody is answered'}; the server: {server.words()}")
        time.sleep(0.01)


def run(kills: int) -> Report:
    """Kill, then compare."""
    began = time.monotonic()
    with Server() as server:
        load = Load(server.port, server.first["ingest_key"])
        senders = [threading.Thread(target=load.send, args=(worker,)) for worker in range(SENDERS)]
        for sender in senders:
            sender.start()
        try:
            kill_again(server, load, kills)
        finally:
            load.stop.set()
            for sender in senders:
                sender.join()
        differences = [load.fault] if load.fault else []
        differences += settled(server, load)
        server.stop()
        rows, found = compared(server)
        ids = in_journal(server)
        differences += found + missing_or_doubled(ids, load)
    under_way = len(load.under_way - load.acknowledged)
    return Report(kills, len(load.acknowledged), under_way, len(ids), rows, time.monotonic() - began, differences)


def settled(server: Server, load: Load) -> Iterator[str]:
    """Wait until all is folded."""
    head = server.health()["head"]
    if head < load.position:
        yield f"position {load.position} was answered, but the journal ends at {head}"
    reached = server.await_folded(head, FOLD_PATIENCE)
    if reached < head:
        yield f"folded to {reached} of {head} in {FOLD_PATIENCE:.0f} s"


def database(server: Server) -> closing[sqlite3.Connection]:
    return closing(sqlite3.connect(server.data / "sbdash.sqlite3"))


def in_journal(server: Server) -> list[str]:
    """The id of every entry that the senders made."""
    with database(server) as rows:
        bodies = (json.loads(body) for (body,) in rows.execute("SELECT body FROM journal_entry ORDER BY position"))
        return [body["id"] for body in bodies if body["source"] == "bench"]


def missing_or_doubled(ids: Sequence[str], load: Load) -> list[str]:
    """Acknowledged is there; there is nothing that nobody sent; each is there once."""
    there, found = Counter(ids), list[str]()
    if missing := sorted(load.acknowledged - there.keys()):
        found.append(f"{len(missing)} acknowledged events are missing: {missing[:MOST_SHOWN]}")
    if strange := sorted(there.keys() - load.acknowledged - load.under_way):
        found.append(f"{len(strange)} events are there that nobody sent: {strange[:MOST_SHOWN]}")
    if doubled := sorted(id for id, count in there.items() if count > 1):
        found.append(f"{len(doubled)} events are there more than once: {doubled[:MOST_SHOWN]}")
    return found


def compared(server: Server) -> tuple[int, list[str]]:
    """The journal verifies, and a rebuild makes the same rows. Returns how many rows were compared."""
    found = list[str]()
    before = tables(server)
    for command in ("verify_journal", "rebuild"):
        done = server.manage(command)
        if done.returncode:
            found.append(f"{command} ended with {done.returncode}: {(done.stderr or done.stdout)[-1000:].decode()}")
    after = tables(server)
    for name in TABLES:
        found += differing(name, before[name], after[name])
    return sum(map(len, before.values())), found


Rows = dict[Any, dict[str, Any]]


def tables(server: Server) -> dict[str, Rows]:
    """Every row of the statistics by its key."""
    with database(server) as connection:
        connection.row_factory = sqlite3.Row
        return {name: {row["key"]: dict(row) for row in connection.execute(f"SELECT * FROM {name}")} for name in TABLES}


def differing(name: str, before: Rows, after: Rows) -> list[str]:
    """One line for each row that differs, the first ones."""
    wrong = [key for key in sorted(before.keys() | after.keys()) if before.get(key) != after.get(key)]
    shown = [f"{name} {key}: {columns(before.get(key), after.get(key))}" for key in wrong[:MOST_SHOWN]]
    return shown + ([f"{name}: {len(wrong) - MOST_SHOWN} more rows differ"] if len(wrong) > MOST_SHOWN else [])


def columns(before: dict[str, Any] | None, after: dict[str, Any] | None) -> str:
    if before is None or after is None:
        return "only after the rebuild" if before is None else "not there after the rebuild"
    return ", ".join(
        f"{name} {value!r} became {after[name]!r}" for name, value in before.items() if value != after[name]
    )


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    end_on_sigterm()
    report = run(parser.parse_args(words).kills)
    for difference in report.differences:
        print(difference)
    print(report.line())
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main())
