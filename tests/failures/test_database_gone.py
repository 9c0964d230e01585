"""A database that is gone and comes back: 503 at once, words and no tracebacks, nothing acknowledged is lost."""

import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from mongodb import Mongo
from running import Postgres, Server, until
from senders import Senders, right
from websockets.sync.client import connect

Fresh = Callable[..., Server]
pytestmark = pytest.mark.slow


@dataclass
class Home:
    """A database server of the test's own."""

    begin: Callable[[], Any]
    end: Callable[[], Any]
    server: Server


@pytest.fixture(params=["postgresql", "mongodb"])
def home(request: pytest.FixtureRequest, stopped: Callable[[str], Path]) -> Iterator[Home]:
    folder, known = Path(tempfile.mkdtemp(prefix="sbdash-gone-")), stopped(request.param)
    shutil.copytree(known / "home", folder, dirs_exist_ok=True)
    if request.param == "postgresql":
        postgres = Postgres.started(copied=known / "server")
        data = f"{postgres.folder}/data"
        options = f"-p {postgres.port} -h 127.0.0.1 -k {postgres.folder} -c max_connections=60"
        made = Home(
            lambda: postgres.run("pg_ctl", "start", "-w", "-D", data, "-l", f"{postgres.folder}/log", "-o", options),
            lambda: postgres.run("pg_ctl", "stop", "-m", "immediate", "-D", data),
            Server(folder, postgres.address("prepared")),
        )
        stop: Callable[[], None] = postgres.stop
    else:
        mongo = Mongo(options={"sync_on_commit": True})  # it does not heed `j` of a transaction otherwise
        shutil.copytree(known / "server", mongo.folder, dirs_exist_ok=True)
        made = Home(mongo.start, mongo.kill, Server(folder, f"{mongo.start().url}prepared"))
        stop = mongo.stop
    made.server.start()
    yield made
    try:
        made.server.stop()
    finally:
        stop()
        shutil.rmtree(folder)


def test_a_database_that_is_gone_costs_nothing_that_was_acknowledged(home: Home) -> None:
    server = home.server
    cookie = server.log_in("bob")
    with (
        connect(f"ws://127.0.0.1:{server.port}/ws/live/", additional_headers={"Cookie": cookie}) as socket,
        Senders(server).sending() as senders,
    ):
        socket.send(json.dumps({"subscribe": "overview"}))
        assert json.loads(socket.recv(10))["kind"] == "snapshot"
        until(lambda: len(senders.acknowledged) > 200)
        home.end()
        gone = time.monotonic()
        refused = senders.refused(gone)
        print(f"\ngone: first 503 after {refused.ended - gone:.2f} s, it took {refused.took:.2f} s: {refused.words}")
        assert refused.retry_after == "5"
        assert refused.ended - gone < 11
        without(server, cookie)
        time.sleep(5)
        home.begin()
        back = time.monotonic()
        taken = senders.taken(back)
        print(
            f"back: first 200 after {taken.ended - back:.2f} s; {senders.statuses()}, longest {senders.longest:.2f} s"
        )
        assert taken.ended - back < 15
        head = server.position()
        began = time.monotonic()
        while json.loads(socket.recv(90))["position"] < head:
            pass
        print(f"the socket stayed, and shows what is new after {time.monotonic() - began:.2f} s")
    assert senders.longest < 12
    until(lambda: server.call("GET", "/readyz").status == 200, 60, "readiness")
    print(f"tracebacks in the log: {server.log.count('Traceback')}, lines: {len(server.log.splitlines())}")
    right(server, senders)


def without(server: Server, cookie: str) -> None:
    """What everybody sees while the database is gone."""
    assert server.call("GET", "/healthz").status == 200
    for path in ("/readyz", "/api/v1/health", "/", "/login/"):
        began = time.monotonic()
        answer = server.call("GET", path, headers={"Cookie": cookie})
        print(f"{path}: {answer.status} in {time.monotonic() - began:.2f} s: {answer.body[:150]!r}")
        assert time.monotonic() - began < 11
        if path == "/login/" and answer.status == 200:
            continue
        assert answer.status == 503, path
        assert b"database does not answer" in answer.body, path
        assert b"Traceback" not in answer.body
