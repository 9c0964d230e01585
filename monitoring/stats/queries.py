"""Reading the statistics: sessions through the gate, buckets as they are."""

from collections.abc import Iterable, Iterator
from dataclasses import fields

from django.db.models import F, Q

from monitoring.people.queries import visible_to
from monitoring.people.viewer import Viewer
from monitoring.stats import models, store
from monitoring.stats.message import Message
from monitoring.stats.session import Session
from monitoring.stats.shelf import short
from monitoring.stats.tally import BucketRow

_SESSION = [field.name for field in fields(Session)]
_MESSAGE = [field.name for field in fields(Message)]


def buckets(width: int, start: int, end: int | None = None) -> list[BucketRow]:
    """The buckets of a width that begin in [start, end), in order."""
    rows = models.Bucket.objects.filter(width=width, start__gte=start)
    if end is not None:
        rows = rows.filter(start__lt=end)
    found = rows.order_by("start").values_list("start", "position", "counts")
    return [BucketRow(start, position, store.decode_counts(counts)) for start, position, counts in found]


def find_session(viewer: Viewer, name: str) -> Session | None:
    """The session of this id, if this viewer may see it."""
    rows = visible_to(viewer, models.Session.objects.filter(digest=short(name)))
    return next(_sessions(rows.values_list(*_SESSION)[:1]), None)


def sessions(viewer: Viewer, limit: int, before: tuple[int, int] | None = None) -> list[Session]:
    """The sessions that this viewer may see, the latest message first; `before` is (last_at, key) of the last one seen.

    Sessions without a message are left out.
    """
    rows = visible_to(viewer, models.Session.objects.filter(last_at__isnull=False))
    if before:
        rows = rows.filter(Q(last_at__lt=before[0]) | Q(last_at=before[0], key__lt=before[1]))
    return list(_sessions(rows.order_by("-last_at", "-key").values_list(*_SESSION)[:limit]))


def busiest(since: int, until: int, limit: int, among: int = 200) -> list[Session]:
    """Of the sessions that spoke last (in [since, until], µs) those with the most messages."""
    rows = (
        models.Session.objects.filter(last_at__gte=since, last_at__lte=until)
        .order_by("-last_at")
        .values_list(*_SESSION)[:among]
    )
    return sorted(_sessions(rows), key=lambda session: (-session.message_count, session.key))[:limit]


def count_active(since: int, until: int) -> int:
    """Sessions whose last message lies in [since, until] (µs) and that did not end after it."""
    recent = models.Session.objects.filter(last_at__gte=since, last_at__lte=until)
    return recent.filter(Q(ended_at__isnull=True) | Q(ended_at__lt=F("last_at"))).count()


def messages(session: int, limit: int, before: tuple[int, str] | None = None) -> list[Message]:
    """The newest messages of a session, in order of time; `before` is (at, message_id) of the first one seen."""
    rows = models.Message.objects.filter(session=session, at__isnull=False)
    if before:
        rows = rows.filter(Q(at__lt=before[0]) | Q(at=before[0], message_id__lt=before[1]))
    newest = rows.order_by("-at", "-message_id").values_list(*_MESSAGE)[:limit]
    return [Message(*row) for row in reversed(newest)]


def _sessions(rows: Iterable[tuple[object, ...]]) -> Iterator[Session]:
    return (store.session_of(row) for row in rows)
