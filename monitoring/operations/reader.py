"""Reads our side of a check: sessions and messages in pages, sources of entries; stores reports and failing jobs.

Nothing here locks rows, so writers continue. A changed position shows that a row changed while it was read.
"""

import os
from collections.abc import Iterator, Sequence
from itertools import groupby, islice
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
from monitoring.stats.repository import SESSIONS
from monitoring.stats.session import Session

PAGE_SESSIONS = 500
"""Sessions read in one query."""
CHUNK_ROWS = 2_000
MAX_COUNTED_SESSIONS = 100_000
REPORT, CHECK = "consistency", "consistency check"
"""Key of the stored report, and name of the job that makes it."""
STAGE = "stats"
MAX_LAG_SECONDS = 5.0
"""Lag above which the follower counts as behind."""


def keys_after(key: int) -> list[int]:
    """Returns the keys of the next page of sessions."""
    return list(
        models.Session.objects.filter(key__gt=key).order_by("key").values_list("key", flat=True)[:PAGE_SESSIONS]
    )


def sessions(keys: Sequence[int]) -> list[Session]:
    """Returns the existing sessions with these keys, in order."""
    return SESSIONS.read(models.Session.objects.filter(key__gte=keys[0], key__lte=keys[-1]).order_by("key"))


def key_of(name: str) -> int | None:
    return models.Session.objects.filter(digest=short(kept_id(name))).values_list("key", flat=True).first()


def name_of(key: int) -> str:
    """Returns the id of a session whose other columns may be unreadable."""
    return models.Session.objects.filter(key=key).values_list("session_id", flat=True).first() or f"#{key}"


def session_named(name: str) -> Session | None:
    """Returns the session with this id, without a check of access."""
    return next(iter(SESSIONS.read(models.Session.objects.filter(digest=short(kept_id(name))))), None)


def session_count() -> int:
    return models.Session.objects.count()


def sessions_after(position: int) -> int:
    """Returns the number of sessions that were first named after a position, at most MAX_COUNTED_SESSIONS."""
    return models.Session.objects.filter(key__gt=position).order_by()[:MAX_COUNTED_SESSIONS].count()


def recounts(first: int, last: int) -> dict[int, Recount]:
    """Returns sums over the messages, in order, of the sessions with keys from `first` to `last`, by session key."""
    rows = models.Message.objects.filter(session__gte=first, session__lte=last, at__isnull=False)
    found = rows.order_by("session", "at", "message_id").values_list(*Row._fields).iterator(chunk_size=CHUNK_ROWS)
    return {key: recount(messages) for key, messages in groupby(map(Row._make, found), key=lambda row: row.session)}


def derived_columns(keys: Sequence[int]) -> dict[int, Values]:
    """Returns the derived columns and the position of each session."""
    rows = models.Session.objects.filter(key__in=list(keys)).values("key", "position", *SESSIONS.derived)
    return {row.pop("key"): row for row in rows}


def positions(keys: Sequence[int]) -> dict[int, int]:
    return dict(models.Session.objects.filter(key__in=list(keys)).values_list("key", "position"))


def known(names: Sequence[str]) -> set[str]:
    """Returns those of these session ids that exist here."""
    digests = {short(kept_id(name)): name for name in names}
    found = models.Session.objects.filter(digest__in=list(digests)).values_list("digest", flat=True)
    return {digests[bytes(digest)] for digest in found}


def sources(sessions: Sequence[int]) -> dict[int, set[str]]:
    """Returns the sources of each session's entry, of its first message and of its latest."""
    entries: dict[int, set[int]] = {key: {key} for key in sessions}
    rows = models.Message.objects.filter(session__in=list(sessions)).values("session")
    for key, first, last in rows.annotate(a=Min("key"), b=Max("key")).values_list("session", "a", "b"):
        entries[key or 0] |= {first, last}
    by_entry = _sources_of({position for positions in entries.values() for position in positions})
    return {key: {by_entry[entry] for entry in of_session if entry in by_entry} for key, of_session in entries.items()}


def has_foreign(session: int, source: str) -> bool:
    """True if a message of this session came from another source than `source`."""
    rows = models.Message.objects.filter(session=session, at__isnull=False).order_by("key")
    keys = rows.values_list("key", flat=True).iterator(chunk_size=CHUNK_ROWS)
    return any(set(_sources_of(chunk).values()) - {source} for chunk in _chunks(keys))


def _sources_of(positions: set[int]) -> dict[int, str]:
    """Returns the source of each of these entries that retention has left."""
    found: dict[int, str] = {}
    for chunk in _chunks(iter(positions)):
        rows = Entry.objects.filter(position__in=list(chunk)).values_list("position", "body")
        found |= {position: read_body(bytes(body)).source for position, body in rows}
    return found


def _chunks(positions: Iterator[int]) -> Iterator[set[int]]:
    return iter(lambda: set(islice(positions, CHUNK_ROWS)), set())


def behind() -> bool:
    """True if entries may be missing or uncounted: the follower is not running or lags, or the statistics are
    behind."""
    if lags([STAGE])[STAGE].behind:
        return True
    found = read_follower_status()
    if found is None:
        return True
    status, at = found
    follows = status.phase == "polling" or (status.phase == "changes" and status.lag_seconds <= MAX_LAG_SECONDS)
    return not (follows and is_alive(at)) or bool(status.error)


def save_report(report: ConsistencyReport) -> None:
    """Store a report for the pages. It is stored before its `reached` is known, so that every frame of a later position
    includes it."""
    remember(REPORT, KeptReport(report))
    remember(REPORT, KeptReport(report, size()))


JOB_PREFIX = "job "
"""Prefix of the keys under which processes store failing jobs."""


def remember_job(name: str, error: str, holds: float) -> None:
    """Store for `holds` seconds that a job of this process fails, or, without an error, that it does not fail any more.
    Entries of other running processes stay; those of ended processes are deleted."""
    mine, now = f"{JOB_PREFIX}{name} {process_token(os.getpid())}", int(time() * 1e6)
    current = _current_failures()
    if error:
        since = current[mine].since if mine in current else now
        remember(mine, Failure(name, error, since, now, now + int(holds * 1e6)))
        return
    for key in recall_all(JOB_PREFIX, Failure):
        if key == mine or key not in current:
            forget(key)


def _current_failures() -> dict[str, Failure]:
    """Returns the stored failures of processes that may still be running, by key."""
    now = time() * 1e6
    found = recall_all(JOB_PREFIX, Failure).items()
    return {key: failure for key, failure in found if failure.until > now and not is_process_gone(key.split()[-1])}


def failing_jobs() -> list[FailingJob]:
    """Returns the jobs whose last run failed in a process, each once, with its latest error."""
    since, errors = dict[str, int](), dict[str, str]()
    for failure in sorted(_current_failures().values(), key=lambda failure: failure.at):
        since[failure.job] = min(failure.since, since.get(failure.job, failure.since))
        errors[failure.job] = failure.error
    return [FailingJob(name, error, instant(since[name])) for name, error in sorted(errors.items())]


def last_report() -> KeptReport | None:
    """Returns the report of the last full check; None before the first."""
    return recall(REPORT, KeptReport)
