"""Our side of a check: sessions and messages page by page, where entries came from, what the last check found.

Nothing here locks: who writes goes on. Whether something moved while it was read, its position tells.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import fields
from itertools import groupby
from time import time

from django.db.models import Max, Min

from monitoring.db.process_token import is_process_gone, process_token
from monitoring.events.envelope import instant
from monitoring.events.ids import short
from monitoring.events.record import read_body
from monitoring.ingest.source_state import forget, is_alive, read_follower_status, recall, recall_all, remember
from monitoring.journal.models import Entry
from monitoring.journal.progress import lags
from monitoring.journal.store import size
from monitoring.operations.difference import ConsistencyReport, KeptReport
from monitoring.operations.failing_jobs import FailingJob, Failure
from monitoring.operations.recount import Recount, Row, Values, recount
from monitoring.recording.record import kept_id
from monitoring.stats import models
from monitoring.stats.repository import DERIVED, session_of
from monitoring.stats.session import Session

PAGE = 500
"""Sessions that are read at once."""
CHUNK = 2_000
REPORT, CHECK = "consistency", "consistency check"
"""Under which names a report is kept, and that the job that makes it fails."""
STAGE = "stats"
LATE = 5.0
"""Seconds by which a follower is late."""
_SESSION = [field.name for field in fields(Session)]


def keys_after(key: int) -> list[int]:
    """The keys of the next page of sessions."""
    return list(models.Session.objects.filter(key__gt=key).order_by("key").values_list("key", flat=True)[:PAGE])


def sessions(keys: Sequence[int]) -> list[Session]:
    """The sessions with these keys, in order; those that are still there."""
    rows = models.Session.objects.filter(key__gte=keys[0], key__lte=keys[-1]).order_by("key").values_list(*_SESSION)
    return [session_of(row) for row in rows]


def key_of(name: str) -> int | None:
    """The key of the session of this id."""
    return models.Session.objects.filter(digest=short(kept_id(name))).values_list("key", flat=True).first()


def name_of(key: int) -> str:
    """The id of a session, of which perhaps nothing else can be read."""
    return models.Session.objects.filter(key=key).values_list("session_id", flat=True).first() or f"#{key}"


def session_named(name: str) -> Session | None:
    """The session of this id; for a check, which shows nobody anything."""
    row = models.Session.objects.filter(digest=short(kept_id(name))).values_list(*_SESSION).first()
    return session_of(row) if row else None


def session_count() -> int:
    return models.Session.objects.count()


def recounts(first: int, last: int) -> dict[int, Recount]:
    """The messages of the sessions with keys from `first` to `last`, added up in order, by session."""
    rows = models.Message.objects.filter(session__gte=first, session__lte=last, at__isnull=False)
    found = rows.order_by("session", "at", "message_id").values_list(*Row._fields).iterator(chunk_size=CHUNK)
    return {key: recount(talk) for key, talk in groupby(map(Row._make, found), key=lambda row: row.session)}


def followed(keys: Sequence[int]) -> dict[int, Values]:
    """What is written with each session for who lists and searches, by column, with its position."""
    rows = models.Session.objects.filter(key__in=list(keys)).values("key", "position", *DERIVED[Session])
    return {row.pop("key"): row for row in rows}


def positions(keys: Sequence[int]) -> dict[int, int]:
    """Where each session stands now."""
    return dict(models.Session.objects.filter(key__in=list(keys)).values_list("key", "position"))


def known(names: Sequence[str]) -> set[str]:
    """Those of these session ids that are here."""
    digests = {short(kept_id(name)): name for name in names}
    found = models.Session.objects.filter(digest__in=list(digests)).values_list("digest", flat=True)
    return {digests[bytes(digest)] for digest in found}


def sources(sessions: Sequence[int]) -> dict[int, set[str]]:
    """Who first named each of these sessions, its first message and its latest."""
    spots: dict[int, set[int]] = {key: {key} for key in sessions}
    rows = models.Message.objects.filter(session__in=list(sessions)).values("session")
    for key, first, last in rows.annotate(a=Min("key"), b=Max("key")).values_list("session", "a", "b"):
        spots[key or 0] |= {first, last}
    senders = _senders({spot for some in spots.values() for spot in some})
    return {key: {senders[spot] for spot in some if spot in senders} for key, some in spots.items()}


def has_foreign(session: int, source: str) -> bool:
    """Whether a message of this session was first named by somebody else than `source`."""
    rows = models.Message.objects.filter(session=session, at__isnull=False).order_by("key")
    keys = rows.values_list("key", flat=True).iterator(chunk_size=CHUNK)
    return any(set(_senders(some).values()) - {source} for some in _chunks(keys))


def _senders(spots: set[int]) -> dict[int, str]:
    """The source of each of these entries, as far as retention has left them."""
    found: dict[int, str] = {}
    for some in _chunks(iter(spots)):
        rows = Entry.objects.filter(position__in=list(some)).values_list("position", "body")
        found |= {position: read_body(bytes(body)).source for position, body in rows}
    return found


def _chunks(spots: Iterator[int]) -> Iterator[set[int]]:
    held: set[int] = set()
    for spot in spots:
        held.add(spot)
        if len(held) >= CHUNK:
            yield held
            held = set()
    if held:
        yield held


def behind() -> bool:
    """Whether something may be on its way: the follower does not follow or is late, or not everything is counted."""
    if lags([STAGE])[STAGE].behind:
        return True
    found = read_follower_status()
    if found is None:
        return True
    status, at = found
    follows = status.phase == "polling" or (status.phase == "changes" and status.lag_seconds <= LATE)
    return not (follows and is_alive(at)) or bool(status.error)


def keep(report: ConsistencyReport) -> None:
    """Leave a report where pages find it. It is there before its `reached` is known, so that no frame of a later
    position lacks it."""
    remember(REPORT, KeptReport(report))
    remember(REPORT, KeptReport(report, size()))


JOB = "job "
"""How the names of the places begin in which processes leave that a job of theirs fails."""


def remember_job(name: str, error: str, holds: float) -> None:
    """Leave where pages find it that a job of this process fails, for `holds` seconds, or does not any more. Others may
    fail all the same; what those left that are gone is taken away."""
    mine, now = f"{JOB}{name} {process_token(os.getpid())}", int(time() * 1e6)
    left = _left()
    if error:
        since = left[mine].since if mine in left else now
        remember(mine, Failure(name, error, since, now, now + int(holds * 1e6)))
        return
    for place in recall_all(JOB, Failure):
        if place == mine or place not in left:
            forget(place)


def _left() -> dict[str, Failure]:
    """What processes left that may still be there, by place."""
    now = time() * 1e6
    found = recall_all(JOB, Failure).items()
    return {
        place: failure for place, failure in found if failure.until > now and not is_process_gone(place.split()[-1])
    }


def failing_jobs() -> list[FailingJob]:
    """The jobs that failed when a process did them last, each once, with its latest error."""
    since, errors = dict[str, int](), dict[str, str]()
    for failure in sorted(_left().values(), key=lambda failure: failure.at):
        since[failure.job] = min(failure.since, since.get(failure.job, failure.since))
        errors[failure.job] = failure.error
    return [FailingJob(name, error, instant(since[name])) for name, error in sorted(errors.items())]


def last_report() -> KeptReport | None:
    """What the last check of everything found; None before the first."""
    return recall(REPORT, KeptReport)
