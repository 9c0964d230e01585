"""Follow a chat database through many changes while the follower is killed again and again; then compare everything.

`python bench/follow.py --changes 1000000 --kills 10`: a MongoDB-compatible server (secantusdb), the real server of ours
with the follower beside it, and an application that writes as fast as the server takes it.
"""

import argparse
import json
import os
import random
import signal
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.chat import TURNS, WAIT, Mongo, changes, index, sessions, write
from bench.kill import compared
from bench.server import Server, end_on_sigterm

DATABASE = "brain"
PATIENCE = 1_800.0
"""Seconds to catch up at the end."""
SHOWN = 10
LOOK = 4.0
"""Seconds in which nothing moves when all is settled, and twice the longest from a moment to its kill."""


class Writer(threading.Thread):
    """The application: writes so many sessions, and counts its writes."""

    def __init__(self, mongo: Mongo, count: int) -> None:
        super().__init__(daemon=True)
        self._mongo, self._count = mongo, count
        self.written = 0
        self.seconds = 0.0

    def run(self) -> None:
        began = time.monotonic()
        with self._mongo.client() as client:
            for number in write(client[DATABASE], sessions(self._count)):
                self.written += number
        self.seconds = time.monotonic() - began


def follower_pid(server: Server) -> int | None:
    """The process that `serve` started beside itself."""
    for child in server.watched().children(recursive=True):
        if "follow_mongodb" in child.cmdline():
            return int(child.pid)
    return None


def kill_again(server: Server, writer: Writer, kills: int, total: int, look: float) -> int:
    """Kill the follower at random moments while the application writes; how often it was there to be killed."""
    chance, done = random.Random(0), 0
    moments = sorted(chance.uniform(0.02, 0.95) * total for _ in range(kills))
    for moment in moments:
        while writer.written < moment and writer.is_alive():
            time.sleep(0.05)
        time.sleep(chance.uniform(0.0, look / 2))
        while (pid := follower_pid(server)) is None:
            time.sleep(0.05)
        os.kill(pid, signal.SIGKILL)
        done += 1
        print(f"kill {done} after {writer.written} writes", file=sys.stderr, flush=True)
    return done


def expected(count: int) -> dict[str, tuple[object, ...]]:
    """The expected figures of each session, by the way it was written."""
    figures = (2 * TURNS, 100 * TURNS, TURNS, TURNS * WAIT * 1000, 0)
    return {f"session-{n}": (*figures, "closed" if n % 20 == 19 else None) for n in range(count)}


COLUMNS = "session_id, message_count, total_tokens, responses, wait_sum, pending_messages, end_reason"


def wrong(server: Server, count: int) -> Iterator[str]:
    """One line for each session that is not what was written, the first ones."""
    with closing(sqlite3.connect(server.data / "sbdash.sqlite3")) as rows:
        found = {row[0]: row[1:] for row in rows.execute(f"SELECT {COLUMNS} FROM stats_session")}
    wanted = expected(count)
    bad = [name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name)]
    for name in sorted(bad)[:SHOWN]:
        yield f"{name}: {wanted.get(name)} was written, {found.get(name)} is there"
    if len(bad) > SHOWN:
        yield f"{len(bad)} sessions differ"


def settled(server: Server, look: float) -> float:
    """Seconds until the follower has nothing more to read and all of it is folded."""
    began, head = time.monotonic(), -1
    while time.monotonic() - began < PATIENCE:
        time.sleep(look)
        now = server.health()["head"]
        if now == head and server.folded() >= now and follows(server):
            return time.monotonic() - began - look
        head = now
    raise RuntimeError(f"nothing settles within {PATIENCE:.0f} s")


def follows(server: Server) -> bool:
    """True if the follower is there, reads changes, and reads none."""
    answer = server.request("GET", "/api/v1/sources", {"Authorization": f"Bearer {server.first['read_key']}"})
    told = json.loads(answer[1])["mongodb"] or {}
    return bool(told.get("alive")) and told["phase"] == "changes" and told["lag_seconds"] == 0


def run(total: int, kills: int, look: float) -> int:
    """Write, kill, wait, compare; the exit status."""
    count = changes(total)
    mongo = Mongo(options={"oplog_max_entries": 4 * total + 100_000}).start()
    try:
        with mongo.client() as client:
            index(client[DATABASE])
        extra = {"CHAT_MONGODB_URL": mongo.url, "CHAT_MONGODB_DATABASE": DATABASE, "LOG_LEVEL": "INFO"}
        with Server(extra=extra) as server:
            began, writer = time.monotonic(), Writer(mongo, count)
            writer.start()
            done = kill_again(server, writer, kills, total, look)
            writer.join()
            waited = settled(server, look)
            took = time.monotonic() - began
            head = server.health()["head"]
            differences = list(wrong(server, count))
            server.stop()
            rows, found = compared(server)
            (server.data / "log").write_text("")
    finally:
        mongo.stop()
    for difference in differences + found:
        print(difference)
    print(
        f"{writer.written} writes in {writer.seconds:.0f} s ({writer.written / writer.seconds:.0f}/s), {done} kills, "
        f"{head} entries; settled {waited:.0f} s after the last write ({head / took:.0f} entries/s in all); "
        f"{count} sessions and {rows} rows compared, {len(differences + found)} differences"
    )
    return 1 if differences or found else 0


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changes", type=int, default=1_000_000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--look", type=float, default=LOOK, help="seconds in which nothing moves when all is settled")
    end_on_sigterm()
    wanted = parser.parse_args(words)
    return run(wanted.changes, wanted.kills, wanted.look)


if __name__ == "__main__":
    sys.exit(main())
