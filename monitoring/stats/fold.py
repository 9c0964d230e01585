"""The statistics fold: entries change sessions, messages and buckets. Pure. Rows come from a WorkingSet and go back."""

from monitoring.events.ids import short
from monitoring.events.record import Record
from monitoring.events.vocabulary import Message as MessageData
from monitoring.events.vocabulary import Operation as OperationData
from monitoring.events.vocabulary import SessionEnded, SessionStarted, TokenUsage
from monitoring.events.vocabulary import Vote as VoteData
from monitoring.stats.deltas import BucketDeltas
from monitoring.stats.message import Message, outranked, take_state, take_usage
from monitoring.stats.metrics import ERRORS, SESSIONS_ENDED, SESSIONS_STARTED
from monitoring.stats.operation import count_operation, operation_of
from monitoring.stats.session import (
    Session,
    add_message,
    assign_owner,
    count_life,
    part_of,
    recount,
    recount_tokens,
    remove_message,
    tell,
)
from monitoring.stats.working_set import Vote, WorkingSet


def vote_name(data: VoteData, person: int | None) -> str:
    """What stands for one person's vote on one message of a session."""
    return f"{data.session_id}\0{data.message_id}\0{person}"


def _mark(row: Session | Message, record: Record) -> None:
    """Say that the row was changed by this entry. Parts are counted side by side: an earlier entry may come later."""
    if row.position < record.position:
        row.position = record.position


def _leave(session: Session, record: Record) -> None:
    """Say that something is not where it was told to be: who watches is told the whole."""
    session.left_position = max(session.left_position, record.position)


def _rank(at: int, silent: int | None, reason: str) -> tuple[int, bool, int, str]:
    return at if silent is None else silent, silent is None, at, reason


class Fold:
    """`apply` each record in the order of positions."""

    def __init__(self, shelf: WorkingSet, tally: BucketDeltas) -> None:
        self.shelf, self.tally = shelf, tally

    def apply(self, record: Record) -> None:
        self.tally.position = record.position
        match record.data:
            case MessageData() as data:
                self._message(record, data)
            case TokenUsage() as data:
                self._usage(record, data)
            case SessionStarted() as data:
                self._started(record, data)
            case SessionEnded() as data:
                self._ended(record, data)
            case VoteData() as data:
                self._vote(record, data)
            case OperationData() as data:
                self._operation(record, data)
            case _:
                return

    def _message(self, record: Record, data: MessageData) -> None:
        session = self._touched(data.session_id, record)
        part = part_of(session.digest)
        message = self.shelf.message(data.message_id, record.position, part)
        assign_owner(session, record.person, self.tally)
        _mark(message, record)
        if message.role:
            if outranked(message, data, record.position):
                return
            if (message.role, message.session, message.at) == (data.role, session.key, record.at):
                recount(session, message, self.tally, lambda: take_state(message, record, data, session.key, part))
                return
            self._remove(message, record, session)
        take_state(message, record, data, session.key, part)
        self._insert(session, message, record)

    def _insert(self, session: Session, message: Message, record: Record) -> None:
        began = session.started_at
        following = add_message(session, message, self.shelf, self.tally)
        self.shelf.place(message)
        self._changed(session, began, following, record)

    def _remove(self, message: Message, record: Record, following: Session) -> None:
        """Take it out of its place; it will stand in the session `following`, at the record's time."""
        session = self.shelf.session_of(message)
        _mark(session, record)
        if session is not following or record.at < (message.at or 0):
            _leave(session, record)
        began = session.started_at
        self.shelf.displace(message)
        behind = remove_message(session, message, self.shelf, self.tally)
        self._changed(session, began, behind, record)

    def _changed(self, session: Session, began: int | None, following: Message | None, record: Record) -> None:
        if following:
            _mark(following, record)
        if session.started_at != began:
            self._began(session, began)

    def _began(self, session: Session, was: int | None) -> None:
        """The session's beginning moved: it is counted there instead, and so is how long it lived."""
        now = session.started_at
        for began, sign in ((was, -1), (now, 1)):
            if began is not None:
                tell(session, self.tally, began, ((SESSIONS_STARTED.of(), sign),))
                count_life(session, began, self.tally, sign)

    def _usage(self, record: Record, data: TokenUsage) -> None:
        message = self.shelf.message(data.message_id, record.position, part_of(short(data.session_id)))
        _mark(message, record)
        if not message.role:
            take_usage(message, data)
            return
        session = self.shelf.session_of(message)
        _mark(session, record)
        recount_tokens(session, message, self.tally, lambda: take_usage(message, data))

    def _started(self, record: Record, data: SessionStarted) -> None:
        session = self._touched(data.session_id, record)
        began = session.started_at
        assign_owner(session, record.person, self.tally)
        if session.declared_at is None or record.at <= session.declared_at:
            session.declared_at = record.at
            session.session_type = data.session_type or session.session_type
        self._changed(session, began, None, record)

    def _ended(self, record: Record, data: SessionEnded) -> None:
        """Of several ends the latest holds; the clock's counts from the silence that it speaks of, so that whether it
        looked before or after a real end came makes no difference."""
        session = self._touched(data.session_id, record)
        if session.ended_at is not None:
            held = _rank(session.ended_at, session.detail.silent, session.end_reason or "")
            if _rank(record.at, record.silent, data.reason) <= held:
                return
            self._end(session, -1)
        session.ended_at, session.end_reason, session.detail.silent = record.at, data.reason, record.silent
        self._end(session, 1)

    def _end(self, session: Session, sign: int) -> None:
        at = session.ended_at or 0
        failed = ((ERRORS.of("session"), sign),) if session.end_reason == "error" else ()
        tell(session, self.tally, at, ((SESSIONS_ENDED.of(session.end_reason or ""), sign), *failed))
        if session.started_at is not None:
            count_life(session, session.started_at, self.tally, sign)

    def _vote(self, record: Record, data: VoteData) -> None:
        digest = short(vote_name(data, record.person))
        session = self._touched(data.session_id, record)
        held = self.shelf.votes.get(digest)
        if held is None:
            held = Vote(record.position, digest, session.key, "none", record.at, data.message_id)
            self.shelf.votes[digest] = held
        if record.at < held.at:
            return
        if held.value != "none":
            _leave(session, record)
        session.votes_up += (data.value == "up") - (held.value == "up")
        session.votes_down += (data.value == "down") - (held.value == "down")
        held.value, held.at = data.value, record.at

    def _operation(self, record: Record, data: OperationData) -> None:
        failed = data.outcome != "ok"
        count_operation(self.tally, record.at, data)
        if data.session_id:
            session = self._touched(data.session_id, record)
            session.failed_operations += failed
            self.shelf.operations.append(operation_of(record, data, session.key))

    def _touched(self, name: str, record: Record) -> Session:
        session = self.shelf.session(name, record.position)
        _mark(session, record)
        return session
