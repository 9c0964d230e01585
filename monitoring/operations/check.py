"""A check of everything: every session against its messages, and against what the chat application stored."""

import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache, partial
from itertools import pairwise
from time import sleep
from typing import TYPE_CHECKING, Any, NamedTuple

from bson.errors import BSONError
from django.conf import settings
from msgspec.structs import asdict

from monitoring.db.errors import mongodb_errors, or_mongodb
from monitoring.events.redaction import is_stand_in
from monitoring.ingest.follow.address import OPTIONS, Unusable, database_of, describe_error
from monitoring.journal import store as journal
from monitoring.operations import reader
from monitoring.operations.application import FIGURES, Application, changed
from monitoring.operations.causes import Evidence, is_recent, likely
from monitoring.operations.difference import (
    Against,
    Cause,
    ConsistencyReport,
    Difference,
    Tally,
    plain,
    recalculated,
    same,
)
from monitoring.operations.recount import Recount, Values, eight
from monitoring.recording.record import kept_id
from monitoring.stats.figures import session_summary
from monitoring.stats.session import Session

if TYPE_CHECKING:
    from pymongo import MongoClient

TRIES = 3
"""Times that a session is read again which changed while it was read."""
REST = 0.02
"""Seconds before it is."""
MOST_IN_A_ROW = 20
"""Sessions that cannot be checked one after the other, after which it is the check that is odd, and not they."""
log = logging.getLogger(__name__)
Say = Callable[[Difference], None]
GoOn = Callable[[int], bool]
"""Told how many sessions are checked, between pages; False to end."""


def opened(url: str) -> "MongoClient[dict[str, Any]]":
    """A client, connected when it is first asked."""
    from pymongo import MongoClient

    return MongoClient(url, **OPTIONS)


@contextmanager
def the_application() -> Iterator[tuple[Application | None, str]]:
    """The chat application's database, where one is set; or a sentence why it cannot be asked."""
    if not settings.CHAT_MONGODB_URL:
        yield None, ""
        return
    try:
        name = database_of(settings.CHAT_MONGODB_URL, settings.CHAT_MONGODB_DATABASE)
        client = opened(settings.CHAT_MONGODB_URL)
    except Unusable as error:
        yield None, str(error)
    except mongodb_errors() as error:
        yield None, told(error)
    else:
        with client:
            yield Application(client[name]), ""


def told(error: Exception) -> str:
    return describe_error(error, settings.CHAT_MONGODB_URL)


class Settled(NamedTuple):
    """A session that stood still while it and its messages were read. `followed`: its columns for lists."""

    session: Session
    followed: Values
    recount: Recount


def _stood_still(session: Session, followed: Mapping[int, Values], recount: Recount) -> Settled | None:
    """None where it moved after it was read."""
    columns = followed.get(session.key)
    moved = columns is None or columns.pop("position") != session.position
    return None if columns is None or moved else Settled(session, columns, recount)


def kept_figures(settled: Settled) -> tuple[Values, Values]:
    """The figures of a session's row, and the same by its messages: the eight as they are shown, then the sums, then
    what lists are sorted and searched by."""
    session, followed, recount = settled
    sums, detail = recount.figures(), session.detail
    counts = {name: getattr(detail, name) for name in ("models", "hours", "gaps", "free")} | {"histogram": detail.waits}
    plain_sums = {name: getattr(session, name) for name in SUMS}
    ours = asdict(session_summary(session)) | plain_sums | counts | {"asked_at": recount.asked_at_kept}
    by_messages: dict[str, Any] = {name: sums[name] for name in FOLLOWED_FROM}  # each of its own field's type
    told = replace(session, **by_messages, detail=replace(detail, models=recount.models))
    return ours | followed, sums | asdict(eight(recount)) | {name: getattr(told, name) for name in followed}


FOLLOWED_FROM = ("first_at", "last_at", "wait_sum", "responses", "failed_messages")
"""Sums from which, with the models and what no message says, the columns for lists follow."""
SUMS = (
    "prompt_tokens", "completion_tokens", "failed_messages", "pending_messages", "responses", "wait_sum", "start_sum",
    "skewed_responses", "first_at", "last_id", "last_role", "last_wait", "last_done",
)  # fmt: skip


class Hopeless(Exception):
    """So many sessions in a row cannot be checked that the check itself fails."""


class Check:
    """`run()` once. `application` may be None; `say` hears each difference."""

    def __init__(self, application: Application | None, error: str, say: Say, go_on: GoOn) -> None:
        self._application, self._say, self._go_on = application, say, go_on
        self._tally = Tally(datetime.now(UTC), journal.size(), error=error)
        self._waiting: list[Difference] = []
        self._unread: Counter[str] = Counter()
        self._in_a_row = 0
        self.ended_early = False

    def run(self) -> ConsistencyReport:
        """Everything."""
        key = 0
        while not self.ended_early and (keys := reader.keys_after(key)):
            self._page(keys, key)
            key = keys[-1]
            self._rest()
        if not self.ended_early:
            self._ownerless(reader.recounts(key + 1, self._tally.position))
            self._ask(self._missing)
        self._tell()
        for fault, sessions in self._unread.items():
            log.warning("%d sessions cannot be checked: %s", sessions, fault)
        return self._tally.report(datetime.now(UTC))

    def one(self, name: str) -> ConsistencyReport | None:
        """One session; None when nobody knows it."""
        session = reader.key_of(name)
        if session:
            self._page([session], session - 1)
        elif self._application:
            self._ask(lambda application: self._not_here(application.stored([name]).values()))
            self._tell()
        report = self._tally.report(datetime.now(UTC))
        return report if session or report.found or report.error else None

    def _page(self, keys: list[int], after: int) -> None:
        """Check some sessions, all that there are behind the key `after`; where that fails each by itself, so that one
        odd row or document costs one session. Hopeless where it fails for all."""
        before = deepcopy(self._tally)
        try:
            self._check(reader.sessions(keys), after, keys[-1])
        except Exception as error:
            journal.size()  # raises where our own database is gone: then nothing can be checked
            self._tally, self._waiting = before, []
            if len(keys) > 1:
                for previous, key in pairwise([after, *keys]):
                    self._page([key], previous)
                return
            self._unreadable(keys[0], error)
        else:
            self._in_a_row = 0
        self._tell()

    def _unreadable(self, key: int, error: Exception) -> None:
        """A session that cannot be checked: a difference, with a traceback for the first of each kind of fault."""
        said = type(error).__name__
        self._unread[said] += 1
        self._in_a_row += 1
        if self._unread[said] == 1:
            log.error("session #%d cannot be checked; others like it are counted", key, exc_info=error)
        if self._in_a_row >= MOST_IN_A_ROW:
            raise Hopeless(f"{MOST_IN_A_ROW} sessions in a row cannot be checked, {said}: {error}") from error
        self._tally.sessions += 1
        name = reader.name_of(key)
        self._found([Difference(name, "row", said, None, Against.RECALCULATION, Cause.UNREADABLE)])

    def _rest(self) -> None:
        self.ended_early = not self._go_on(self._tally.sessions)

    def _check(self, page: list[Session], after: int, last: int) -> None:
        """A page of sessions: all that there are behind the key `after`, up to `last`."""
        behind = self._application is not None and reader.behind()
        settled = list(self._settled(page, reader.recounts(after + 1, last)))
        self._tally.sessions += len(page)
        self._tally.moving += len(page) - len(settled)
        bent: dict[int, set[str]] = {}
        for one in settled:
            self._tally.messages += one.recount.numbers["message_count"]
            wrong = list(recalculated(one.session.session_id, *kept_figures(one)))
            bent[one.session.key] = {difference.figure for difference in wrong}
            self._found(wrong)
        held = [one.session for one in settled if not is_stand_in(one.session.session_id)]  # of these nobody has the id
        self._ask(lambda application: self._against(application, held, bent, behind))

    def _settled(self, page: list[Session], recounts: dict[int, Recount]) -> Iterator[Settled]:
        """Sessions that stood still; those that moved are read again."""
        followed = reader.followed([session.key for session in page])
        for session in page:
            recount = recounts.pop(session.key, None) or Recount()
            if found := _stood_still(session, followed, recount) or self._again(session):
                yield found
        self._ownerless(recounts)

    def _ownerless(self, recounts: Mapping[int, Recount]) -> None:
        """Messages whose session has no row: looked for again, for both come and go together."""
        for key in recounts:
            if reader.positions([key]):
                continue
            there = reader.recounts(key, key).get(key)
            if there and not reader.positions([key]):
                count = there.numbers["message_count"]
                self._found([Difference(f"#{key}", "message_count", None, count, Against.RECALCULATION, Cause.UNKNOWN)])

    def _again(self, session: Session) -> Settled | None:
        """One that moved, read alone, which is quick. None when it does not stand still, or is gone."""
        for _ in range(TRIES):
            sleep(REST)
            held = reader.session_named(session.session_id)
            if held is None:
                return None
            recount = reader.recounts(held.key, held.key).get(held.key) or Recount()
            if found := _stood_still(held, reader.followed([held.key]), recount):
                return found
        return None

    def _found(self, differences: Iterable[Difference]) -> None:
        for difference in differences:
            self._tally.add(difference)
            self._waiting.append(difference)

    def _tell(self) -> None:
        """Say what is certain."""
        for difference in self._waiting:
            self._say(difference)
        self._waiting = []

    # --- against the application

    def _ask(self, question: Callable[[Application], None]) -> None:
        """Ask the application's database, until it fails once: the own check goes on without."""
        if self._application is None:
            return
        try:
            question(self._application)
        except or_mongodb(BSONError, OverflowError) as error:
            self._application, self._tally.error = None, told(error)

    def _against(
        self, application: Application, page: list[Session], bent: Mapping[int, set[str]], behind: bool
    ) -> None:
        stored = application.stored([session.session_id for session in page])
        there = [session for session in page if session.session_id in stored]
        self._tally.compared += len(there)
        wrong = [(session, found) for session in there if (found := differing(session, stored[session.session_id]))]
        counted = application.counted([session.session_id for session, _ in wrong]) if wrong else {}
        for session, found in wrong:
            name = session.session_id
            touched = changed(stored[name], {"touched": counted[name].touched})
            evidence = Evidence(
                session_summary(session), counted[name], bent[session.key],
                is_recent(touched, datetime.now(UTC)), behind,
                lru_cache(partial(application.averages, name)),
                lru_cache(partial(reader.has_foreign, session.key, application.source)),
            )  # fmt: skip
            self._found(_explained(name, found, evidence))
        self._gone(application.source, [session for session in page if session.session_id not in stored], behind)

    def _gone(self, source: str, sessions: list[Session], behind: bool) -> None:
        """Sessions that the application does not have. Those that only came from elsewhere are none of its business."""
        senders = reader.sources([session.key for session in sessions]) if sessions else {}
        for session in sessions:
            if source not in senders[session.key]:
                self._tally.elsewhere += 1
                continue
            closed = session.end_reason == "closed"
            cause = Cause.DELETED if closed else Cause.LATE if behind else Cause.NOT_THERE
            self._found([_whole(session.session_id, session.message_count, None, cause)])

    def _missing(self, application: Application) -> None:
        """Sessions of the application that never arrived here."""
        for page in application.all():
            here = reader.known([row["id"] for row in page])
            self._not_here([row for row in page if row["id"] not in here])
            self._rest()
            if self.ended_early:
                return

    def _not_here(self, rows: Collection[Mapping[str, Any]]) -> None:
        behind = bool(rows) and reader.behind()
        for row in rows:
            late = behind or is_recent(changed(row), datetime.now(UTC))
            cause = Cause.LATE if late else Cause.MISSING
            self._found([_whole(kept_id(row["id"]), None, plain(row.get("message_count")) or 0, cause)])


def differing(session: Session, stored: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Figures that the application stored, and that are not ours, with its value."""
    ours = session_summary(session)
    there = [(figure, plain(stored[figure])) for figure in FIGURES if figure in stored]
    return [(name, theirs) for name, theirs in there if not same(name, getattr(ours, name), theirs, ours.message_count)]


def _explained(name: str, found: list[tuple[str, Any]], evidence: Evidence) -> Iterator[Difference]:
    for figure, theirs in found:
        cause = likely(figure, theirs, evidence)
        yield Difference(name, figure, getattr(evidence.ours, figure), theirs, Against.APPLICATION, cause)


def _whole(name: str, ours: int | None, theirs: Any, cause: Cause) -> Difference:
    return Difference(name, "message_count", ours, theirs, Against.APPLICATION, cause)
