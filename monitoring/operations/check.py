"""The consistency check: compares every session with its messages, and with the chat application's database."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache, partial
from itertools import pairwise
from time import sleep
from typing import NamedTuple

from bson.errors import BSONError
from django.conf import settings
from msgspec import structs

from monitoring.db.errors import mongodb_errors, or_mongodb
from monitoring.events.redaction import is_stand_in
from monitoring.ingest.follow.address import OPTIONS, Unusable, database_of, describe_error
from monitoring.journal import store as journal
from monitoring.operations import reader
from monitoring.operations.application import FIGURES, Application, Document, changed
from monitoring.operations.causes import Evidence, is_recent, likely_cause
from monitoring.operations.difference import (
    Against,
    Cause,
    ConsistencyReport,
    Difference,
    Plain,
    ReportBuilder,
    plain,
    recalculated,
    same,
)
from monitoring.operations.recount import Recount, Values, summary_of
from monitoring.recording.record import kept_id
from monitoring.stats.figures import session_summary
from monitoring.stats.session import Session

MAX_READ_ATTEMPTS = 3
"""Times that a session is read again if it changed while it was read."""
RETRY_SECONDS = 0.02
"""Pause before each of these."""
MAX_CONSECUTIVE_FAILURES = 20
"""Consecutive sessions that fail, after which the check itself is taken to be faulty."""
log = logging.getLogger(__name__)
OnDifference = Callable[[Difference], None]
Continue = Callable[[int], bool]
"""Called between pages with the number of checked sessions. False ends the check."""


@contextmanager
def open_application() -> Iterator[tuple[Application | None, str]]:
    """Yields the chat application's database, if it is configured, and else None; and an error text."""
    if not settings.CHAT_MONGODB_URL:
        yield None, ""
        return
    from pymongo import MongoClient

    try:
        name = database_of(settings.CHAT_MONGODB_URL, settings.CHAT_MONGODB_DATABASE)
        client = MongoClient[Document](settings.CHAT_MONGODB_URL, **OPTIONS)  # connects on first use
    except Unusable as error:
        yield None, str(error)
    except mongodb_errors() as error:
        yield None, error_text(error)
    else:
        with client:
            yield Application(client[name]), ""


def error_text(error: Exception) -> str:
    return describe_error(error, settings.CHAT_MONGODB_URL)


class StableSnapshot(NamedTuple):
    """A session that did not change while it and its messages were read. `derived`: its columns for lists."""

    session: Session
    derived: Values
    recount: Recount


def _snapshot(session: Session, derived: Mapping[int, Values], recount: Recount) -> StableSnapshot | None:
    """Returns None if the session changed after it was read."""
    columns = derived.get(session.key)
    moved = columns is None or columns.pop("position") != session.position
    return None if columns is None or moved else StableSnapshot(session, columns, recount)


def stored_and_recounted(snapshot: StableSnapshot) -> tuple[Values, Values]:
    """Returns the figures of a session's row, and the same figures from its messages: the summary, then the sums, then
    the columns for lists."""
    session, derived, recount = snapshot
    sums, detail = recount.figures(), session.detail
    counts = {name: getattr(detail, name) for name in ("models", "hours", "gaps", "free")} | {"histogram": detail.waits}
    plain_sums = {name: getattr(session, name) for name in COMPARED_SUMS}
    ours = structs.asdict(session_summary(session)) | plain_sums | counts | {"asked_at": recount.asked_at_kept}
    first, last, numbers = recount.first, recount.last, recount.numbers
    from_messages = replace(  # what the columns for lists follow from, beside the fields that no message determines
        session,
        first_at=first.at if first else None,
        last_at=last.at if last else None,
        wait_sum=numbers["wait_sum"],
        responses=numbers["responses"],
        failed_messages=numbers["failed"],
        detail=structs.replace(detail, models=recount.models, waits=recount.waits),
    )
    return ours | derived, sums | structs.asdict(summary_of(recount)) | {
        name: getattr(from_messages, name) for name in derived
    }


COMPARED_SUMS = (
    "prompt_tokens", "completion_tokens", "failed_messages", "pending_messages", "responses", "wait_sum", "start_sum",
    "skewed_responses", "first_at", "last_id", "last_role", "last_wait", "last_done",
)  # fmt: skip


class CheckFailed(Exception):
    """Too many consecutive sessions failed, so the check itself is faulty."""


class Check:
    """A check to be run once, by `run()` or `one()`. `on_difference` is called with each difference. `application` may
    be None."""

    def __init__(
        self, application: Application | None, error: str, on_difference: OnDifference, go_on: Continue
    ) -> None:
        self._application, self._on_difference, self._go_on = application, on_difference, go_on
        self._builder = ReportBuilder(datetime.now(UTC), journal.size(), error=error)
        self._unreported: list[Difference] = []
        self._failures: Counter[str] = Counter()
        self._consecutive_failures = 0
        self.ended_early = False

    def run(self) -> ConsistencyReport:
        """Check all sessions. Raises CheckFailed."""
        key = 0
        while not self.ended_early and (keys := reader.keys_after(key)):
            self._check_page(keys, key)
            key = keys[-1]
            self.ended_early = not self._go_on(self._builder.sessions)
        if not self.ended_early:
            self._ownerless(reader.recounts(key + 1, self._builder.position))
            self._with_application(self._find_missing)
        self._report_differences()
        for fault, sessions in self._failures.items():
            log.warning("%d sessions cannot be checked: %s", sessions, fault)
        return self._builder.report(datetime.now(UTC))

    def one(self, name: str) -> ConsistencyReport | None:
        """Check one session. Returns None if it exists neither here nor in the application."""
        session = reader.key_of(name)
        if session:
            self._check_page([session], session - 1)
        elif self._application:
            self._with_application(lambda application: self._add_missing(application.stored([name])))
            self._report_differences()
        report = self._builder.report(datetime.now(UTC))
        return report if session or report.found or report.error else None

    def _check_page(self, keys: list[int], after: int) -> None:
        """Check the sessions with these keys, which are all that follow the key `after`. If that fails, each is checked
        by itself, so that one faulty row or document affects one session only. Raises CheckFailed."""
        before = deepcopy(self._builder)
        try:
            self._compare_page(reader.sessions(keys), after, keys[-1])
        except Exception as error:
            journal.size()  # raises if our own database is down: then no session can be checked
            self._builder, self._unreported = before, []
            if len(keys) > 1:
                for previous, key in pairwise([after, *keys]):
                    self._check_page([key], previous)
                return
            self._add_failure(keys[0], error)
        else:
            self._consecutive_failures = 0
        self._report_differences()

    def _add_failure(self, key: int, error: Exception) -> None:
        """Add a session that cannot be checked as a difference. The first of each type of error is logged with a
        traceback."""
        error_type = type(error).__name__
        self._failures[error_type] += 1
        self._consecutive_failures += 1
        if self._failures[error_type] == 1:
            log.error(
                "session #%d cannot be checked; further ones with this error are only counted", key, exc_info=error
            )
        if self._consecutive_failures >= MAX_CONSECUTIVE_FAILURES:
            raise CheckFailed(
                f"{MAX_CONSECUTIVE_FAILURES} sessions in a row cannot be checked, {error_type}: {error}"
            ) from error
        self._builder.sessions += 1
        name = reader.name_of(key)
        self._add([Difference(name, "row", error_type, None, Against.RECALCULATION, Cause.UNREADABLE)])

    def _compare_page(self, page: list[Session], after: int, last: int) -> None:
        """Compare the sessions of a page, which are all with keys in (`after`, `last`]."""
        behind = self._application is not None and reader.behind()
        snapshots = list(self._stable_snapshots(page, reader.recounts(after + 1, last)))
        self._builder.sessions += len(page)
        self._builder.moving += len(page) - len(snapshots)
        wrong_figures: dict[int, set[str]] = {}
        for one in snapshots:
            self._builder.messages += one.recount.numbers["message_count"]
            wrong = list(recalculated(one.session.session_id, *stored_and_recounted(one)))
            wrong_figures[one.session.key] = {difference.figure for difference in wrong}
            self._add(wrong)
        # The original id behind a stand-in is unknown.
        with_ids = [one.session for one in snapshots if not is_stand_in(one.session.session_id)]
        self._with_application(
            lambda application: self._compare_with_application(application, with_ids, wrong_figures, behind)
        )

    def _stable_snapshots(self, page: list[Session], recounts: dict[int, Recount]) -> Iterator[StableSnapshot]:
        """Yields sessions that did not change while they were read. Changed ones are read again."""
        derived = reader.derived_columns([session.key for session in page])
        for session in page:
            recount = recounts.pop(session.key, None) or Recount()
            if found := _snapshot(session, derived, recount) or self._read_again(session):
                yield found
        self._ownerless(recounts)

    def _ownerless(self, recounts: Mapping[int, Recount]) -> None:
        """Add messages without a session row as differences. Both are read again first, because they appear and
        disappear together."""
        for key in recounts:
            if reader.positions([key]):
                continue
            there = reader.recounts(key, key).get(key)
            if there and not reader.positions([key]):
                count = there.numbers["message_count"]
                self._add([Difference(f"#{key}", "message_count", None, count, Against.RECALCULATION, Cause.UNKNOWN)])

    def _read_again(self, session: Session) -> StableSnapshot | None:
        """Read a changed session by itself, which is fast. Returns None if it keeps changing, or was deleted."""
        for _ in range(MAX_READ_ATTEMPTS):
            sleep(RETRY_SECONDS)
            stored_session = reader.session_named(session.session_id)
            if stored_session is None:
                return None
            recount = reader.recounts(stored_session.key, stored_session.key).get(stored_session.key) or Recount()
            if found := _snapshot(stored_session, reader.derived_columns([stored_session.key]), recount):
                return found
        return None

    def _add(self, differences: Iterable[Difference]) -> None:
        for difference in differences:
            self._builder.add(difference)
            self._unreported.append(difference)

    def _report_differences(self) -> None:
        """Report the differences of a completed page."""
        for difference in self._unreported:
            self._on_difference(difference)
        self._unreported = []

    # --- against the application

    def _with_application(self, question: Callable[[Application], None]) -> None:
        """Call `question` with the application's database, unless it failed before. The comparison with messages
        continues without it."""
        if self._application is None:
            return
        try:
            question(self._application)
        except or_mongodb(BSONError, OverflowError) as error:
            self._application, self._builder.error = None, error_text(error)

    def _compare_with_application(
        self, application: Application, page: list[Session], wrong_figures: Mapping[int, set[str]], behind: bool
    ) -> None:
        stored = application.stored([session.session_id for session in page])
        there = [session for session in page if session.session_id in stored]
        self._builder.compared += len(there)
        wrong = [(session, found) for session in there if (found := differing(session, stored[session.session_id]))]
        counted = application.counted([session.session_id for session, _ in wrong]) if wrong else {}
        for session, found in wrong:
            name = session.session_id
            touched = changed(stored[name], {"touched": counted[name].touched})
            evidence = Evidence(
                session_summary(session), counted[name], wrong_figures[session.key],
                is_recent(touched, datetime.now(UTC)), behind,
                lru_cache(partial(application.averages, name)),
                lru_cache(partial(reader.has_foreign, session.key, application.source)),
            )  # fmt: skip
            for figure, theirs in found:
                cause = likely_cause(figure, theirs, evidence)
                ours = getattr(evidence.ours, figure)
                self._add([Difference(name, figure, ours, theirs, Against.APPLICATION, cause)])
        self._check_absent(
            application.source, [session for session in page if session.session_id not in stored], behind
        )

    def _check_absent(self, source: str, sessions: list[Session], behind: bool) -> None:
        """Check sessions that the application does not have. Sessions from other sources only are counted as
        `elsewhere`."""
        first_sources = reader.sources([session.key for session in sessions]) if sessions else {}
        for session in sessions:
            if source not in first_sources[session.key]:
                self._builder.elsewhere += 1
                continue
            closed = session.end_reason == "closed"
            cause = Cause.DELETED if closed else Cause.LATE if behind else Cause.NOT_THERE
            self._add([_session_difference(session.session_id, session.message_count, None, cause)])

    def _find_missing(self, application: Application) -> None:
        """Add sessions of the application that never arrived here."""
        for page in application.all():
            here = reader.known(list(page))
            self._add_missing({id: row for id, row in page.items() if id not in here})
            self.ended_early = not self._go_on(self._builder.sessions)
            if self.ended_early:
                return

    def _add_missing(self, rows: Mapping[str, Document]) -> None:
        behind = bool(rows) and reader.behind()
        for id, row in rows.items():
            late = behind or is_recent(changed(row), datetime.now(UTC))
            cause = Cause.LATE if late else Cause.MISSING
            self._add([_session_difference(kept_id(id), None, plain(row.get("message_count")) or 0, cause)])


def differing(session: Session, stored: Document) -> list[tuple[str, Plain]]:
    """Returns (figure, stored value) of the figures that the application stored and that differ from ours."""
    ours = session_summary(session)
    there = [(figure, plain(stored[figure])) for figure in FIGURES if figure in stored]
    return [(name, theirs) for name, theirs in there if not same(name, getattr(ours, name), theirs, ours.message_count)]


def _session_difference(name: str, ours: int | None, theirs: Plain, cause: Cause) -> Difference:
    return Difference(name, "message_count", ours, theirs, Against.APPLICATION, cause)
