"""At a small limit of open files: the door answers whoever comes, however many others sit there."""

import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from time import monotonic

import pytest
from raw import opened
from running import ROOT, Server, message, until
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from sbdash.servers import descriptors
from sbdash.servers.connections import Connections

FILES = 256
CONNECTIONS, SOCKETS = 192, 160


@dataclass
class Soft(Server):
    """A server whose processes begin with a soft limit of FILES open files."""

    def begin(self, *words: str) -> "subprocess.Popen[bytes]":
        with open(self.folder / "server.log", "ab") as log:
            command = ["bash", "-c", f'ulimit -Sn {FILES}; exec "$0" manage.py "$@"', sys.executable, *words]
            return subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log)


@dataclass
class Limited(Server):
    """A server whose hard limit of open files is FILES."""

    def begin(self, *words: str) -> "subprocess.Popen[bytes]":
        with open(self.folder / "server.log", "ab") as log:
            command = ["bash", "-c", f'ulimit -n {FILES}; exec "$0" manage.py "$@"', sys.executable, *words]
            return subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log)


@pytest.fixture(scope="module", params=["daphne", "uvicorn"])
def limited(request: pytest.FixtureRequest, copy: Callable[[], Server]) -> Iterator[Server]:
    made = Limited(copy().folder, kind=request.param, extra={"LIVE_SOCKETS_PER_USER": "1000"})
    yield made.start()
    made.stop()


def bound(server: Server, name: str) -> tuple[float, float]:
    found = next(one for one in server.get("/api/v1/health").json["bounds"] if one["name"] == name)
    return found["used"], found["limit"]


def test_the_bounds_follow_from_the_limit_and_the_log_says_so(limited: Server) -> None:
    assert bound(limited, "open files")[1] == FILES
    assert bound(limited, "open connections")[1] == CONNECTIONS
    assert bound(limited, "open sockets")[1] == SOCKETS
    assert f"{CONNECTIONS} connections and {SOCKETS} live sockets fit, LIVE_SOCKETS wants 10000" in limited.log


def test_half_open_connections_without_a_key_do_not_take_the_door_down(limited: Server) -> None:
    with ExitStack() as many:
        for _ in range(3 * CONNECTIONS):
            line = many.enter_context(opened(limited))
            with suppress(OSError):
                line.sendall(b"POST /api/v1/ev")
        for number in range(5):
            assert limited.call("GET", "/healthz").status == 200
            limited.post([message("besieged", f"{limited.kind}-{number}", "user")])
        used, most = bound(limited, "open connections")
        assert used <= most == CONNECTIONS
    assert f"all {CONNECTIONS} connections are taken" in limited.log
    assert "Traceback" not in limited.log


def test_viewers_beyond_what_fits_are_told_so_and_the_door_goes_on(limited: Server) -> None:
    cookies = {"Cookie": limited.log_in("bob")}
    open_lines: list[ClientConnection] = []
    with ExitStack() as many:
        for _ in range(SOCKETS + 20):
            line = connect(f"ws://127.0.0.1:{limited.port}/ws/live/", additional_headers=cookies)
            open_lines.append(many.enter_context(line))
            if len(open_lines) <= SOCKETS:
                line.send('{"subscribe": "operations"}')
                assert line.recv(10)
        assert sum(code(line) == 4503 for line in open_lines[SOCKETS:]) == 20
        assert bound(limited, "open sockets") == (SOCKETS, SOCKETS)
        assert limited.call("GET", "/healthz").status == 200
        limited.post([message("watched", f"{limited.kind}-watched", "user")])
    until(lambda: bound(limited, "open sockets")[0] == 0)
    until(lambda: bound(limited, "open connections")[0] <= 1)


def test_the_end_of_a_server_waits_for_no_request_that_is_not_whole(limited: Server) -> None:
    with opened(limited) as line:
        line.sendall(b"GET /hea")
        until(lambda: bound(limited, "open connections")[0] >= 2)
        began = monotonic()
        limited.stop()
        assert monotonic() - began < 5


def code(line: ClientConnection) -> int:
    with pytest.raises(ConnectionClosed) as closed:
        line.recv(5)
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code


def test_the_soft_limit_is_raised_at_the_start(server: Server, server_on_uvicorn: Server) -> None:
    for one in (server, server_on_uvicorn):
        assert one.process is not None
        soft, hard = resource.prlimit(one.process.pid, resource.RLIMIT_NOFILE)
        assert soft == hard or soft >= 65_536


def test_the_usual_limit_leaves_connections_to_the_door(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(descriptors, "limit", lambda: 1_024)
    assert descriptors.max_connections() == 768
    assert descriptors.max_sockets(10_000) == 640
    assert descriptors.max_sockets(2) == 2


class Line:
    """A connection that can be asked to give way."""

    gone = False

    def evict(self) -> None:
        self.gone = True


def test_who_has_waited_longest_gives_way_and_nobody_who_is_answered() -> None:
    connections = Connections(3)
    first, second, third, fourth, fifth = lines = [Line() for _ in range(5)]
    for line in (first, second, third):
        assert connections.acquire(line)
    connections.serve(first)
    assert connections.acquire(fourth)
    assert [line.gone for line in lines] == [False, True, False, False, False]
    connections.serve(third)
    connections.serve(fourth)
    assert not connections.acquire(fifth)
    connections.wait(first)
    assert connections.acquire(fifth)
    assert first.gone
    assert (connections.open, connections.evicted, connections.rejected) == (3, 2, 1)
    for line in lines:
        connections.release(line)
    assert connections.open == 0


def test_the_pipeline_as_a_process_of_its_own_raises_its_limit_too(copy: Callable[[], Server]) -> None:
    server = Soft(copy().folder)
    (server.folder / "server.log").touch()
    process = server.begin_pipeline()
    try:
        assert resource.prlimit(process.pid, resource.RLIMIT_NOFILE)[0] > FILES
    finally:
        process.terminate()
        process.wait(10)
