"""What REST says of the monitoring itself, of the security log, and of a figure over time."""

from collections.abc import Callable
from math import ceil, floor
from time import time
from typing import Any

import msgspec
from django.conf import settings

from monitoring.api.places import position
from monitoring.between.feed import the_bell, the_cache
from monitoring.events.envelope import instant
from monitoring.ingest.flow import the_door
from monitoring.journal import store as journal
from monitoring.journal.leases.store import living_workers
from monitoring.journal.queries import lags
from monitoring.journal.stages.registry import names
from monitoring.journal.stages.store import checkpoints
from monitoring.live.bounds.queries import bounds
from monitoring.live.feed import the_hub
from monitoring.live.overview import points
from monitoring.live.queries import STAGE
from monitoring.operations.process import process_figures
from monitoring.operations.queries import failing_jobs
from monitoring.people.pseudonym import pseudonym
from monitoring.people.store import opaque, plain
from monitoring.people.viewer import Viewer
from monitoring.security.event import SecurityEvent
from monitoring.security.store import security_events
from monitoring.stats.listing.wish import Unclear
from monitoring.stats.queries import buckets
from monitoring.stats.tally import WIDTHS, keeps

LAG_TOLERATED = 60.0
"""Seconds behind which the pipeline is called unwell."""


def health() -> dict[str, Any]:
    """Position, lag and counters of this process."""
    door, hub = the_door(), the_hub()
    stages = lags(names())
    late = [name for name, stage in stages.items() if stage["lag_seconds"] > LAG_TOLERATED]
    failing = failing_jobs()
    return {
        "status": "unwell" if late or failing else "ok",
        "head": journal.size(),
        "stages": stages,
        "jobs": failing,
        "workers": living_workers(),
        "ingest": door.figures(),
        "live": {"watchers": hub.watchers, "frames_sent": hub.sent, "dropped_clients": hub.dropped},
        "bounds": bounds(hub),
        "between": the_bell().figures() | {"cache": the_cache().figures()},
        "process": process_figures(),
    }


def ready() -> list[str]:
    """What is wrong; nothing when all is well."""
    journal.size()
    return [
        f"stage {name} is {stage['lag_seconds']:.0f} s behind"
        for name, stage in lags(names()).items()
        if stage["lag_seconds"] > LAG_TOLERATED
    ]


def security_list(viewer: Viewer, limit: int, before: str) -> dict[str, Any]:
    """A page of security events, the newest first; for owners their positions are opaque. Raises Unclear."""
    if before and not viewer.sees_all:
        before = plain(viewer.person, before) or ""
        if not before:
            raise Unclear("before: is not the `next` of a page; the list begins anew without it")
    rows = security_events(viewer, limit + 1, position(before) if before else None)
    page = rows[:limit]
    shown = [security_row(row, row.key if viewer.sees_all else opaque(viewer.person, str(row.key))) for row in page]
    return {"events": shown, "next": str(shown[-1]["position"]) if len(rows) > limit else None}


def security_row(event: SecurityEvent, position: int | str) -> dict[str, Any]:
    """A security event as it is shown: the person by pseudonym, nobody's address."""
    return {
        "position": position,
        "at": instant(event.at),
        "type": event.kind,
        "name": event.name,
        "outcome": event.outcome,
        "reason": event.reason,
        "person": None if event.person is None else pseudonym(event.person),
        "session_id": event.session_id,
        "details": event.details,
    }


FIGURES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "messages": lambda point: point["messages"],
    "tokens": lambda point: point["tokens"],
    "cost": lambda point: point["cost"],
    "response_time": lambda point: point["wait"],
    "sessions_started": lambda point: point["started"],
    "sessions_ended": lambda point: point["ended"],
    "sessions_active": lambda point: point["active"],
    "answers": lambda point: point["finished"],
    "errors": lambda point: point["errors"],
    "operations": lambda point: point["operations"],
}
MOST_POINTS, LAST = 5_000, 253_402_300_799
"""Of one answer; and the last second (s since 1970) that can be written down, of the year 9999."""
KEPT = 60.0
"""Seconds for which the points of a position are kept for whoever asks the same."""


def series(name: str, start: float, end: float, step: int) -> dict[str, Any]:
    """A figure's points between two instants (s), made of the widest buckets that fit `step`. Raises Unclear.

    `from` and `to` of the answer say what was counted: from the beginning of a step to the end of a bucket, so that the
    asked time lies within. `to` may lie ahead of now, and the last point be of less than a step.
    """
    kept = keeps(settings.STATISTICS_RETENTION_DAYS)
    widths = [width for width in WIDTHS if step % width == 0 and time() - start <= kept[width] + step]
    if time() - start > max(kept.values()) + step:
        raise Unclear(f"from: figures are kept for {settings.STATISTICS_RETENTION_DAYS} days")
    if not widths:
        raise Unclear(
            "step: figures this old are kept in coarser steps only: take 10, 60, 3600 or 86400 s, or a multiple"
        )
    width = max(widths)
    if (end - start) / step > MOST_POINTS:
        raise Unclear(f"step: more than {MOST_POINTS} points: take a longer step or a shorter time")
    asked = name, width, floor(start / step) * step, ceil(end / width) * width, step
    reached = checkpoints([STAGE])[STAGE]
    key = "series", *asked, reached.position, reached.turn
    found = the_cache().kept(key, lambda: msgspec.json.encode(_series(*asked)), KEPT)
    return dict(msgspec.json.decode(found))


def _series(name: str, width: int, first: int, end: int, step: int) -> dict[str, Any]:
    made = points(buckets(width, first, end), step, None)
    return {
        "name": name,
        "from": instant(first * 1_000_000),
        "to": instant(min(end, LAST) * 1_000_000),
        "step": step,
        "points": [{"time": instant(point["t"] * 1_000_000), "value": FIGURES[name](point)} for point in made],
    }
