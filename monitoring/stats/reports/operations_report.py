"""The operations report from the rows of days and hours, and from the sessions that are open.

Work is bounded: one row a day, at most a week of hours of which four numbers are read, and open sessions up to MOST.
"""

from collections.abc import Iterator

from django.conf import settings
from django.db.models import F

from monitoring.stats import models, reader
from monitoring.stats.bucket import HOUR, SECOND
from monitoring.stats.figures import ACTIVE
from monitoring.stats.metrics import SESSIONS_ENDED, SESSIONS_STARTED
from monitoring.stats.reports.operations import HOURS, Created, Operations, Present, TooLong, ends, first_hour, report
from monitoring.stats.reports.usage import Window
from monitoring.stats.reports.usage_report import summed

MOST, SHOWN = 10_000, 20


def operations_report(days: int, now: float) -> Operations:
    """How sessions and operations went on the last `days` UTC days up to `now` (s since 1970)."""
    first = first_hour(Window(days, now).start, now)
    return report(days, now, summed(days, now).groups, _hours(first), _present(now))


def _hours(first: int) -> Iterator[Created]:
    rows = reader.buckets(HOUR, first, first + (HOURS + 1) * HOUR, of=(SESSIONS_STARTED, SESSIONS_ENDED))
    return (Created(row.start, SESSIONS_STARTED.sum(row.counts), ends(SESSIONS_ENDED.read(row.counts))) for row in rows)


def _present(now: float) -> Present:
    """Open sessions are found by the index of `open_at`: those that ended, however many, are not looked at. (SQLite
    takes it for a comparison only; `started` plus nothing keeps databases from looking for old beginnings first.)"""
    micros, limit = int(now * SECOND), settings.MAX_SESSION_DURATION
    opened = models.Session.objects.filter(open_at__gt=0)
    late = opened.annotate(began=F("started") + 0).filter(began__lt=micros - limit * SECOND)
    oldest = late.order_by("began", "key").values_list("session_id", flat=True)[:SHOWN]
    active = reader.count_active(micros - ACTIVE * SECOND, micros)
    return Present(active, opened[:MOST].count(), TooLong(limit, late[:MOST].count(), list(oldest)))
