"""Reads the operations report from rows of days and hours, and from open sessions.

Work is bounded: one row for each day, at most a week of hours of which four numbers are read, and MAX_COUNTED_SESSIONS
open sessions.
"""

from collections.abc import Iterator

from django.conf import settings
from django.db.models import F

from monitoring.stats import models, reader
from monitoring.stats.bucket import HOUR, SECOND
from monitoring.stats.figures import ACTIVE_SECONDS
from monitoring.stats.metrics import SESSIONS_ENDED, SESSIONS_STARTED
from monitoring.stats.reports.operations import (
    MAX_HOURS,
    Created,
    Operations,
    Present,
    TooLong,
    ends,
    first_hour,
    report,
)
from monitoring.stats.reports.usage import Window
from monitoring.stats.reports.usage_report import summed

MAX_COUNTED_SESSIONS, MAX_LISTED_SESSIONS = 10_000, 20


def operations_report(days: int, now: float) -> Operations:
    """Returns the report on the last `days` UTC days up to `now` (s since 1970)."""
    first = first_hour(Window(days, now).start, now)
    return report(days, now, summed(days, now).groups, _hours(first), _present(now))


def _hours(first: int) -> Iterator[Created]:
    rows = reader.buckets(HOUR, first, first + (MAX_HOURS + 1) * HOUR, of=(SESSIONS_STARTED, SESSIONS_ENDED))
    return (Created(row.start, SESSIONS_STARTED.sum(row.counts), ends(SESSIONS_ENDED.read(row.counts))) for row in rows)


def _present(now: float) -> Present:
    """Reads open sessions by the index of `open_at`, so ended sessions, however many, are not read.

    SQLite uses that index for a comparison only. `started` plus 0 keeps databases from reading the index of `started`.
    """
    micros, limit = int(now * SECOND), settings.MAX_SESSION_DURATION
    open_sessions = models.Session.objects.filter(open_at__gt=0)
    too_long = open_sessions.annotate(began=F("started") + 0).filter(began__lt=micros - limit * SECOND)
    oldest = too_long.order_by("began", "key").values_list("session_id", flat=True)[:MAX_LISTED_SESSIONS]
    active = reader.count_active(micros - ACTIVE_SECONDS * SECOND, micros)
    return Present(
        active,
        open_sessions[:MAX_COUNTED_SESSIONS].count(),
        TooLong(limit, too_long[:MAX_COUNTED_SESSIONS].count(), list(oldest)),
    )
