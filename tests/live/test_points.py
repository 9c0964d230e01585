"""What a frame of the overview costs: how many points it holds, and how often it asks who is busiest."""

import json
from time import time
from typing import Any

import pytest

from monitoring.live import frame_builder
from monitoring.live.frame_builder import make_frame, max_rows_shown, reached
from monitoring.live.overview import RANGES
from monitoring.messaging.cache import Cache
from monitoring.stats import models
from monitoring.stats.bucket import DAY, bucket_key, grouped
from monitoring.stats.metrics import MESSAGES

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
    assert RANGES["15m"].max_points - 1 <= len(found) <= RANGES["15m"].max_points == 181
    assert max_rows_shown["points"] == len(found)


@pytest.mark.parametrize("name", RANGES)
@pytest.mark.parametrize("now", [1_790_000_000, 1_790_000_001, 1_789_999_999])
def test_a_range_has_at_most_so_many_points(name: str, now: int) -> None:
    shown = RANGES[name]
    points = len(range(shown.start(now), shown.end(now), shown.step))
    assert shown.max_points - 1 <= points <= shown.max_points


def test_what_was_too_far_ahead_to_be_told_is_told_when_it_is_nearer_though_it_changed_long_before() -> None:
    now = int(time())
    keep(now + 300, now + 301, 10)
    keep(now - 300, now - 299, 10)
    assert [point["t"] > now for point in told("15m", 0)] == [True]


def test_who_is_busiest_is_looked_up_once_for_all_ranges_and_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    """It reads each session of the last hour."""
    kept, looked = Cache(None, 9, 10**6, lambda: 0.0), list[int]()
    monkeypatch.setattr(frame_builder, "the_cache", lambda: kept)
    monkeypatch.setattr(frame_builder, "time", lambda: 1_790_000_000.5)

    def busiest(since: int, until: int, limit: int) -> list[tuple[int, int]]:
        looked.append(limit)
        return [(7, 3), (8, 2)]

    monkeypatch.setattr(frame_builder, "busiest", busiest)
    there = {"key": 8, "session_id": "there", "digest": b"8", "position": 1, "detail": b"{}"}
    models.Session.objects.create(**there)
    for name in RANGES:
        for after in (None, 0):
            frame = json.loads(make_frame(("overview", name), after, reached()).text)
            assert [(row["id"], row["messages_last_hour"]) for row in frame["sessions"]] == [("there", 2)], (
                "one is gone"
            )
    assert len(looked) == 1
