"""What Prometheus reads: names and units as it likes them, true figures, nobody's id, and not for everybody."""

import re
from collections.abc import Callable
from time import perf_counter, process_time

import pytest
from django.db import OperationalError
from django.test import RequestFactory
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families
from running import Server, event, message, talk

from monitoring.api import prometheus_page
from monitoring.api.health import is_local
from monitoring.api.prometheus import KIND, DatabaseMetrics, ProcessMetrics, text
from monitoring.ingest.source_names import SOURCE_NAMES
from monitoring.journal.lag import StageLag
from monitoring.live.process import Process, process_figures
from monitoring.messaging.cache import CacheFigures
from monitoring.messaging.notifier import NotifierFigures

Fresh = Callable[..., Server]
WANTED = {
    "sbdash_database_up", "sbdash_process_resident_memory_bytes", "sbdash_process_cpu_seconds_total",
    "sbdash_process_start_time_seconds", "sbdash_ingest_events_total", "sbdash_ingest_queue_events",
    "sbdash_live_watchers", "sbdash_live_dropped_clients_total", "sbdash_cache_requests_total",
    "sbdash_bell_rings_total", "sbdash_journal_head_position", "sbdash_stage_position", "sbdash_stage_lag_seconds",
    "sbdash_sessions_active", "sbdash_messages_last_minute", "sbdash_errors_last_minute",
    "sbdash_response_time_seconds", "sbdash_alerts_firing", "sbdash_alert_messages", "sbdash_disk_used_ratio",
}  # fmt: skip
LABELS = {
    "result": {"accepted", "duplicate", "rejected", "hits", "misses"},
    "stage": {"stats", "security"},
    "role": {"user", "assistant", "system", "tool"},
    "kind": {"message", "operation", "session"},
    "quantile": {"0.5", "0.9", "0.95", "0.99"},
    "state": {"waiting", "dead", "failing"},
    "source": {*SOURCE_NAMES},
}
"""Every word that a label may hold: none of them comes from outside, but for the names that administrators give to
rules."""


def read(page: bytes) -> dict[str, Metric]:
    """By name, as Prometheus understands it."""
    return {family.name: family for family in text_string_to_metric_families(page.decode())}


def values(page: bytes) -> dict[tuple[str, str], float]:
    """By sample's name and the value of its label."""
    return {
        (sample.name, next(iter(sample.labels.values()), "")): sample.value
        for family in read(page).values()
        for sample in family.samples
    }


def machine() -> ProcessMetrics:
    cache = CacheFigures(entries=1, bytes=2, hits=3, misses=4, from_redis=5, failures=6)
    bell = NotifierFigures(connected=True, announced=7, published=8, received=9, disconnections=10)
    door = {"waiting_events": 11, "accepted_events": 12, "rejected_events": 13}
    return ProcessMetrics(door, 1, 2, 3, 4, 5, cache, bell)


def database(waits: dict[str, float] | None, disk: float | None = 0.5) -> DatabaseMetrics:
    stages = {"stats": StageLag(position=5, behind=2, lag_seconds=0.5, stalled_seconds=0.0)}
    outbox = {"waiting": 3, "dead": 2, "failing": 1}
    return DatabaseMetrics(7, stages, 3, {"user": 1}, {"message": 0}, waits, {"Slow": 1}, outbox, disk, {"rest": 9.0})


def test_a_page_can_be_read_back() -> None:
    found = values(text(machine(), database({"p50": 1.0, "p90": 2.0, "p95": 3.0, "p99": 4.0, "count": 9})))
    assert found["sbdash_ingest_events_total", "accepted"] == 12
    assert found["sbdash_ingest_events_total", "duplicate"] == 0
    assert found["sbdash_stage_lag_seconds", "stats"] == 0.5
    assert found["sbdash_response_time_seconds", "0.95"] == 3.0
    assert 0 < found["sbdash_process_cpu_seconds_total", ""] <= process_time() + 1
    assert found["sbdash_cache_requests_total", "misses"] == 4
    assert (found["sbdash_alert_messages", "failing"], found["sbdash_disk_used_ratio", ""]) == (1, 0.5)
    assert found["sbdash_source_silence_seconds", "rest"] == 9


def test_names_and_units_are_as_prometheus_wants_them() -> None:
    for family in read(text(machine(), database({"p50": 1.0, "p90": 2.0, "p95": 3.0, "p99": 4.0}))).values():
        assert re.fullmatch(r"sbdash_[a-z_]+", family.name)
        assert family.documentation.endswith(".")
        assert family.type in ("gauge", "counter")
        for sample in family.samples:
            assert sample.name.endswith("_total") == (family.type == "counter")
            assert not re.search(r"_(ms|millis|kb|mb|percent|minutes)(_|$)", sample.name)


def test_what_nobody_waited_for_is_absent_and_not_zero() -> None:
    found = read(text(machine(), database(None, disk=None)))
    assert not found["sbdash_response_time_seconds"].samples
    assert "sbdash_disk_used_ratio" not in found


def test_while_the_database_is_silent_the_process_is_still_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(now: float) -> DatabaseMetrics:
        raise OperationalError("no")

    monkeypatch.setattr(prometheus_page, "database_metrics", silent)
    found = values(prometheus_page.metrics())
    assert found["sbdash_database_up", ""] == 0
    assert found["sbdash_process_resident_memory_bytes", ""] > 1e6
    assert not any(name.startswith(("sbdash_stage", "sbdash_journal")) for name, _ in found)


def test_a_server_tells_what_happened(server: Server) -> None:
    before = values(server.call("GET", "/metrics").body)
    server.take([*talk("metrics", "alice", 3), message("metrics", "metrics-x", "assistant", status="failed")])
    server.post(talk("metrics", "alice", 3))
    server.take([event("operation", {"operation": "search", "outcome": "failed"})])
    answer = server.call("GET", "/metrics")
    assert (answer.status, answer.headers["Content-Type"]) == (200, KIND)
    found = values(answer.body)
    assert {name for name, _ in found} >= WANTED

    def more(name: str, label: str = "") -> float:
        return found[name, label] - before[name, label]

    assert more("sbdash_ingest_events_total", "accepted") >= 8
    assert more("sbdash_journal_head_position") >= 8
    assert found["sbdash_journal_head_position", ""] == found["sbdash_stage_position", "stats"]
    assert found["sbdash_messages_last_minute", "assistant"] >= 4
    assert found["sbdash_errors_last_minute", "operation"] >= 1
    assert 1.9 < found["sbdash_response_time_seconds", "0.5"] < 2.1
    assert found["sbdash_sessions_active", ""] >= 1
    assert found["sbdash_alerts_firing", "Slow on average"] >= 0
    assert found["sbdash_process_resident_memory_bytes", ""] > 2e7


def test_it_holds_nobody_s_name_and_no_session(server: Server) -> None:
    server.take([*talk("metrics-private", "alice"), event("access", {"user_id": "alice", "outcome": "denied"})])
    page = server.call("GET", "/metrics").body
    assert not re.search(rb"alice|metrics-private|llama|203\.0", page)
    for family in read(page).values():
        for sample in family.samples:
            for label, word in sample.labels.items():
                assert label == "rule" or word in LABELS[label]


def test_it_answers_within_50_ms(server: Server) -> None:
    taken = []
    for _ in range(9):
        began = perf_counter()
        server.call("GET", "/metrics")
        taken.append(perf_counter() - began)
    assert min(taken) < 0.05


@pytest.mark.parametrize("name", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via", "X-Forwarded-Host"])
def test_who_comes_through_a_proxy_needs_a_key(server: Server, name: str) -> None:
    proxied = {name: "127.0.0.1"}
    refused = server.call("GET", "/metrics", headers=proxied)
    assert (refused.status, refused.headers["Content-Type"]) == (401, "application/problem+json")
    assert refused.headers["WWW-Authenticate"] == "Bearer"
    for key, status in [("read_key", 200), ("ingest_key", 403)]:
        shown = proxied | {"Authorization": f"Bearer {server.said[key]}"}
        assert server.call("GET", "/metrics", headers=shown).status == status
    assert server.call("GET", "/metrics", headers=proxied | {"Authorization": "Bearer sbd_wrong"}).status == 401
    assert server.call("GET", "/metrics", headers=proxied | {"Cookie": server.log_in("bob")}).status == 401


@pytest.mark.parametrize(
    ("peer", "here"),
    [
        ("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("::ffff:127.0.0.1", True), ("10.0.0.1", False),
        ("192.0.2.1", False), ("::ffff:10.0.0.1", False), ("fe80::1", False), ("", False), ("localhost", False),
    ],
)  # fmt: skip
def test_only_a_loopback_peer_is_here(peer: str, here: bool) -> None:
    assert is_local(RequestFactory().get("/metrics", REMOTE_ADDR=peer)) == here


def test_behind_trusted_proxies_a_loopback_address_is_nobody_s_own(fresh: Fresh) -> None:
    """Caddy, nginx or HAProxy beside us may send no X-Forwarded-For: everybody would be here."""
    server = fresh(TRUSTED_PROXIES="10.0.0.1")
    assert server.call("GET", "/metrics").status == 401
    assert server.get("/metrics").status == 200


def test_what_the_process_takes_is_measured() -> None:
    found = process_figures()
    assert found.rss_bytes > 1e6
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", found.since)
    began = Process()
    began._at -= 10
    began._used = began.cpu - 5
    share = began.usage_of_both()[1]
    assert 0.45 < share < 0.6
    assert began.usage_of_both()[1] == share, "whoever asks at once is told the same"
