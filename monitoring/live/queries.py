"""Frames made from what changed, and the gate of the sockets."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from time import time
from typing import Any

import msgspec
from django.conf import settings
from django.contrib.sessions.models import Session as LogIn
from django.utils import timezone

from monitoring.events.envelope import instant
from monitoring.ingest.flow import the_door
from monitoring.ingest.queries import sources
from monitoring.journal.queries import lags
from monitoring.journal.stages.store import checkpoints
from monitoring.live.hub import Frame, Topic
from monitoring.live.overview import ERRORS, MINUTE, RANGES, Recent, points, tiles
from monitoring.operations.queries import last_report, shown
from monitoring.people.pseudonym import pseudonym
from monitoring.people.store import viewers_of
from monitoring.people.viewer import NOBODY, Viewer
from monitoring.security.feed import SecurityLog
from monitoring.stats.feed import Stats
from monitoring.stats.figures import message_row, session_head, session_row, total
from monitoring.stats.queries import buckets, busiest, count_active, find_session, messages

STAGE, STAGES = Stats.name, (Stats.name, SecurityLog.name)
FRESH = 30.0
"""Seconds for which a new report is sent with every frame."""
FAR_BEHIND = 50_000
"""Entries after which a watcher gets a snapshot and not the changes."""
MOST_MESSAGES = 500
BUSIEST = 8
WEEK = 604_800
most_shown = {"messages": 0, "points": 0}
"""The most rows of a kind that a frame of this process has held."""
SYSTEM = Viewer("sbdash", frozenset({"ops"}))
IN_ONE_QUERY = 500
LOGGED_OUT, FORBIDDEN = 4401, 4403


@dataclass(frozen=True, slots=True)
class Login:
    """Who opened a socket: a log-in's key and a user's."""

    session_key: str
    user: int


def position() -> int:
    """How far the statistics have read: what a frame can speak of."""
    return checkpoints([STAGE])[STAGE].position


def make(topic: Topic, after: int | None, more: Callable[[], dict[str, Any]] = dict) -> Frame:
    """A frame of what changed since `after`, or a snapshot; `more` is what the operations' frames say besides."""
    checkpoint = checkpoints([STAGE])[STAGE]
    reached, now = checkpoint.position, time()
    if after is not None and not 0 <= reached - after <= FAR_BEHIND:
        after = None
    frame = {
        "kind": "snapshot" if after is None else "frame",
        "topic": topic[0],
        "position": reached,
        "head": reached,
        "newest": instant(checkpoint.at or None),
        "lag": lags([STAGE])[STAGE]["lag_seconds"],
        "now": instant(int(now * 1e6)),
    }
    if topic[0] == "overview":
        body = _overview(topic[1], after, now, checkpoint.at)
    elif topic[0] == "operations":
        body = _operations(after, now) | more()
    else:
        body = _session(topic[0], after, now)
    return Frame(msgspec.json.encode(frame | body).decode(), reached)


def _overview(name: str, after: int | None, now: float, newest: int) -> dict[str, Any]:
    shown = RANGES[name]
    start = shown.start(int(now))
    made = points(buckets(shown.width, start, int(now) + 1), shown.step, after)
    most_shown["points"] = max(most_shown["points"], len(made))
    found = busiest(int((now - 3600) * 1e6), int((now + 1) * 1e6), BUSIEST)
    return {
        "range": name,
        "step": shown.step,
        "from": start,
        "tiles": tiles(_recent(now, newest), now),
        "buckets": made,
        "sessions": [session_row(row, pseudonym(row.person), int(now * 1e6)) for row in found],
    }


def _recent(now: float, newest: int) -> Recent:
    second = int(now)
    midnight, hour = second - second % 86_400, second - second % 3_600
    return Recent(
        seconds=buckets(1, second - MINUTE, second + 1),
        tens=buckets(10, second - ERRORS, second + 1),
        today=total(row.counts for row in buckets(3600, midnight, second + 1)),
        hour_before=total(row.counts for row in buckets(3600, hour - WEEK, hour - WEEK + 3600)),
        day_before=total(row.counts for row in buckets(3600, midnight - WEEK, hour - WEEK)),
        active=count_active((second - 300) * 1_000_000, (second + 1) * 1_000_000),
        newest=newest or None,
    )


def _operations(after: int | None, now: float) -> dict[str, Any]:
    """The report comes with frames only while it is fresh: what a frame leaves out, stays."""
    report = last_report()
    fresh = after is None or (report is not None and now - report.ended / 1e6 < FRESH)
    told = {"consistency": shown(report)} if fresh else {}
    door = the_door()
    newest = {"newest": instant(door.newest)}
    return told | {"sources": sources(), "stages": lags(STAGES), "ingest": door.figures() | newest}


def _session(topic: str, after: int | None, now: float) -> dict[str, Any]:
    found = find_session(SYSTEM, topic.removeprefix("session/"))
    if found is None:
        return {"session": None, "messages": []}
    rows = messages(found.key, MOST_MESSAGES)
    most_shown["messages"] = max(most_shown["messages"], len(rows))
    changed = [message_row(row) for row in rows if after is None or row.position > after]
    return {"session": session_head(found, pseudonym(found.person), int(now * 1e6), settings.SESSION_IDLE_GAP), "messages": changed}


def viewers_behind(logins: Collection[Login]) -> dict[Login, Viewer]:
    """Who log-ins are right now, in a few questions: nobody once one has ended, or its user is gone or barred."""
    keys = [login.session_key for login in logins]
    running = LogIn.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    there = set(running.values_list("session_key", flat=True))
    viewers = viewers_of([*{login.user for login in logins}])
    return {login: viewers.get(login.user, NOBODY) if login.session_key in there else NOBODY for login in logins}


def refusal(viewer: Viewer, topic: Topic) -> int:
    """The code with which a socket is closed, 0 when it may stay."""
    if viewer is NOBODY:
        return LOGGED_OUT
    if topic[0] in ("overview", "operations"):
        return 0 if viewer.sees_all else FORBIDDEN
    name = topic[0].removeprefix("session/")
    return 0 if viewer.sees_all or find_session(viewer, name) else FORBIDDEN


def refused(asked: Iterable[tuple[Login, Topic]]) -> dict[tuple[Login, Topic], int]:
    """The close codes of those who may not watch any more."""
    wanted = list(asked)
    logins, viewers = [*{login for login, _ in wanted}], dict[Login, Viewer]()
    for start in range(0, len(logins), IN_ONE_QUERY):
        viewers |= viewers_behind(logins[start : start + IN_ONE_QUERY])
    codes = {(login, topic): refusal(viewers[login], topic) for login, topic in wanted}
    return {who: code for who, code in codes.items() if code}
