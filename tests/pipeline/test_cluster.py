"""Two web processes and two workers on PostgreSQL, with Redis and a proxy: who was told is not who is asked."""

import http.client
import json
import ssl
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from running import BATCH, talk, until

from bench.cluster import Cluster
from bench.soak import Fault, Soak
from bench.soak_figures import table

pytestmark = pytest.mark.slow
SESSIONS, TURNS = 12, 3
PATIENCE = 15.0


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with Cluster() as made:
        yield made


def post(cluster: Cluster, name: str, events: list[dict[str, Any]]) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {cluster.first['ingest_key']}", "Content-Type": BATCH}
    status, _, body = cluster.call(name, "POST", "/api/v1/events", json.dumps(events).encode(), headers)
    assert status == 200, body
    said: dict[str, Any] = json.loads(body)
    return said


def shown(cluster: Cluster, name: str, session: str) -> tuple[int, int] | None:
    """Messages and tokens of a session, as one web process says."""
    status, figures = cluster.get(f"/api/v1/sessions/{session}/statistics", name)
    return (figures["message_count"], figures["total_tokens"]) if status == 200 else None


def await_figures(cluster: Cluster, name: str, sessions: list[str]) -> None:
    """Until a web process shows every message of these sessions, each once."""
    right = [(2 * TURNS, 100 * TURNS)] * len(sessions)
    until(lambda: [shown(cluster, name, each) for each in sessions] == right, PATIENCE, f"{sessions} at {name}")


def test_what_one_was_told_the_other_shows(cluster: Cluster) -> None:
    sessions = [f"told-{number}" for number in range(SESSIONS)]
    said = post(cluster, "web-1", [each for session in sessions for each in talk(session, turns=TURNS)])
    assert said["accepted"] == SESSIONS * TURNS * 2
    await_figures(cluster, "web-2", sessions)


def test_what_both_were_told_counts_once(cluster: Cluster) -> None:
    again = talk("twice", turns=TURNS)
    assert post(cluster, "web-1", again)["accepted"] == len(again)
    assert post(cluster, "web-2", again)["duplicate"] == len(again)
    await_figures(cluster, "web-1", ["twice"])


def test_after_a_worker_was_killed_the_other_does_its_work(cluster: Cluster) -> None:
    sessions = [f"killed-{number}" for number in range(SESSIONS)]
    told = [each for session in sessions for each in talk(session, turns=TURNS)]
    post(cluster, "web-1", told[: len(told) // 2])
    cluster.kill("worker-1")
    began = time.monotonic()
    position = post(cluster, "web-2", told[len(told) // 2 :])["position"]
    assert cluster.await_folded(position, PATIENCE) >= position
    assert time.monotonic() - began < PATIENCE
    await_figures(cluster, "web-1", sessions)
    cluster.restart("worker-1")
    await_figures(cluster, "web-2", sessions)


def test_the_journal_verifies_and_everything_happened_without_a_complaint(cluster: Cluster) -> None:
    assert "entries verify" in cluster.manage("verify_journal")
    for name in (*cluster.web, "worker-2"):
        assert "Traceback" not in cluster.parts[name].words(1_000_000), name


@pytest.mark.parametrize("path", ["/healthz", "/login/"])
def test_the_proxy_speaks_tls_and_passes_on(cluster: Cluster, path: str) -> None:
    anybody = ssl.create_default_context()
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    with closing(http.client.HTTPSConnection("127.0.0.1", cluster.port("proxy"), timeout=10, context=anybody)) as line:
        line.request("GET", path)
        answer = line.getresponse()
        answer.read()
    assert answer.status == 200
    assert answer.headers["Strict-Transport-Security"]


def test_the_proxy_passes_websockets(cluster: Cluster) -> None:
    anybody = ssl.create_default_context()
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    line = http.client.HTTPSConnection("127.0.0.1", cluster.port("proxy"), timeout=10, context=anybody)
    known = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    line.request("GET", "/ws/live/", headers=known | {"Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="})
    assert line.getresponse().status == 101
    line.close()


def test_who_starts_it_by_hand_is_told_what_to_call(cluster: Cluster) -> None:
    said = cluster.addresses()
    for name in ("web-1", "web-2", "database", "redis"):
        assert f"{cluster.port(name)}" in said, name
    assert cluster.first["ingest_key"] in said


def test_a_soak_of_some_seconds_loses_and_doubles_nothing_and_shows_what_is_so(cluster: Cluster) -> None:
    """The last test here: the workers do not run after it."""
    soak = Soak(seconds=4, rate=300, viewers=12, planned=[Fault("worker", "worker-2", after=2.5, away=0.2)])
    soak.run(cluster)
    assert soak.differences == []
    found = soak.found
    assert found["events"]["acknowledged"] <= found["journal"]
    assert min(found["events"]["acknowledged"], found["rows"], found["pages"], found["viewers"]["frames"]) > 0
    assert min(found["answer, ms"].values()) > 0
    assert min(found["event to frame, ms"][share] for share in ("p50", "p95", "p99")) > 0
    assert [fault["what"] for fault in found["faults"]] == ["worker-2"]
    assert found["machine"]["busy %"] >= 0
    assert "events" in table(found)
