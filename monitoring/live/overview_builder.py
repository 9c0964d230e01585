"""Builds the overview's frames from the buckets of a window.

Work is bounded: at most 1,500 buckets for the points of a window up to a day long, MAX_POINTS of a longer one, and as
many for the time that it is compared with; and the most active sessions, whose keys are cached. What a frame shows of a
time that has ended is cached until one of its buckets changes, for a minute at most.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
from django.conf import settings
from msgspec import UNSET, Struct
from msgspec.structs import astuple, replace

from monitoring.events.shape import Encoded, encode
from monitoring.journal.checkpoints import checkpoints
from monitoring.live import frames
from monitoring.live.overview import ERROR_WINDOW, RATE_WINDOW, Recent, Tiles, counted, tiles, window_tiles
from monitoring.live.topics import Topic, is_compared, window_of
from monitoring.messaging.wiring import the_cache
from monitoring.stats.bucket import DAY, HOUR, SECOND, BucketRow, keeps
from monitoring.stats.figures import ACTIVE_SECONDS, total
from monitoring.stats.metrics import COST
from monitoring.stats.points import EncodedPoint, joined, points, spread
from monitoring.stats.reader import (
    StoredBucket,
    buckets,
    busiest,
    changed_since,
    count_active,
    encoded_buckets,
    last_change,
    sessions_of,
)
from monitoring.stats.reports.usage_report import changed_hours, used_hours
from monitoring.stats.sessions.detail import summary_row
from monitoring.stats.stage import Stats
from monitoring.stats.window import WEEK, Points, Window, days_up_to, fixed

STAGE = Stats.name
HEAT_DAYS, HOURS_SECONDS = 28, 60
"""Days of the heat map, and how long its hours are cached."""
BUSIEST_SESSIONS, MAX_BUSIEST_SECONDS = 8, 60
"""The number of most active sessions in a frame, and how long at most their keys are cached: 2 s for each hour of the
window."""
ENDED_SECONDS, FIXED_TILES_SECONDS = 60, 2
"""Seconds for which the figures of a time that has ended, and the tiles of a fixed one that has not, are cached."""
max_rows_shown = {"messages": 0, "points": 0}
"""The largest number of rows of a kind in a frame of this process so far."""


class Parts(Struct):
    """The part of a frame that depends on the window, encoded. `before` and `heat` are empty if the frame has none."""

    tiles: bytes
    buckets: bytes
    before: bytes
    heat: bytes
    hours: frames.ChangedHours


_read = msgspec.msgpack.Decoder(Parts).decode


@dataclass(frozen=True, slots=True)
class View:
    """A window as it is drawn at `now` (s): its points, those of the time that it is compared with, and the seconds
    between both."""

    window: Window
    now: float
    shown: Points
    earlier: Points
    shift: int


def view(window: Window, now: float) -> View:
    kept = keeps(settings.STATISTICS_RETENTION_DAYS)
    shown = window.points(now, kept)
    shift = window.shift + -window.shift % shown.step
    return View(window, now, shown, fixed(shown.start - shift, shown.end - shift).points(now, kept), shift)


def overview_frame(head: frames.Head, topic: Topic, after: int | None, now: float, newest: int) -> frames.Overview:
    """The frame of what changed since `after`. Of a time that has ended it is a snapshot, because the length of its
    steps grows with its age. `newest` is the time of the newest event, µs since 1970."""
    seen, compared = view(window_of(topic), now), is_compared(topic)
    if seen.window.is_past(now):
        head, parts = replace(head, kind="snapshot"), _ended(seen, compared)
    else:
        parts = _present(seen, compared, after, newest)
    shown = seen.shown
    return frames.Overview(
        *astuple(head),
        range=seen.window.name,
        start=shown.start,
        to=shown.end,
        step=shown.step,
        shift=seen.shift if compared else UNSET,
        width=shown.width,
        tiles_of="window" if seen.window.is_fixed else "now",
        tiles=Encoded(parts.tiles),
        buckets=Encoded(parts.buckets),
        before=Encoded(parts.before) if compared else UNSET,
        sessions=_most_active(seen.window, now),
        heat=Encoded(parts.heat) if parts.heat else UNSET,
        hours=parts.hours,
    )


def _present(seen: View, compared: bool, after: int | None, newest: int) -> Parts:
    shown, now = seen.shown, seen.now
    changed = points(_changed_rows(shown, after, now), shown.step, now, after)
    max_rows_shown["points"] = max(max_rows_shown["points"], len(changed))
    first = shown.start if after is None else max(shown.start, shown.end - 2 * shown.step)
    heat, hours = _heat(after, now)
    return Parts(
        _fixed_tiles(seen) if seen.window.is_fixed else encode(tiles(_recent(now, newest), now)),
        joined(changed),
        joined(_before(seen, first, shown.end + 2 * shown.step)) if compared else b"",
        heat,
        hours,
    )


def _ended(seen: View, compared: bool) -> Parts:
    """Cached until one of the buckets changes."""
    shown, now = seen.shown, seen.now

    def make() -> bytes:
        rows = list(encoded_buckets(shown.width, shown.start, shown.end))
        heat = days_up_to(HEAT_DAYS, shown.end - 1)
        parts = Parts(
            encode(_window_tiles(seen, [row.decoded() for row in rows])),
            joined(points(rows, shown.step, now)),
            joined(_before(seen, shown.start, shown.end)) if compared else b"",
            encode(used_hours(heat)),
            frames.ChangedHours(heat.start, []),
        )
        return msgspec.msgpack.encode(parts)

    changed = last_change(seen.earlier.start, seen.earlier.end), last_change(shown.start, shown.end)
    key = "ended", seen.window.name, compared, shown.step, shown.width, changed, int(now / ENDED_SECONDS)
    return _read(the_cache().get_or_set(key, make, ENDED_SECONDS))


def _changed_rows(shown: Points, after: int | None, now: float) -> Iterator[StoredBucket]:
    """The buckets from the first step on that changed since `after`, or that lies ahead."""
    first = shown.start
    if after is not None:
        first = min([int(now), *changed_since(shown.width, shown.start, shown.last, after)])
    return encoded_buckets(shown.width, first - first % shown.step, shown.last)


def _fixed_tiles(seen: View) -> bytes:
    def make() -> bytes:
        shown = seen.shown
        return encode(_window_tiles(seen, buckets(shown.width, shown.start, shown.end)))

    key = "tiles", seen.window.name, int(seen.now / FIXED_TILES_SECONDS)
    return the_cache().get_or_set(key, make, FIXED_TILES_SECONDS)


def _window_tiles(seen: View, rows: list[BucketRow]) -> Tiles:
    shown, earlier = seen.shown, seen.earlier
    return window_tiles(
        counted(rows, shown, min(shown.end, seen.now)),
        counted(buckets(earlier.width, earlier.start, earlier.end), earlier, earlier.end),
    )


def _before(seen: View, since: int, until: int) -> list[EncodedPoint]:
    """The points of the time of comparison, moved on to [since, until)."""
    earlier, step = seen.earlier, seen.shown.step
    first = since - seen.shift
    rows = encoded_buckets(earlier.width, first - first % earlier.step, until - seen.shift)
    return [point for point in spread(rows, earlier.step, step, seen.shift) if since <= point[0] < until]


def _most_active(window: Window, now: float) -> list[frames.BusySession]:
    """The current rows of the sessions with the most messages in the window. Their keys are cached for all viewers, and
    with Redis for all processes."""
    seconds = min(MAX_BUSIEST_SECONDS, max(2, window.span * 2 // HOUR))
    since = now - window.span if window.start is None else window.start
    until = min(now + 1, since + window.span + 1)

    def find() -> bytes:
        return msgspec.json.encode(busiest(int(since * SECOND), int(until * SECOND), BUSIEST_SESSIONS))

    encoded = the_cache().get_or_set(("busiest", window.name, int(now / seconds)), find, seconds)
    counts = msgspec.json.decode(encoded, type=list[tuple[int, int]])
    rows = sessions_of([key for key, _ in counts])
    summaries = ((astuple(summary_row(rows[key], now)), messages) for key, messages in counts if key in rows)
    return [frames.BusySession(*summary, messages_in_window=messages) for summary, messages in summaries]


def _heat(after: int | None, now: float) -> tuple[bytes, frames.ChangedHours]:
    """Usage in each hour of the last weeks: all hours in a snapshot, then those that changed since `after`. All hours
    are cached for a minute with their position; the hours that changed since then are added."""
    days = days_up_to(HEAT_DAYS, now)
    first = days.start
    if after is not None:
        return b"", frames.ChangedHours(first, changed_hours(first, after))
    cached = the_cache().get_or_set(
        ("hours", int(now / HOURS_SECONDS)),
        lambda: b"%d %s" % (checkpoints([STAGE])[STAGE].position, encode(used_hours(days))),
        HOURS_SECONDS,
    )
    reached, _, text = cached.partition(b" ")
    changed = changed_hours(first, int(reached)) + changed_hours(int(now), -1)  # a sender's clock may be ahead
    return text, frames.ChangedHours(first, changed)


def _recent(now: float, newest: int) -> Recent:
    second = int(now)
    midnight, hour = second - second % DAY, second - second % HOUR
    return Recent(
        seconds=buckets(1, second - RATE_WINDOW, second + 1),
        tens=buckets(10, second - ERROR_WINDOW, second + 1),
        today=total(row.counts for row in buckets(HOUR, midnight, second + 1, of=(COST,))),
        hour_before=total(row.counts for row in buckets(HOUR, hour - WEEK, hour - WEEK + HOUR)),
        day_before=total(row.counts for row in buckets(HOUR, midnight - WEEK, hour - WEEK, of=(COST,))),
        active=count_active((second - ACTIVE_SECONDS) * SECOND, (second + 1) * SECOND),
        newest=newest or None,
    )
