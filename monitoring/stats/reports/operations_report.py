"""Reads the operations report from rows of days and hours, and from open sessions.

Work is bounded: one row for each step of the period, at most a week of hours of which four numbers are read, and
MAX_COUNTED_SESSIONS open sessions.
"""

from django.conf import settings
from django.db.models import F, QuerySet

from monitoring.stats import models, reader
from monitoring.stats.bucket import HOUR, SECOND
from monitoring.stats.figures import ACTIVE_SECONDS
from monitoring.stats.metrics import SESSIONS_ENDED, SESSIONS_STARTED
from monitoring.stats.reports import operations as calc
from monitoring.stats.reports.operations import Created, Operations, Present, TooLong
from monitoring.stats.reports.usage_report import summed
from monitoring.stats.window import Period

MAX_COUNTED_SESSIONS, MAX_LISTED_SESSIONS = 10_000, 20


def operations_report(period: Period, now: float) -> Operations:
    """Returns the report on a period, and the state at `now` (s since 1970)."""
    rows = reader.buckets(HOUR, calc.first_hour(period), period.until, of=(SESSIONS_STARTED, SESSIONS_ENDED))
    hours = (
        Created(row.start, SESSIONS_STARTED.sum(row.counts), calc.ends(SESSIONS_ENDED.read(row.counts))) for row in rows
    )
    return calc.report(period, summed(period).groups, hours, _present(now))


def _present(now: float) -> Present:
    """Reads open sessions by the index of `open_at`, so ended sessions, however many, are not read.

    SQLite uses that index for a comparison only. `started` plus 0 keeps databases from reading the index of `started`.
    """
    micros = int(now * SECOND)
    active = reader.count_active(micros - ACTIVE_SECONDS * SECOND, micros)
    return Present(active, _open()[:MAX_COUNTED_SESSIONS].count(), too_long(now))


def too_long(now: float) -> TooLong:
    """Returns the sessions that are open for longer than MAX_SESSION_DURATION; `now` in s since 1970."""
    limit = settings.MAX_SESSION_DURATION
    late = _open().annotate(began=F("started") + 0).filter(began__lt=int(now * SECOND) - limit * SECOND)
    oldest = late.order_by("began", "key").values_list("session_id", flat=True)[:MAX_LISTED_SESSIONS]
    return TooLong(limit, late[:MAX_COUNTED_SESSIONS].count(), list(oldest))


def _open() -> "QuerySet[models.Session]":
    return models.Session.objects.filter(open_at__gt=0)
