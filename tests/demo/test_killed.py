"""The demonstration of a real server that is killed: its past is told once, and nothing goes on without the server."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from running import Server, message, until

from demo.state import LONGEST_HOURS, read
from demo.traffic import Story

Fresh = Callable[..., Server]
PAST = 3
"""Hours that are over, and are compared."""


@contextmanager
def demonstration(server: Server) -> Iterator["subprocess.Popen[bytes]"]:
    """The command as the server starts it, with little traffic."""
    hours = str(PAST + LONGEST_HOURS + 1)
    process = server.begin("demo", "--url", server.url, "--rate", "0.3", "--hours", hours)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def sessions(server: Server) -> list[str]:
    return sorted(str(row[0]) for row in server.sql("SELECT session_id FROM stats_session"))


def test_a_demonstration_that_was_killed_tells_its_past_once(fresh: Fresh) -> None:
    server = fresh()
    with demonstration(server):
        until(lambda: len(server.entries()) > 400, 60, "some of the past")
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()
    server.start().ready()
    with demonstration(server):
        until(lambda: "the past is complete" in server.log, 120, "the past")
    began, story = read(server.folder / "demo.json")["began"], Story(1, 0.3)
    over = range(began - LONGEST_HOURS - PAST, began - LONGEST_HOURS)
    told = {
        str(one.event["data"]["session_id"]): hour
        for hour in over
        for one in story.hour(hour)
        if one.event["type"] == "session.started"
    }
    assert set(told) <= set(sessions(server))
    assert len(sessions(server)) == len(set(sessions(server)))
    counts = "SELECT SUM(message_count) FROM stats_session WHERE session_id IN ({})"
    known = server.sql(counts.format(", ".join(f"'{name}'" for name in told)))
    messages = {
        one.event["data"]["message_id"] for hour in over for one in story.hour(hour) if one.event["type"] == "message"
    }
    assert known == [(len(messages),)]


def test_the_traffic_ends_with_a_server_that_was_killed(fresh: Fresh, tmp_path: Path) -> None:
    """Else it would go on beside the next server, which cannot stop it."""
    server = fresh()
    assert server.page("/demo/", "bob", "POST").status == 302
    until(lambda: server.position() > 20, 60, "simulated events")
    children = [
        int(name) for name in Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    ]
    [child] = [pid for pid in children if b"demo" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")]
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()
    try:
        until(lambda: not runs(child), 20, "the end of the traffic")
    finally:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)


def runs(process: int) -> bool:
    state = Path(f"/proc/{process}/stat")
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z"


def test_traffic_is_not_simulated_beside_sessions_that_are_real(fresh: Fresh) -> None:
    server = fresh()
    (server.folder / "demo.json").write_text('{"at": 4e9}')
    server.take([message("demo-1", "m1", "user")])
    assert b"Start the simulated traffic again" in server.page("/sessions/", "bob").body
    assert b"Start the simulated traffic again" not in server.page("/mine/", "alice").body
    server.take([message("real-1", "m2", "user")])
    page = server.page("/sessions/", "bob").body
    assert b"Start the simulated traffic again" not in page
    assert b"There are other sessions, too" in page
    assert server.page("/demo/", "bob", "POST").status == 302
    assert server.page("/demo/", "bob").json["running"] is False
