"""Builds frames: what changed in a topic since a position, or a snapshot."""

from collections.abc import Callable, Collection
from secrets import token_hex
from time import time
from typing import NamedTuple

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import asdict, astuple, replace

from monitoring.events.envelope import instant
from monitoring.events.shape import Encoded, encode
from monitoring.ingest.http.wiring import the_ingest_app
from monitoring.ingest.source_state import sources
from monitoring.journal.checkpoints import checkpoints
from monitoring.journal.progress import lag_of, lags
from monitoring.journal.stages import stage_names
from monitoring.journal.store import size
from monitoring.live import frames
from monitoring.live.hub import Frame
from monitoring.live.overview import ERROR_WINDOW, RANGES, RATE_WINDOW, Recent, tiles
from monitoring.live.process import process_figures
from monitoring.live.topics import (
    DAYS,
    MINE,
    OWN,
    RESPONSES,
    SESSION,
    Topic,
    is_private,
    is_session_scoped,
    own_topic,
    person_of,
    session_of,
)
from monitoring.messaging.wiring import the_cache
from monitoring.operations.reader import failing_jobs, last_report
from monitoring.people.store import opaque
from monitoring.people.viewer import Viewer
from monitoring.recording.record import kept_id
from monitoring.stats.figures import total
from monitoring.stats.metrics import COST
from monitoring.stats.points import points
from monitoring.stats.reader import (
    buckets,
    busiest,
    count_active,
    find_session,
    moved_since,
    sessions,
    sessions_of,
)
from monitoring.stats.reports.cached import own_report, report
from monitoring.stats.reports.operations_report import operations_report
from monitoring.stats.reports.responses_report import responses
from monitoring.stats.reports.usage import Hours, Report, Window
from monitoring.stats.reports.usage_report import changed_hours, usage, used_hours
from monitoring.stats.sessions.detail import details, newest_page, related_rows, summary_row, with_outliers
from monitoring.stats.stage import Stats

STAGE = Stats.name
MAX_DELTA_ENTRIES = 50_000
"""A subscriber that is further behind gets a snapshot and not the changes."""
MAX_FRAME_MESSAGES, MAX_OWN_SESSIONS = 500, 50
"""Newest messages of a session, and newest sessions of an owner, in one frame."""
HEAT_DAYS, HOURS_CACHE_SECONDS = 28, 60
"""Days of the heat map, and how long its hours are cached."""
BUSIEST_SESSIONS, BUSIEST_CACHE_SECONDS = 8, 2.0
"""The number of busiest sessions in a frame, and how long their keys are cached."""
WEEK_SECONDS = 604_800
max_rows_shown = {"messages": 0, "points": 0}
"""The largest number of rows of a kind in a frame of this process so far."""
SYSTEM = Viewer("sbdash", frozenset({"ops"}))
PRIVATE_LAG_FROM, PRIVATE_LAG_STEP = 15.0, 10.0
"""Seconds: owners see the statistics' lag from this on, and rounded down to this step."""


class Reached(NamedTuple):
    """The progress of the statistics: the checkpoint's position and version, the time of the newest event (µs since
    1970, 0: none), and the lag in seconds."""

    position: int
    version: int
    at: int
    lag: float


def reached() -> Reached:
    """The current progress of the statistics, queried once for all frames of a round."""
    checkpoint = checkpoints([STAGE])[STAGE]
    return Reached(checkpoint.position, checkpoint.turn, checkpoint.at, lag_of(checkpoint, size()))


def moved(since: int, topics: Collection[Topic]) -> dict[Topic, int]:
    """Those session-scoped topics of which a session changed after `since`, each with the position of its last
    change."""
    names = {topic: _stored_name(topic) for topic in topics}
    last = dict.fromkeys(names.values(), 0)
    for id, person, changed in moved_since(since):  # in order
        last |= {name: changed for name in (f"{SESSION}{id}", own_topic(person)) if name in last}
    return {topic: last[name] for topic, name in names.items() if last[name]}


def _stored_name(topic: Topic) -> str:
    """The topic's name with the id under which its session is stored; clients may use the application's own id."""
    return f"{SESSION}{kept_id(session_of(topic))}" if topic[0].startswith(SESSION) else topic[0]


def make_frame(
    topic: Topic, after: int | None, so_far: Reached, bounds: Callable[[], list[frames.Bound]] = list
) -> Frame:
    """A frame of what changed since `after`, or a snapshot (None). `bounds` returns this process's capacity limits, for
    the topic operations.

    An owner's frame reveals nothing of other users: its position is opaque, its newest event is the owner's.
    """
    position, lag, now = so_far.position, so_far.lag, time()
    private = is_private(topic)
    if after is not None and not 0 <= position - after <= (position if is_session_scoped(topic) else MAX_DELTA_ENTRIES):
        after = None
    head = frames.Head(
        kind="snapshot" if after is None else "frame",
        topic=topic[0].partition("/")[0] if topic[0].startswith(MINE) else topic[0],
        position=position,
        newest=instant(so_far.at or None),
        lag=(lag - lag % PRIVATE_LAG_STEP if lag > PRIVATE_LAG_FROM else 0.0) if private else lag,
        now=instant(int(now * 1e6)),
    )
    frame: frames.Head
    match topic[0].partition("/")[0]:
        case "overview":
            frame = _overview(head, topic[1], after, now, so_far.at)
        case "operations":
            frame = _operations(head, after, bounds())
        case "mine":
            frame = _mine(head, person_of(topic), topic[1], now, position)
        case "session":
            frame = _session(head, topic, after, now, position)
        case name:
            frame = _report(head, name, topic[1])
    return Frame(encode(frame).decode(), position)


def _overview(head: frames.Head, name: str, after: int | None, now: float, newest: int) -> frames.Overview:
    shown = RANGES[name]
    start, end = shown.start(int(now)), shown.end(int(now))
    changed = points(buckets(shown.width, start, end), shown.step, after, now)
    max_rows_shown["points"] = max(max_rows_shown["points"], len(changed))
    heat, hours = _heat(after, now)
    return frames.Overview(
        *astuple(head),
        range=name,
        step=shown.step,
        start=start,
        tiles=tiles(_recent(now, newest), now),
        buckets=changed,
        sessions=_busiest(now),
        heat=heat,
        hours=hours,
    )


def _busiest(now: float) -> list[frames.BusySession]:
    """The current rows of the sessions with the most messages in the last hour. Their keys are cached for all ranges,
    and with Redis for all processes."""

    def find() -> bytes:
        return msgspec.json.encode(busiest(int((now - 3600) * 1e6), int((now + 1) * 1e6), BUSIEST_SESSIONS))

    cache_key = "busiest", int(now / BUSIEST_CACHE_SECONDS)
    counts = _decode_busiest(the_cache().get_or_set(cache_key, find, BUSIEST_CACHE_SECONDS))
    rows = sessions_of([key for key, _ in counts])
    summaries = ((astuple(summary_row(rows[key], now)), messages) for key, messages in counts if key in rows)
    return [frames.BusySession(*summary, messages_last_hour=messages) for summary, messages in summaries]


_decode_busiest = msgspec.json.Decoder(list[tuple[int, int]]).decode


def _heat(after: int | None, now: float) -> tuple[Encoded[Hours] | UnsetType, frames.ChangedHours]:
    """Usage in each hour of the last weeks: all hours in a snapshot, then those that changed since `after`. All hours
    are cached for a minute with their position; the hours that changed since then are added."""
    first = Window(HEAT_DAYS, now).start
    if after is not None:
        return UNSET, frames.ChangedHours(first, changed_hours(first, after))
    cached = the_cache().get_or_set(
        ("hours", int(now / HOURS_CACHE_SECONDS)), lambda: _all_hours(now), HOURS_CACHE_SECONDS
    )
    reached, _, text = cached.partition(b" ")
    changed = changed_hours(first, int(reached)) + changed_hours(int(now), -1)  # a sender's clock may be ahead
    return Encoded(text), frames.ChangedHours(first, changed)


def _all_hours(now: float) -> bytes:
    return b"%d %s" % (checkpoints([STAGE])[STAGE].position, encode(used_hours(HEAT_DAYS, now)))


def _report(head: frames.Head, name: str, window: str) -> frames.ReportFrame:
    encoded: Encoded[Report] = report(name, responses if name == RESPONSES else usage, DAYS[window])
    return frames.ReportFrame(*astuple(head), range=window, days=DAYS[window], report=encoded)


def _private(head: frames.Head, person: int | None, reached: int, newest: int | None) -> frames.Head:
    """The head of an owner's frame: an opaque position, different each time, and the time of their newest message."""
    return replace(head, position=opaque(person, f"{token_hex(4)} {reached}"), newest=instant(newest))


def _mine(head: frames.Head, person: int | None, window: str, now: float, reached: int) -> frames.MineFrame:
    rows = [] if person is None else sessions(Viewer("owner", person=person), MAX_OWN_SESSIONS)
    return frames.MineFrame(
        *astuple(_private(head, person, reached, rows[0].last_at if rows else None)),
        range=window,
        days=DAYS[window],
        report=None if person is None else own_report(person, DAYS[window]),
        sessions=[summary_row(row, now) for row in rows],
    )


def _recent(now: float, newest: int) -> Recent:
    second = int(now)
    midnight, hour = second - second % 86_400, second - second % 3_600
    return Recent(
        seconds=buckets(1, second - RATE_WINDOW, second + 1),
        tens=buckets(10, second - ERROR_WINDOW, second + 1),
        today=total(row.counts for row in buckets(3600, midnight, second + 1, of=(COST,))),
        hour_before=total(row.counts for row in buckets(3600, hour - WEEK_SECONDS, hour - WEEK_SECONDS + 3600)),
        day_before=total(row.counts for row in buckets(3600, midnight - WEEK_SECONDS, hour - WEEK_SECONDS, of=(COST,))),
        active=count_active((second - 300) * 1_000_000, (second + 1) * 1_000_000),
        newest=newest or None,
    )


def _operations(head: frames.Head, after: int | None, bounds: list[frames.Bound]) -> frames.OperationsFrame:
    """Frames contain the consistency report until the subscriber has passed the position at which the check ended; a
    page keeps a field that a frame omits."""
    last = last_report()
    is_new = after is None or (last is not None and (last.reached is None or after <= last.reached))
    ingest_app = the_ingest_app()
    return frames.OperationsFrame(
        *astuple(head),
        consistency=UNSET if not is_new else last.report if last else None,
        sources=sources(),
        stages=lags(stage_names()),
        jobs=failing_jobs(),
        ingest={**ingest_app.figures(), "newest": instant(ingest_app.last_event_at)},
        report=report("operations", operations_report, DAYS["7d"]),
        bounds=bounds,
        process=process_figures(),
    )


def _session(head: frames.Head, topic: Topic, after: int | None, now: float, reached: int) -> frames.Head:
    """A session for staff, or with OWN for its owner. If a message was moved or removed since `after`, the frame has
    all of the newest messages (`whole`), which replace those of earlier frames."""
    row = find_session(SYSTEM, session_of(topic))
    own = topic[1] == OWN
    if own:
        head = _private(head, row.person if row else None, reached, row.last_at if row else None)
    if row is None:
        return frames.NoSession(*astuple(head))
    messages, earlier = newest_page(row, MAX_FRAME_MESSAGES)
    max_rows_shown["messages"] = max(max_rows_shown["messages"], len(messages))
    whole = after is None or row.left_position > after
    changed = [message for message in messages if after is None or whole or message.position > after]
    return frames.SessionFrame(
        *astuple(head),
        session=details(row, now),
        messages=with_outliers(changed, now, row.person if own else None),
        whole=whole,
        next=earlier,
        **asdict(related_rows(row)),
    )
