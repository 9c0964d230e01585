"""Builds REST's responses about health, the security log, and a figure over time."""

from math import ceil, floor
from time import time

from django.conf import settings
from msgspec.structs import astuple

from monitoring.api.cursors import event_cursor
from monitoring.api.schemas import Health, Live, Messaging, Point, SecurityEvents, SecurityRow, Series
from monitoring.events.envelope import instant
from monitoring.events.shape import Encoded, encode
from monitoring.health.reader import kept
from monitoring.health.reading import HEALTH_FIGURES, HOUR, MINUTE
from monitoring.health.store import DAY, MINUTES_SECONDS
from monitoring.ingest.http.wiring import the_ingest_app
from monitoring.journal import store as journal
from monitoring.journal.checkpoints import checkpoints
from monitoring.journal.leases import living_workers
from monitoring.journal.progress import lags
from monitoring.journal.stages import stage_names
from monitoring.live.capacity import capacity_limits
from monitoring.live.frame_builder import STAGE
from monitoring.live.process import process_figures
from monitoring.live.wiring import the_hub
from monitoring.messaging.wiring import the_cache, the_notifier
from monitoring.operations.reader import failing_jobs
from monitoring.people.pseudonym import pseudonym
from monitoring.people.store import opaque, plain
from monitoring.people.viewer import Viewer
from monitoring.security.log import security_events
from monitoring.stats.errors import Unclear
from monitoring.stats.metrics import SERIES
from monitoring.stats.series import MAX_POINTS, Span, series, span_of

MAX_LAG_SECONDS = 60.0
"""A stage with a longer lag makes the status `unwell`."""


def health() -> Health:
    ingest_app, hub = the_ingest_app(), the_hub()
    stages = lags(stage_names())
    late = [name for name, stage in stages.items() if stage.lag_seconds > MAX_LAG_SECONDS]
    failing = failing_jobs()
    return Health(
        status="unwell" if late or failing else "ok",
        head=journal.size(),
        stages=stages,
        jobs=failing,
        workers=len(living_workers()),
        ingest=ingest_app.figures(),
        live=Live(hub.subscribers, hub.sent, hub.dropped),
        bounds=capacity_limits(hub),
        messaging=Messaging(*astuple(the_notifier().figures()), cache=the_cache().figures()),
        process=process_figures(),
    )


def ready() -> list[str]:
    """Returns the problems, an empty list if there are none."""
    journal.size()
    return [
        f"stage {name} is {stage.lag_seconds:.0f} s behind"
        for name, stage in lags(stage_names()).items()
        if stage.lag_seconds > MAX_LAG_SECONDS
    ]


def security_list(viewer: Viewer, limit: int, before: str) -> SecurityEvents:
    """A page of security events, the newest first. Owners get opaque positions. Raises Unclear."""
    if before and not viewer.sees_all:
        before = plain(viewer.person, before) or ""
        if not before:
            raise Unclear("before: is not the `next` of a page; without it the list starts at the first page")
    rows = security_events(viewer, limit + 1, event_cursor(before) if before else None)
    page = rows[:limit]
    shown = [
        SecurityRow(
            position=row.key if viewer.sees_all else opaque(viewer.person, str(row.key)),
            at=instant(row.at),
            type=row.kind,
            name=row.name,
            outcome=row.outcome,
            reason=row.reason,
            person=None if row.person is None else pseudonym(row.person),
            session_id=row.session_id,
            details=row.details,
        )
        for row in page
    ]
    return SecurityEvents(shown, str(shown[-1].position) if len(rows) > limit else None)


LAST_SECOND = 253_402_300_799
"""The last second of the year 9999, s since 1970: RFC 3339 has no later one."""
SERIES_CACHE_SECONDS = 60.0
"""The seconds for which the points of a position are cached."""


def series_of(name: str, start: float, end: float, step: int) -> Encoded[Series]:
    """The points of one of SERIES between two times (s since 1970). Raises Unclear.

    `from` and `to` of the response are the period that was counted. `to` may be in the future, and the last point may
    cover less than a step.
    """
    span = span_of(SERIES[name], start, end, step)
    reached = checkpoints([STAGE])[STAGE]
    key = "series", name, *span, reached.position, reached.version
    return Encoded(the_cache().get_or_set(key, lambda: encode(_series(name, span)), SERIES_CACHE_SECONDS))


def _series(name: str, span: Span) -> Series:
    points = [Point(instant(start * 1_000_000), value) for start, value in series(SERIES[name], span)]
    return Series(
        name, instant(span.start * 1_000_000), instant(min(span.end, LAST_SECOND) * 1_000_000), span.step, points
    )


def health_series(name: str, start: float, end: float, step: int) -> Encoded[Series]:
    """The points of one of HEALTH_FIGURES. Raises Unclear."""
    retention = settings.STATISTICS_RETENTION_DAYS * DAY
    if step % MINUTE or (step % HOUR and time() - start > MINUTES_SECONDS + step):
        raise Unclear("step: use a multiple of 60 s, and of 3,600 s for figures older than 7 days")
    if time() - start > retention + step:
        raise Unclear(f"from: figures are kept for {settings.STATISTICS_RETENTION_DAYS} days")
    if (end - start) / step > MAX_POINTS:
        raise Unclear(f"step: more than {MAX_POINTS} points: use a longer step or a shorter time range")
    first, last = floor(start / step) * step, ceil(end / step) * step
    found = [(point.t, HEALTH_FIGURES[name](point)) for point in kept(first, last, step)]
    points = [Point(instant(t * 1_000_000), value) for t, value in found if value is not None]
    span = instant(first * 1_000_000), instant(min(last, LAST_SECOND) * 1_000_000)
    return Encoded(encode(Series(name, *span, step, points)))
