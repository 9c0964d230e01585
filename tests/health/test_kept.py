"""sbdash's own figures in the tables: on each database, over a stop, a kill and a restart."""

import json
import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import time
from typing import Any

import pytest
from django.test import override_settings
from running import Server, until

from monitoring.health import models
from monitoring.health.gaps import BOTH, STARTED
from monitoring.health.heartbeat import Run
from monitoring.health.last_settings import record_changed_settings
from monitoring.health.reader import kept, last_day, latest_silences, layer_of
from monitoring.health.reading import Tally
from monitoring.health.store import DAY, MINUTES_SECONDS, delete_old, save
from sbdash.shown import Setting

Fresh = Callable[..., Server]
SECOND = 1_000_000
PATIENCE = 90.0


def points(server: Server, name: str, **when: str) -> list[dict[str, Any]]:
    query = "&".join(f"{key}={value}" for key, value in when.items())
    found: list[dict[str, Any]] = server.get(f"/api/v1/metrics/{name}?{query}").json["points"]
    return found


@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "mongodb"])
def test_figures_and_refusals_survive_a_kill_and_a_restart(fresh: Fresh, kind: str) -> None:
    server = fresh(kind)
    for _ in range(3):
        assert server.send(b"[]", key="sbd_wrong").status == 401

    def refused() -> bool:
        return sum(point["value"] for point in points(server, "refused_requests")) == 3

    until(refused, PATIENCE, "the heartbeat after the refusals")
    assert server.process is not None
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()
    server.start()
    assert refused()
    until(lambda: len(server.rows("health_run")) == 2, PATIENCE, "the run after the restart")
    assert points(server, "pipeline_lag")
    until(lambda: points(server, "memory"), PATIENCE, "the second heartbeat of a process: the first has no length")
    assert all(point["value"] > 1_000_000 for point in points(server, "memory"))
    server.stop()
    runs = server.rows("health_run")
    assert sorted(bool(run[-1]) for run in runs) == [False, True], "one was killed, one said its end"


def test_figures_are_kept_in_whole_minutes_and_refused_otherwise(server: Server) -> None:
    said = {step: server.get(f"/api/v1/metrics/pipeline_lag?step={step}").status for step in (60, 300, 1, 90)}
    assert said == {60: 200, 300: 200, 1: 422, 90: 422}
    old = (datetime.now(UTC) - timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert server.get(f"/api/v1/metrics/cpu?step=60&from={old}").status == 422
    assert server.get(f"/api/v1/metrics/cpu?step=3600&from={old}").status == 200
    assert {user: server.page("/api/v1/metrics/cpu", user).status for user in ("bob", "alice", "charlie")} == {
        "bob": 200, "alice": 403, "charlie": 403,
    }  # fmt: skip


@pytest.mark.django_db
def test_levels_and_gaps_are_kept_and_a_row_of_a_version_before_them_is_unknown() -> None:
    minute = int(time()) // 60 * 60
    made = tally(60, minute)
    made.levels = {"queue": 4, "disk": 0.5, "failing deliveries": 1, "silence rest": 12.5}
    save(1, Run(1, BOTH, STARTED, (minute - 900) * SECOND, (minute - 300) * SECOND), [])
    save(7, Run(2, BOTH, STARTED, (minute - 90) * SECOND, minute * SECOND), [made])
    models.Figures(8, BOTH, 60, minute - 60, 60_000, 1_000, None, 1, 1).save()
    found = kept(minute - 360, minute + 60, 60)
    assert [(one.t - minute, one.gap) for one in found] == [
        (-300, 60), (-240, 60), (-180, 60), (-120, 30), (-60, 0), (0, 0),
    ]  # fmt: skip
    old, new = found[-2:]
    assert (old.lag, old.queue, old.failing, old.silences) == (1.0, None, None, {})
    assert (new.queue, new.disk, new.failing, new.silences) == (4, 0.5, 1, {"rest": 12.5})
    assert latest_silences(minute + 30) == {"rest": 12.5}
    assert latest_silences(minute + 600) == {}


def tally(width: int, start: int, **counts: int) -> Tally:
    made = Tally(width, start, ran=10_000, lag=1_000, memory=5 * 10_000, cpu=2_000)
    made.counts.update({name.replace("_", " "): number for name, number in counts.items()})
    return made


@pytest.mark.django_db
def test_a_heartbeat_that_is_repeated_counts_once() -> None:
    minute = int(time()) // 60 * 60 - 60
    run = Run(1, BOTH, STARTED, (minute - 600) * SECOND, minute * SECOND)
    for _ in range(2):
        save(7, run, [tally(60, minute, refused_401=2)])
    (point,) = kept(minute, minute + 60, 60)
    assert (point.refused, point.lag, point.memory, point.cpu) == (2, 1.0, 5.0, 0.2)
    day = last_day()
    assert (day.refused, day.longest_lag, day.start) == ({"401": 2}, 1.0, minute - 600)


@pytest.mark.django_db
def test_a_gap_is_known_from_the_tables_alone_and_the_window_needs_not_hold_its_begin() -> None:
    now = int(time())
    save(1, Run(1, BOTH, STARTED, (now - 9_000) * SECOND, (now - 4_000) * SECOND, ended=True), [])
    save(2, Run(2, BOTH, STARTED, (now - 3_000) * SECOND, now * SECOND), [])
    for start in (now - 3_600, now - 10_000):
        (gap,) = layer_of(start, now).gaps
        assert (gap.start, gap.end, gap.kind) == (now - 4_000, now - 3_000, "down")
    assert [mark.at for mark in layer_of(now - 3_600, now).marks] == [now - 3_000]
    assert layer_of(now - 2_000, now).gaps == []


@pytest.mark.django_db
def test_what_is_old_is_deleted_and_the_rest_stays() -> None:
    now = int(time())
    with override_settings(STATISTICS_RETENTION_DAYS=30):
        for key, age in enumerate((0, 29 * DAY, 31 * DAY), 1):
            save(key, Run(key, BOTH, STARTED, (now - age) * SECOND, (now - age) * SECOND), [tally(3_600, now - age)])
        for key, age in enumerate((0, MINUTES_SECONDS - 60, MINUTES_SECONDS + 60), 11):
            save(key, Run(1, BOTH, STARTED, now * SECOND, now * SECOND), [tally(60, now - age)])
        assert delete_old() == 3
    assert (models.Run.objects.count(), models.Figures.objects.count()) == (2, 4)


@pytest.mark.django_db
def test_a_setting_that_was_changed_is_a_mark_and_a_secret_is_none() -> None:
    def start(*shown: Setting) -> str:
        with override_settings(SETTINGS_SHOWN=list(shown)):
            return record_changed_settings()

    secret, port = Setting("SECRET_KEY", "***", True), Setting("PORT", "1", True)
    assert start(Setting("SESSION_TIMEOUT", "1800", False), secret, port) == ""
    assert start(Setting("SESSION_TIMEOUT", "1800", False), secret, Setting("PORT", "2", True)) == ""
    assert start(Setting("SESSION_TIMEOUT", "900", True), secret, port) == "SESSION_TIMEOUT: 1800 → 900"
    assert start(Setting("SESSION_TIMEOUT", "900", True), secret, port) == ""
    (mark,) = layer_of(int(time()) - 60, int(time()) + 60).marks
    assert (mark.kind, mark.words) == ("settings", "SESSION_TIMEOUT: 1800 → 900")
    assert "***" not in json.dumps([mark.words])


@pytest.mark.django_db
def test_the_figures_of_ninety_days_fit_into_a_few_megabytes() -> None:
    """Two processes write 24,480 rows: of each at most 400 bytes."""
    minute = int(time()) // 60 * 60
    counts = {"refused_401": 12, "rejected": 3, "events_rest": 12_345}
    save(1, Run(1, BOTH, STARTED, 0, 0), [tally(60, minute - 60 * number, **counts) for number in range(100)])
    row = models.Figures.objects.values_list().first()
    assert row is not None
    assert len(str(row)) < 250
