"""What a frame of the overview costs: how many points it holds, and how often it asks who is busiest."""

import json
from time import time
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from monitoring.live import frame_builder, overview_builder
from monitoring.live.frame_builder import make_frame, reached
from monitoring.live.overview_builder import max_rows_shown
from monitoring.messaging.cache import Cache
from monitoring.stats import models, points
from monitoring.stats.bucket import DAY, bucket_key, grouped
from monitoring.stats.metrics import MESSAGES
from monitoring.stats.window import MAX_POINTS, SPANS

pytestmark = pytest.mark.django_db
COUNTS = json.dumps(grouped({MESSAGES.of("user"): 1})).encode()


def keep(start: int, end: int, width: int) -> None:
    """A message in each bucket of a width."""
    rows = [
        models.Bucket(key=bucket_key(width, at), width=width, start=at, position=0, counts=COUNTS)
        for at in range(start - start % width, end, width)
    ]
    models.Bucket.objects.bulk_create(rows)


def told(name: str, after: int | None) -> list[dict[str, Any]]:
    return list(json.loads(make_frame(("overview", name), after, reached()).text)["buckets"])


def test_a_clock_that_is_a_day_ahead_makes_a_frame_no_longer_than_its_bound() -> None:
    now = int(time())
    keep(now - 2_000, now + DAY, 10)
    max_rows_shown["points"] = 0
    found = told("15m", None)
    assert 180 <= len(found) <= 181 <= MAX_POINTS
    assert max_rows_shown["points"] == len(found)


def test_what_was_too_far_ahead_to_be_told_is_told_when_it_is_nearer_though_it_changed_long_before() -> None:
    now = int(time())
    keep(now + 300, now + 301, 10)
    keep(now - 300, now - 299, 10)
    assert [point["t"] > now for point in told("15m", 0)] == [True]


def test_a_frame_reads_the_steps_that_changed_and_no_earlier_ones() -> None:
    """A day has 1,440 minutes, and a frame of it comes every 175 ms."""
    now = int(time())
    keep(now - DAY, now, 60)
    late = now - 600 - (now - 600) % 60
    models.Bucket.objects.filter(start=late).update(position=9)
    with CaptureQueriesContext(connection) as asked:
        assert [point["t"] for point in told("24h", 0)] == [late - late % 900]
    told_of = '"stats_bucket"."counts"', '"stats_bucket"."width" = 60'
    read = [one["sql"] for one in asked.captured_queries if all(part in one["sql"] for part in told_of)]
    assert len(read) == 1
    assert f">= {late - late % 900}" in read[0]


def test_who_is_busiest_is_looked_up_once_for_each_window_and_all_its_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    """It reads each session of the window."""
    kept, looked = Cache(None, 99, 10**6, lambda: 0.0), list[int]()
    monkeypatch.setattr(overview_builder, "the_cache", lambda: kept)
    monkeypatch.setattr(frame_builder, "time", lambda: 1_790_000_000.5)

    def busiest(since: int, until: int, limit: int) -> list[tuple[int, int]]:
        looked.append(since)
        return [(7, 3), (8, 2)]

    monkeypatch.setattr(overview_builder, "busiest", busiest)
    there = {"key": 8, "session_id": "there", "digest": b"8", "position": 1, "detail": b"{}"}
    models.Session.objects.create(**there)
    for name in (*SPANS, "1789990000-1789993600"):
        for after in (None, 0):
            frame = json.loads(make_frame(("overview", name), after, reached()).text)
            assert [(row["id"], row["messages_in_window"]) for row in frame["sessions"]] == [("there", 2)], (
                "one is gone"
            )
    assert looked == [*(int((1_790_000_000.5 - span) * 1e6) for span in SPANS.values()), 1_789_990_000_000_000]


def test_the_points_of_a_time_that_has_ended_are_calculated_once_until_a_bucket_of_theirs_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A snapshot of a day has 1,440 minutes, and nearly all of them are as they were in the one before."""
    now, made = int(time()), list[int]()
    keep(now - DAY, now, 60)
    models.Bucket.objects.filter(start__gte=now - 3_600).delete()
    monkeypatch.setattr(points, "_kept", Cache(None, 999, 10**6, lambda: 0.0))
    figures = points.point_figures
    monkeypatch.setattr(points, "point_figures", lambda groups: made.append(1) or figures(groups))
    first = told("24h", None)
    assert len(made) == len({json.dumps(point | {"t": 0}) for point in first}), "equal steps have equal figures"
    assert all(point["messages"]["user"] == 15 for point in first[1:-1])
    made.clear()
    assert told("24h", None) == first
    assert made == []
    changed = first[5]["t"]
    more = json.dumps(grouped({MESSAGES.of("user"): 3})).encode()
    models.Bucket.objects.filter(width=60, start=changed).update(counts=more)  # by another partition: not its position
    again = told("24h", None)
    assert made == [1]
    assert [point["messages"]["user"] for point in again if point["t"] == changed] == [17]
    assert [point for point in again if point["t"] != changed] == [point for point in first if point["t"] != changed]
