"""Frames of what changed since a position, and snapshots."""

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
from monitoring.live.overview import ERRORS, MINUTE, RANGES, Recent, tiles
from monitoring.live.process import process_figures
from monitoring.live.topics import (
    DAYS,
    MINE,
    OWN,
    RESPONSES,
    SESSION,
    Topic,
    is_private,
    of_some_sessions,
    owned,
    owner,
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
FAR_BEHIND = 50_000
"""Entries after which a watcher gets a snapshot and not the changes."""
MOST_MESSAGES, OWN_SESSIONS = 500, 50
"""The newest messages of a session, and sessions of an owner, in one frame."""
HEAT_DAYS = 28
"""Days of the heat map."""
BUSIEST, BUSIEST_KEPT = 8, 2.0
"""The sessions with the most messages that are shown, and seconds for which it is kept which they are."""
WEEK = 604_800
most_shown = {"messages": 0, "points": 0}
"""The most rows of a kind that a frame of this process has held."""
SYSTEM = Viewer("sbdash", frozenset({"ops"}))
LATE, COARSE = 15.0, 10.0
"""Seconds that the statistics may be behind before an owner is told so, and the steps in which they are told."""


class Reached(NamedTuple):
    """How far the statistics have read, what a frame can speak of: position, turn of the stage, µs since 1970 of the
    newest event (0: none), and the seconds that they are behind."""

    position: int
    turn: int
    at: int
    lag: float


def reached() -> Reached:
    """What the frames of one round have in common."""
    found = checkpoints([STAGE])[STAGE]
    return Reached(found.position, found.turn, found.at, lag_of(found, size()))


def moved(since: int, topics: Collection[Topic]) -> dict[Topic, int]:
    """Those of these topics in whose sessions something changed after a position, with where it did last."""
    subjects = {topic: _subject(topic) for topic in topics}
    last = dict.fromkeys(subjects.values(), 0)
    for id, person, changed in moved_since(since):  # in order
        last |= {name: changed for name in (f"{SESSION}{id}", owned(person)) if name in last}
    return {topic: last[subject] for topic, subject in subjects.items() if last[subject]}


def _subject(topic: Topic) -> str:
    """The topic's name, with the id under which its session is kept: it may be watched by the application's own id."""
    return f"{SESSION}{kept_id(session_of(topic))}" if topic[0].startswith(SESSION) else topic[0]


def make(topic: Topic, after: int | None, so_far: Reached, bounds: Callable[[], list[frames.Bound]] = list) -> Frame:
    """A frame of what changed since `after`, or a snapshot; `bounds` are this process's, for the operations' frames.

    An owner's frame tells nothing of what others do: its position is opaque, its newest event is their own.
    """
    position, lag, now = so_far.position, so_far.lag, time()
    private = is_private(topic)
    if after is not None and not 0 <= position - after <= (position if of_some_sessions(topic) else FAR_BEHIND):
        after = None
    head = frames.Head(
        kind="snapshot" if after is None else "frame",
        topic=topic[0].partition("/")[0] if topic[0].startswith(MINE) else topic[0],
        position=position,
        newest=instant(so_far.at or None),
        lag=(lag - lag % COARSE if lag > LATE else 0.0) if private else lag,
        now=instant(int(now * 1e6)),
    )
    frame: frames.Head
    match topic[0].partition("/")[0]:
        case "overview":
            frame = _overview(head, topic[1], after, now, so_far.at)
        case "operations":
            frame = _operations(head, after, bounds())
        case "mine":
            frame = _mine(head, owner(topic), topic[1], now, position)
        case "session":
            frame = _session(head, topic, after, now, position)
        case name:
            frame = _report(head, name, topic[1])
    return Frame(encode(frame).decode(), position)


def _overview(head: frames.Head, name: str, after: int | None, now: float, newest: int) -> frames.Overview:
    shown = RANGES[name]
    start, end = shown.start(int(now)), shown.end(int(now))
    made = points(buckets(shown.width, start, end), shown.step, after, now)
    most_shown["points"] = max(most_shown["points"], len(made))
    heat, hours = _heat(after, now)
    return frames.Overview(
        *astuple(head),
        range=name,
        step=shown.step,
        start=start,
        tiles=tiles(_recent(now, newest), now),
        buckets=made,
        sessions=_busiest(now),
        heat=heat,
        hours=hours,
    )


def _busiest(now: float) -> list[frames.BusySession]:
    """The sessions with the most messages in the last hour, as they are now; which they are is looked up once in
    BUSIEST_KEPT for all ranges, and with Redis for all processes."""

    def look() -> bytes:
        return msgspec.json.encode(busiest(int((now - 3600) * 1e6), int((now + 1) * 1e6), BUSIEST))

    found = _read_busiest(the_cache().get_or_set(("busiest", int(now / BUSIEST_KEPT)), look, BUSIEST_KEPT))
    rows = sessions_of([key for key, _ in found])
    lines = ((astuple(summary_row(rows[key], now)), spoke) for key, spoke in found if key in rows)
    return [frames.BusySession(*line, messages_last_hour=spoke) for line, spoke in lines]


_read_busiest = msgspec.json.Decoder(list[tuple[int, int]]).decode


def _heat(after: int | None, now: float) -> tuple[Encoded[Hours] | UnsetType, frames.ChangedHours]:
    """What was used in each hour of the last weeks: all of them at first, and then those that changed since `after`.
    All of them are kept for a minute, with the position from which on changes are told beside them."""
    first = Window(HEAT_DAYS, now).start
    if after is not None:
        return UNSET, frames.ChangedHours(first, changed_hours(first, after))
    kept = the_cache().get_or_set(("hours", int(now / MINUTE)), lambda: _all_hours(now), MINUTE)
    reached, _, text = kept.partition(b" ")
    changed = changed_hours(first, int(reached)) + changed_hours(int(now), -1)  # a sender's clock may be ahead
    return Encoded(text), frames.ChangedHours(first, changed)


def _all_hours(now: float) -> bytes:
    return b"%d %s" % (checkpoints([STAGE])[STAGE].position, encode(used_hours(HEAT_DAYS, now)))


def _report(head: frames.Head, name: str, window: str) -> frames.ReportFrame:
    found: Encoded[Report] = report(name, responses if name == RESPONSES else usage, DAYS[window])
    return frames.ReportFrame(*astuple(head), range=window, days=DAYS[window], report=found)


def _discreet(head: frames.Head, person: int | None, reached: int, newest: int | None) -> frames.Head:
    """What an owner is told of the river: a position, another word each time; and when their newest message was."""
    return replace(head, position=opaque(person, f"{token_hex(4)} {reached}"), newest=instant(newest))


def _mine(head: frames.Head, person: int | None, window: str, now: float, reached: int) -> frames.MineFrame:
    rows = [] if person is None else sessions(Viewer("owner", person=person), OWN_SESSIONS)
    return frames.MineFrame(
        *astuple(_discreet(head, person, reached, rows[0].last_at if rows else None)),
        range=window,
        days=DAYS[window],
        report=None if person is None else own_report(person, DAYS[window]),
        sessions=[summary_row(row, now) for row in rows],
    )


def _recent(now: float, newest: int) -> Recent:
    second = int(now)
    midnight, hour = second - second % 86_400, second - second % 3_600
    return Recent(
        seconds=buckets(1, second - MINUTE, second + 1),
        tens=buckets(10, second - ERRORS, second + 1),
        today=total(row.counts for row in buckets(3600, midnight, second + 1, of=(COST,))),
        hour_before=total(row.counts for row in buckets(3600, hour - WEEK, hour - WEEK + 3600)),
        day_before=total(row.counts for row in buckets(3600, midnight - WEEK, hour - WEEK, of=(COST,))),
        active=count_active((second - 300) * 1_000_000, (second + 1) * 1_000_000),
        newest=newest or None,
    )


def _operations(head: frames.Head, after: int | None, bounds: list[frames.Bound]) -> frames.OperationsFrame:
    """The check's report comes with frames until its watcher has been told of all that was there when it ended: what a
    frame leaves out, stays."""
    last = last_report()
    untold = after is None or (last is not None and (last.reached is None or after <= last.reached))
    door = the_ingest_app()
    return frames.OperationsFrame(
        *astuple(head),
        consistency=UNSET if not untold else last.report if last else None,
        sources=sources(),
        stages=lags(stage_names()),
        jobs=failing_jobs(),
        ingest={**door.figures(), "newest": instant(door.last_event_at)},
        report=report("operations", operations_report, DAYS["7d"]),
        bounds=bounds,
        process=process_figures(),
    )


def _session(head: frames.Head, topic: Topic, after: int | None, now: float, reached: int) -> frames.Head:
    """A session, for staff, or with OWN as its owner sees it. Where something has left its place since `after`, all of
    its newest messages are told (`whole`), in place of those that were told before."""
    found = find_session(SYSTEM, session_of(topic))
    own = topic[1] == OWN
    if own:
        head = _discreet(head, found.person if found else None, reached, found.last_at if found else None)
    if found is None:
        return frames.NoSession(*astuple(head))
    rows, earlier = newest_page(found, MOST_MESSAGES)
    most_shown["messages"] = max(most_shown["messages"], len(rows))
    whole = after is None or found.left_position > after
    changed = [row for row in rows if after is None or whole or row.position > after]
    return frames.SessionFrame(
        *astuple(head),
        session=details(found, now),
        messages=with_outliers(changed, now, found.person if own else None),
        whole=whole,
        next=earlier,
        **asdict(related_rows(found)),
    )
