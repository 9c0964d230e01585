"""Queries on the statistics: sessions that a viewer may see, and buckets."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from heapq import nlargest, nsmallest
from typing import NamedTuple

from django.db.models import Count, Max, Q

from monitoring.events.ids import short
from monitoring.people.access import visible_to
from monitoring.people.viewer import Viewer
from monitoring.recording.record import kept_id
from monitoring.stats import models
from monitoring.stats.bucket import DAY, HOUR, MAX_DAY, SECOND, BucketRow, Groups, owner_day_key
from monitoring.stats.message import Message
from monitoring.stats.metrics import ALL_WIDTH_METRICS, Metric, columns_of
from monitoring.stats.operation import Operation
from monitoring.stats.repository import MESSAGES, SESSIONS, VOTES, decode_groups
from monitoring.stats.session import Session
from monitoring.stats.window import MAX_HOURLY_SPAN
from monitoring.stats.working_set import Vote

SESSIONS_PER_QUERY = 500
"""Maximum number of sessions whose messages are counted in one query."""
MAX_BUSY_CANDIDATES = 20_000
"""Maximum number of sessions among which the most active ones are looked for."""
SLACK_SECONDS = 60
"""A live window of a day is this much longer at most, since its ends are rounded."""
MAX_OWNER_DAYS = 10_000
"""Maximum number of owner days that are read to find the largest share of a sum."""


def buckets(
    width: int, start: int, end: int | None = None, after: int | None = None, of: Iterable[Metric] = ALL_WIDTH_METRICS
) -> list[BucketRow]:
    """Returns the buckets of a width that start in [start, end), in order.

    They hold the counts of these metrics, and of others in the same columns. With `after`, only buckets that changed
    since that position.
    """
    return [row.decoded() for row in encoded_buckets(width, start, end, after, of)]


class StoredBucket(NamedTuple):
    """The encoded counts of one bucket; `start` in s since 1970."""

    start: int
    position: int
    columns: tuple[bytes, ...]

    def decoded(self) -> BucketRow:
        return BucketRow(self.start, self.position, decode_groups(self.columns))


def encoded_buckets(
    width: int, start: int, end: int | None = None, after: int | None = None, of: Iterable[Metric] = ALL_WIDTH_METRICS
) -> Iterator[StoredBucket]:
    """Yields the buckets as `buckets` returns them, with encoded counts."""
    rows = models.Bucket.objects.filter(width=width, start__gte=start)
    if after is not None:
        rows = rows.filter(position__gt=after)
    if end is not None:
        rows = rows.filter(start__lt=end)
    values = rows.order_by("start").values_list("start", "position", *columns_of(of))
    return (StoredBucket(begin, position, tuple(map(bytes, columns))) for begin, position, *columns in values)


def first_hour() -> int | None:
    """Returns the start of the oldest stored hour, s; None if there is none."""
    rows = models.Bucket.objects.filter(width=HOUR).order_by("start")
    return next(iter(rows.values_list("start", flat=True)[:1]), None)


def stored_buckets(width: int, start: int, end: int, columns: Iterable[str]) -> Iterator[tuple[int, tuple[bytes, ...]]]:
    """Yields (start, encoded columns) of the buckets of a width that start in [start, end), in order, for callers that
    cache results by the encoded bytes."""
    rows = models.Bucket.objects.filter(width=width, start__gte=start, start__lt=end).order_by("start")
    return ((begin, tuple(map(bytes, encoded))) for begin, *encoded in rows.values_list("start", *columns))


def last_change(start: int, end: int) -> int:
    """Returns the position of the last change in [start, end), s: of its hours, or of its days if it is long. 0 without
    any buckets."""
    width = HOUR if end - start <= MAX_HOURLY_SPAN else DAY
    rows = models.Bucket.objects.filter(width=width, start__gte=start - start % width, start__lt=end)
    return rows.aggregate(last=Max("position"))["last"] or 0


def changed_since(width: int, start: int, end: int, position: int) -> dict[int, int]:
    """Returns the position of the last change of the buckets of a width in [start, end) that changed after a position,
    by their start (s)."""
    rows = models.Bucket.objects.filter(width=width, start__gte=start, start__lt=end, position__gt=position)
    return dict(rows.values_list("start", "position"))


def owner_days(person: int, first_day: int, last_day: int, of: Iterable[Metric]) -> list[BucketRow]:
    """Returns a person's counts on the days [first_day, last_day] (since 1970 UTC), in order."""
    first, last = max(0, first_day), min(MAX_DAY, last_day)
    if first > last:
        return []  # the keys of other days are those of other persons
    keys = owner_day_key(person, first), owner_day_key(person, last)
    rows = models.OwnerDay.objects.filter(key__gte=keys[0], key__lte=keys[1], person=person).order_by("key")
    values = rows.values_list("day", "position", *columns_of(of))
    return [BucketRow(day * DAY, position, decode_groups(columns)) for day, position, *columns in values]


def sums_by_person(
    first_day: int, last_day: int, of: Iterable[Metric], sums: Callable[[Groups], Mapping[str, int]]
) -> dict[str, dict[int, int]]:
    """Returns each person's part of each sum on the days [first_day, last_day] (since 1970 UTC). `sums` computes the
    sums of one owner day from the metrics `of`.

    Reads at most MAX_OWNER_DAYS owner days. Returns {} if there are more, because the largest part may lie on a day
    that was not read.
    """
    by_sum: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    rows = models.OwnerDay.objects.filter(day__gte=first_day, day__lte=last_day).order_by("day", "person")
    days = rows.values_list("person", *columns_of(of))[: MAX_OWNER_DAYS + 1].iterator()
    for number, (person, *columns) in enumerate(days):
        if number == MAX_OWNER_DAYS:
            return {}
        for name, amount in sums(decode_groups(columns)).items():
            by_sum[name][person] += amount
    return by_sum


def silent_sessions(before: int, limit: int) -> list[tuple[str, int]]:
    """Returns (id, time of the last activity in µs) of open sessions without activity since `before`, the longest
    silent first."""
    rows = models.Session.objects.filter(open_at__lt=before).order_by("open_at", "key")
    return [(name, at or 0) for name, at in rows.values_list("session_id", "open_at")[:limit]]


def has_session_beside(prefix: str) -> bool:
    """Returns whether there is a session whose id does not begin with a prefix. Reads all sessions if there is none."""
    return models.Session.objects.exclude(session_id__startswith=prefix).exists()


def votes(session: int, limit: int) -> list[Vote]:
    """Returns the newest votes in a session that are in force, in order of time."""
    rows = models.Vote.objects.filter(session=session).exclude(value="none").order_by("-at", "-key")
    return VOTES.read(rows[:limit])[::-1]


def operations(session: int, limit: int) -> list[Operation]:
    """Returns the newest operations of a session, in order of time."""
    rows = models.Operation.objects.filter(session=session).order_by("-at", "-key")
    return [Operation(*row) for row in reversed(rows.values_list(*Operation.__struct_fields__)[:limit])]


def find_session(viewer: Viewer, name: str) -> Session | None:
    """Returns the session with this id if the viewer may see it."""
    rows = visible_to(viewer, models.Session.objects.filter(digest=short(kept_id(name))))
    return next(iter(SESSIONS.read(rows[:1])), None)


def owners_of(names: Collection[str]) -> dict[str, int | None]:
    """Returns the owners of the existing sessions with these ids, in one query. The caller must decide what each viewer
    may see (`Viewer.may_see`)."""
    if not names:
        return {}
    digests = {name: short(kept_id(name)) for name in names}
    rows = models.Session.objects.filter(digest__in=set(digests.values())).values_list("digest", "person")
    persons = {bytes(digest): person for digest, person in rows}
    return {name: persons[digest] for name, digest in digests.items() if digest in persons}


def moved_since(position: int) -> Iterator[tuple[str, int | None, int]]:
    """Yields (id, person, position of the last change) of the sessions that changed after a position, in order of
    position."""
    rows = models.Session.objects.filter(position__gt=position).order_by("position")
    return rows.values_list("session_id", "person", "position").iterator()


def sessions(viewer: Viewer, limit: int, before: tuple[int, int] | None = None) -> list[Session]:
    """Returns the sessions that this viewer may see, the latest message first.

    `before` is (last_at, key) of the last session of the previous page. Sessions without a message are left out.
    """
    rows = visible_to(viewer, models.Session.objects.filter(last_at__isnull=False))
    if before:
        rows = rows.filter(Q(last_at__lt=before[0]) | Q(last_at=before[0], key__lt=before[1]))
    return SESSIONS.read(rows.order_by("-last_at", "-key")[:limit])


def busiest(since: int, until: int, limit: int) -> list[tuple[int, int]]:
    """Returns (key, its messages in [since, until], µs) of the sessions with most messages in that time, the most
    first.

    Four numbers are read of each session with messages around that time, of at most MAX_BUSY_CANDIDATES: in a time of
    up to a day, of those with the newest messages; in a longer one, of those with most messages.
    So frequent callers should cache the result. Messages are counted, by index, only for sessions that also have
    messages outside that time, and only while such a session can still be among the first: SESSIONS_PER_QUERY sessions
    in a query, those with most messages in total first. Usually this takes two queries.
    """
    counts, partial = dict[int, int](), list[tuple[int, int]]()
    order = "-last_at" if until - since <= (DAY + SLACK_SECONDS) * SECOND else "-message_count"
    around = models.Session.objects.filter(last_at__gte=since, first_at__lte=until).order_by(order)
    candidates = around.values_list("message_count", "key", "first_at", "last_at")[:MAX_BUSY_CANDIDATES]
    for count, key, first, last in candidates:
        if (first or 0) >= since and (last or 0) <= until:
            counts[key] = count
        else:
            partial.append((count, key))
    partial.sort(reverse=True)
    for start in range(0, len(partial), SESSIONS_PER_QUERY):
        chunk = partial[start : start + SESSIONS_PER_QUERY]
        if len(counts) >= limit and nlargest(limit, counts.values())[-1] > chunk[0][0]:
            break
        messages = models.Message.objects.filter(session__in=[key for _, key in chunk], at__gte=since, at__lte=until)
        counts |= dict(messages.order_by().values_list("session").annotate(messages=Count("at")))
    keys = nsmallest(limit, counts, key=lambda key: (-counts[key], key))
    return [(key, counts[key]) for key in keys]


def sessions_of(keys: Collection[int]) -> dict[int, Session]:
    """Returns the existing sessions with these keys, without a check of access: for viewers who may see all."""
    return {session.key: session for session in SESSIONS.read(models.Session.objects.filter(key__in=keys))}


def count_active(since: int, until: int) -> int:
    """Returns the number of sessions whose last message lies in [since, until] (µs) and that have not ended after
    it."""
    recent = models.Session.objects.filter(last_at__gte=since, last_at__lte=until)
    return recent.filter(open_at__isnull=False).count()


def messages(session: int, limit: int, before: tuple[int, str] | None = None) -> list[Message]:
    """Returns the newest messages of a session, in order of time. `before` is (at, message_id) of the first message of
    the previous page."""
    rows = models.Message.objects.filter(session=session, at__isnull=False)
    if before:
        rows = rows.filter(Q(at__lt=before[0]) | Q(at=before[0], message_id__lt=before[1]))
    return MESSAGES.read(rows.order_by("-at", "-message_id")[:limit])[::-1]
