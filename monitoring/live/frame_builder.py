"""Builds frames: what changed in a topic since a position, or a snapshot."""

from collections.abc import Callable, Collection, Mapping
from secrets import token_hex
from time import time

from msgspec import UNSET
from msgspec.structs import asdict, astuple, replace

from monitoring.alerts.deliveries import receivers_now
from monitoring.alerts.rules import listed, rules
from monitoring.alerts.silences import silences
from monitoring.alerts.spans import alert_bands, newest_firing
from monitoring.alerts.store import MAX_PAGE, alerts, last_change
from monitoring.events.envelope import instant
from monitoring.events.shape import encode
from monitoring.health.reader import shown_health, shown_layer
from monitoring.ingest.http.wiring import the_ingest_app
from monitoring.ingest.source_state import sources
from monitoring.journal.checkpoints import checkpoints
from monitoring.journal.progress import lag_of, lags
from monitoring.journal.stages import stage_names
from monitoring.journal.store import size
from monitoring.live import frames
from monitoring.live.attention_facts import firing_alerts, what_needs_attention
from monitoring.live.hub import Reached
from monitoring.live.overview_builder import max_rows_shown, overview_frame
from monitoring.live.process import process_figures
from monitoring.live.subscriber import Frame
from monitoring.live.topics import (
    MINE,
    OPERATIONS,
    OWN,
    RESPONSES,
    SESSION,
    Topic,
    ended_window,
    is_compared,
    is_private,
    is_session_scoped,
    own_topic,
    person_of,
    session_of,
    window_of,
)
from monitoring.operations.reader import failing_jobs, last_report, sessions_after
from monitoring.people.store import opaque
from monitoring.people.viewer import Viewer
from monitoring.recording.record import kept_id
from monitoring.stats.bucket import DAY, HOUR
from monitoring.stats.reader import (
    changed_since,
    find_session,
    moved_since,
    sessions,
)
from monitoring.stats.reports.cached import own_report, report
from monitoring.stats.reports.operations_report import operations_report
from monitoring.stats.reports.responses_report import responses
from monitoring.stats.reports.usage import Report
from monitoring.stats.reports.usage_report import usage
from monitoring.stats.sessions.detail import details, newest_page, related_rows, summary_row, with_outliers
from monitoring.stats.stage import Stats
from monitoring.stats.window import Period, Window, fixed

STAGE = Stats.name
MAX_DELTA_ENTRIES = 50_000
"""A subscriber that is further behind gets a snapshot and not the changes."""
MAX_FRAME_MESSAGES, MAX_OWN_SESSIONS = 500, 50
"""Newest messages of a session, and newest sessions of an owner, in one frame."""
SYSTEM = Viewer("sbdash", frozenset({"ops"}))
PRIVATE_LAG_FROM, PRIVATE_LAG_STEP = 15.0, 10.0
"""Seconds: owners see the statistics' lag from this on, and rounded down to this step."""


def reached() -> Reached:
    """The current progress of the statistics, queried once for all frames of a round."""
    checkpoint = checkpoints([STAGE])[STAGE]
    return Reached(checkpoint.position, checkpoint.version, checkpoint.at, lag_of(checkpoint, size()))


def moved(since: int, topics: Collection[Topic]) -> dict[Topic, int]:
    """Those scoped topics of which something changed after `since`, each with the position of its last change. Clients
    may use the application's own id of a session; changes name the id under which it is stored."""
    windows = {topic: window for topic in topics if (window := ended_window(topic, time()))}
    names = {
        topic: f"{SESSION}{kept_id(session_of(topic))}" if topic[0].startswith(SESSION) else topic[0]
        for topic in topics
        if topic not in windows
    }
    last = dict.fromkeys(names.values(), 0)
    for id, person, changed in moved_since(since) if names else ():  # in order
        last |= {name: changed for name in (f"{SESSION}{id}", own_topic(person)) if name in last}
    found = {topic: last[name] for topic, name in names.items() if last[name]}
    return found | _moved_windows(since, windows)


def _moved_windows(since: int, windows: Mapping[Topic, Window]) -> dict[Topic, int]:
    """Those topics of a time that has ended of which an hour or a day changed after `since`, one query for each."""
    found: dict[Topic, int] = {}
    for unit in (HOUR, DAY):
        times = {topic: window.whole(is_compared(topic)) for topic, window in windows.items() if window.unit == unit}
        if times:
            first, last = min(starts.start for starts in times.values()), max(starts.stop for starts in times.values())
            changes = changed_since(unit, first, last, since)
            moved = {topic: [changes[start] for start in changes if start in starts] for topic, starts in times.items()}
            found |= {topic: max(positions) for topic, positions in moved.items() if positions}
    return found


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
        attention=UNSET if private else what_needs_attention(),
        firing=UNSET if private else firing_alerts(),
        newest_firing=UNSET if private else newest_firing(),
    )
    frame: frames.Head
    match topic[0].partition("/")[0]:
        case "overview":
            frame = overview_frame(head, topic, after, now, so_far.at)
        case "operations":
            frame = _operations(head, topic, after, bounds(), now)
        case "alerts":
            frame = _alerts(head)
        case "mine":
            frame = _mine(head, topic, now, position)
        case "session":
            frame = _session(head, topic, after, now, position)
        case name:
            frame = _report(head, name, topic, now)
    if isinstance(frame, frames.Windowed):
        bands = UNSET if private else alert_bands(frame.start, frame.to, last_change())
        frame = replace(frame, layer=shown_layer(frame.start, frame.to, private=private), alert_bands=bands)
    return Frame(encode(frame).decode(), position)


def _alerts(head: frames.Head) -> frames.AlertsFrame:
    return frames.AlertsFrame(
        **asdict(head),
        alerts=alerts("firing", None, None, MAX_PAGE).alerts,
        changed=last_change(),
        rules=listed(rules().values()).rules,
        silences=silences().silences,
        receivers=receivers_now(),
    )


def _windowed(head: frames.Head, topic: Topic, period: Period, earlier: Period | None) -> frames.Windowed:
    """The head with the whole hours or days of a report, and of the one that it is compared with."""
    return frames.Windowed(
        *astuple(head),
        range=window_of(topic).name,
        start=period.start,
        to=int(period.to),
        step=period.step,
        shift=period.start - earlier.start if earlier else UNSET,
    )


def _earlier(topic: Topic, period: Period) -> Period | None:
    return window_of(topic).earlier(period) if is_compared(topic) else None


def _report(head: frames.Head, name: str, topic: Topic, now: float) -> frames.ReportFrame:
    make: Callable[[Period, float], Report] = responses if name == RESPONSES else usage
    period = window_of(topic).period(now)
    earlier = _earlier(topic, period)
    return frames.ReportFrame(
        **asdict(_windowed(head, topic, period, earlier)),
        report=report(name, make, period),
        report_before=report(name, make, earlier) if earlier else UNSET,
    )


def _private(head: frames.Head, person: int | None, reached: int, newest: int | None) -> frames.Head:
    """The head of an owner's frame: an opaque position, different each time, and the time of their newest message."""
    return replace(head, position=opaque(person, f"{token_hex(4)} {reached}"), newest=instant(newest))


def _mine(head: frames.Head, topic: Topic, now: float, reached: int) -> frames.MineFrame:
    """An owner's figures are kept by UTC days, so their reports are by whole days."""
    person, period = person_of(topic), window_of(topic).days_of(now)
    before = _earlier(topic, period)
    earlier = fixed(before.start, before.until).days_of(now) if before else None
    rows = [] if person is None else sessions(Viewer("owner", person=person), MAX_OWN_SESSIONS)
    own = _private(head, person, reached, rows[0].last_at if rows else None)
    return frames.MineFrame(
        **asdict(_windowed(own, topic, period, earlier)),
        report=None if person is None else own_report(person, period),
        report_before=own_report(person, earlier) if earlier and person is not None else UNSET,
        sessions=[summary_row(row, now) for row in rows],
    )


def _operations(
    head: frames.Head, topic: Topic, after: int | None, bounds: list[frames.Bound], now: float
) -> frames.OperationsFrame:
    """Frames contain the consistency report until the subscriber has passed the position at which the check ended; a
    page keeps a field that a frame omits."""
    last = last_report()
    is_new = after is None or (last is not None and (last.reached is None or after <= last.reached))
    ingest_app, period = the_ingest_app(), window_of(topic).period(now)
    earlier = _earlier(topic, period)
    return frames.OperationsFrame(
        **asdict(_windowed(head, topic, period, earlier)),
        consistency=UNSET if not is_new else last.report if last else None,
        unchecked=sessions_after(last.report.position) if last else 0,
        sources=sources(),
        stages=lags(stage_names()),
        jobs=failing_jobs(),
        ingest={**ingest_app.figures(), "newest": instant(ingest_app.last_event_at)},
        report=report(OPERATIONS, operations_report, period),
        report_before=report(OPERATIONS, operations_report, earlier) if earlier else UNSET,
        bounds=bounds,
        process=process_figures(),
        health=shown_health(period.start, period.to),
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
