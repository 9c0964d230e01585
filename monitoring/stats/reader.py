"""Reading the statistics: sessions through the gate, buckets as they are."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import fields
from heapq import nlargest, nsmallest

from django.db.models import Count, Q

from monitoring.events.ids import short
from monitoring.people.access import visible_to
from monitoring.people.viewer import Viewer
from monitoring.recording.record import kept_id
from monitoring.stats import models, repository
from monitoring.stats.bucket import BucketRow, Groups, PersonalRow, personal_key
from monitoring.stats.message import Message
from monitoring.stats.metrics import ALL_WIDTH_METRICS, Metric, columns_of
from monitoring.stats.operation import Operation
from monitoring.stats.session import Session
from monitoring.stats.working_set import Vote

_SESSION = [field.name for field in fields(Session)]
_MESSAGE = [field.name for field in fields(Message)]
_VOTE = [field.name for field in fields(Vote)]
_OPERATION = [field.name for field in fields(Operation)]
AT_ONCE = 500
"""Sessions whose messages are counted in one question."""
SCANNED = 10_000
"""Days of one person each that are looked through for who made most of a sum."""


def buckets(
    width: int, start: int, end: int | None = None, after: int | None = None, of: Iterable[Metric] = ALL_WIDTH_METRICS
) -> list[BucketRow]:
    """The buckets of a width that begin in [start, end), in order, with the counts `of` these metrics (and others that
    stand beside them); with `after`, only those that changed since that position."""
    rows = models.Bucket.objects.filter(width=width, start__gte=start)
    if after is not None:
        rows = rows.filter(position__gt=after)
    if end is not None:
        rows = rows.filter(start__lt=end)
    found = rows.order_by("start").values_list("start", "position", *columns_of(of))
    return [BucketRow(start, position, repository.decode_groups(columns)) for start, position, *columns in found]


def stored_buckets(width: int, start: int, end: int, columns: Iterable[str]) -> Iterator[tuple[int, tuple[bytes, ...]]]:
    """(start, these columns as they are stored) of the buckets of a width that begin in [start, end), in order: for who
    keeps what was made of the same bytes."""
    rows = models.Bucket.objects.filter(width=width, start__gte=start, start__lt=end).order_by("start")
    return ((begin, tuple(map(bytes, found))) for begin, *found in rows.values_list("start", *columns))


def personal(person: int, first_day: int, last_day: int, of: Iterable[Metric]) -> list[PersonalRow]:
    """What was counted in a person's sessions on the days [first_day, last_day] (since 1970 UTC), in order."""
    keys = personal_key(person, first_day), personal_key(person, last_day)
    rows = models.Personal.objects.filter(key__gte=keys[0], key__lte=keys[1]).order_by("key")
    found = rows.values_list("day", "position", *columns_of(of))
    return [PersonalRow(day, position, repository.decode_groups(columns)) for day, position, *columns in found]


def made_by_people(
    first_day: int, last_day: int, of: Iterable[Metric], sums: Callable[[Groups], Mapping[str, int]]
) -> dict[str, dict[int, int]]:
    """How much of each sum each person made on the days [first_day, last_day] (since 1970 UTC); `sums` are those of one
    person's day, made `of` these metrics.

    At most SCANNED days of one person each are read. Where there are more, nothing is known of anybody: who made most
    of a sum may have made it on the days that were left out.
    """
    found: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    rows = models.Personal.objects.filter(day__gte=first_day, day__lte=last_day).order_by("day", "person")
    days = rows.values_list("person", *columns_of(of))[: SCANNED + 1].iterator()
    for number, (person, *columns) in enumerate(days):
        if number == SCANNED:
            return {}
        for name, amount in sums(repository.decode_groups(columns)).items():
            found[name][person] += amount
    return found


def silent_sessions(before: int, limit: int) -> list[tuple[str, int]]:
    """(id, last sign of life in µs) of open sessions that have been silent since before then, the longest first."""
    rows = models.Session.objects.filter(open_at__lt=before).order_by("open_at", "key")
    return [(name, at or 0) for name, at in rows.values_list("session_id", "open_at")[:limit]]


def votes(session: int, limit: int) -> list[Vote]:
    """The newest votes in a session that stand, in order of time."""
    rows = models.Vote.objects.filter(session=session).exclude(value="none").order_by("-at", "-key")
    return [Vote(*row) for row in reversed(rows.values_list(*_VOTE)[:limit])]


def operations(session: int, limit: int) -> list[Operation]:
    """The newest operations that were done for a session, in order of time."""
    rows = models.Operation.objects.filter(session=session).order_by("-at", "-key")
    return [Operation(*row) for row in reversed(rows.values_list(*_OPERATION)[:limit])]


def find_session(viewer: Viewer, name: str) -> Session | None:
    """The session of this id, if this viewer may see it."""
    rows = visible_to(viewer, models.Session.objects.filter(digest=short(kept_id(name))))
    return next(_sessions(rows.values_list(*_SESSION)[:1]), None)


def owners_of(names: Collection[str]) -> dict[str, int | None]:
    """Whose the sessions of these ids are, of those that are there; in one question for hundreds. For who decides what
    many viewers may see (`Viewer.may_see`)."""
    if not names:
        return {}
    known = {short(kept_id(name)): name for name in names}
    rows = models.Session.objects.filter(digest__in=list(known)).values_list("digest", "person")
    return {known[bytes(digest)]: person for digest, person in rows}


def moved_since(position: int) -> Iterator[tuple[str, int | None, int]]:
    """(id, person, position of the last change) of the sessions that changed after a position, in order of it."""
    rows = models.Session.objects.filter(position__gt=position).order_by("position")
    return rows.values_list("session_id", "person", "position").iterator()


def sessions(viewer: Viewer, limit: int, before: tuple[int, int] | None = None) -> list[Session]:
    """The sessions that this viewer may see, the latest message first; `before` is (last_at, key) of the last one seen.

    Sessions without a message are left out.
    """
    rows = visible_to(viewer, models.Session.objects.filter(last_at__isnull=False))
    if before:
        rows = rows.filter(Q(last_at__lt=before[0]) | Q(last_at=before[0], key__lt=before[1]))
    return list(_sessions(rows.order_by("-last_at", "-key").values_list(*_SESSION)[:limit]))


def busiest(since: int, until: int, limit: int) -> list[tuple[int, int]]:
    """(key, its messages in [since, until], µs) of the sessions with the most of them, the most first.

    Work grows with the sessions that have a message since then, of each of which four numbers are read, however many
    they are: who asks often keeps the answer. Messages are counted, by index, only of sessions that
    have others outside that time too, and only while they can still be among the first: AT_ONCE sessions a question,
    those with the most messages in all first. Two questions as a rule.
    """
    counts, partly = dict[int, int](), list[tuple[int, int]]()
    spoke = models.Session.objects.filter(last_at__gte=since).values_list("message_count", "key", "first_at", "last_at")
    for count, key, first, last in spoke:
        if (first or 0) >= since and (last or 0) <= until:
            counts[key] = count
        else:
            partly.append((count, key))
    partly.sort(reverse=True)
    for start in range(0, len(partly), AT_ONCE):
        some = partly[start : start + AT_ONCE]
        if len(counts) >= limit and nlargest(limit, counts.values())[-1] > some[0][0]:
            break
        counts |= _messages_between([key for _, key in some], since, until)
    first_ones = nsmallest(limit, counts, key=lambda key: (-counts[key], key))
    return [(key, counts[key]) for key in first_ones]


def sessions_of(keys: Collection[int]) -> dict[int, Session]:
    """Those of some keys that are there. For who sees all of them."""
    rows = models.Session.objects.filter(key__in=keys).values_list(*_SESSION)
    return {session.key: session for session in _sessions(rows)}


def _messages_between(sessions: Collection[int], since: int, until: int) -> dict[int, int]:
    """How many messages these sessions (keys) have in [since, until]; those without any are left out."""
    rows = models.Message.objects.filter(session__in=sessions, at__gte=since, at__lte=until)
    return dict(rows.order_by().values_list("session").annotate(messages=Count("at")))


def count_active(since: int, until: int) -> int:
    """Sessions whose last message lies in [since, until] (µs) and that did not end after it."""
    recent = models.Session.objects.filter(last_at__gte=since, last_at__lte=until)
    return recent.filter(open_at__isnull=False).count()


def messages(session: int, limit: int, before: tuple[int, str] | None = None) -> list[Message]:
    """The newest messages of a session, in order of time; `before` is (at, message_id) of the first one seen."""
    rows = models.Message.objects.filter(session=session, at__isnull=False)
    if before:
        rows = rows.filter(Q(at__lt=before[0]) | Q(at=before[0], message_id__lt=before[1]))
    newest = rows.order_by("-at", "-message_id").values_list(*_MESSAGE)[:limit]
    return [Message(*row) for row in reversed(newest)]


def _sessions(rows: Iterable[tuple[object, ...]]) -> Iterator[Session]:
    return (repository.session_of(row) for row in rows)
