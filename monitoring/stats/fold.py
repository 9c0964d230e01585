"""The statistics fold: applies journal entries to sessions, messages and time buckets. Pure."""

from monitoring.events.ids import short
from monitoring.events.record import Record
from monitoring.events.vocabulary import Message as MessageData
from monitoring.events.vocabulary import Operation as OperationData
from monitoring.events.vocabulary import SessionEnded, SessionStarted, TokenUsage
from monitoring.events.vocabulary import Vote as VoteData
from monitoring.stats.deltas import BucketDeltas
from monitoring.stats.message import Message, outranks, take_state, take_usage
from monitoring.stats.metrics import ERRORS, SESSIONS_ENDED, SESSIONS_STARTED
from monitoring.stats.operation import count_operation, operation_of
from monitoring.stats.session import (
    Session,
    add_message,
    assign_owner,
    count,
    count_lifetime,
    part_of,
    recount,
    recount_tokens,
    remove_message,
)
from monitoring.stats.working_set import Vote, WorkingSet


def vote_name(data: VoteData, person: int | None) -> str:
    """Returns the text whose digest identifies one person's vote on one message of a session."""
    return f"{data.session_id}\0{data.message_id}\0{person}"


def _mark(row: Session | Message, record: Record) -> None:
    """Set the row's position to the record's, unless it is later already: partitions are counted in parallel, so an
    earlier entry may be counted after a later one."""
    if row.position < record.position:
        row.position = record.position


def _mark_left(session: Session, record: Record) -> None:
    """Record that something moved within the session, or out of it, so that subscribers get the whole session, not a
    change."""
    session.left_position = max(session.left_position, record.position)


def _end_rank(at: int, silent: int | None, reason: str) -> tuple[int, bool, int, str]:
    """Order of ends: time of the end, or the beginning of the silence for a timeout; at the same time a timeout ranks
    below a reported end."""
    return at if silent is None else silent, silent is None, at, reason


class Fold:
    """Applies records, in the order of their positions, to a working set and to bucket deltas."""

    def __init__(self, working_set: WorkingSet, deltas: BucketDeltas) -> None:
        self.working_set, self.deltas = working_set, deltas

    def apply(self, record: Record) -> None:
        self.deltas.position = record.position
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
        session = self._session_of(data.session_id, record)
        partition = part_of(session.digest)
        message = self.working_set.message(data.message_id, record.position, partition)
        assign_owner(session, record.person, self.deltas)
        _mark(message, record)
        if message.role:
            if outranks(message, data, record.position):
                return
            if (message.role, message.session, message.at) == (data.role, session.key, record.at):
                recount(session, message, self.deltas, lambda: take_state(message, record, data, session.key))
                return
            self._remove(message, record, session)
        message.partition = partition
        take_state(message, record, data, session.key)
        old_start = session.started_at
        following = add_message(session, message, self.working_set, self.deltas)
        self.working_set.insert_in_order(message)
        self._mark_changes(session, old_start, following, record)

    def _remove(self, message: Message, record: Record, following: Session) -> None:
        """Remove the message from its present session and time; it will be inserted in the session `following`, at the
        record's time."""
        session = self.working_set.session_of(message)
        _mark(session, record)
        if session is not following or record.at < (message.at or 0):
            _mark_left(session, record)
        old_start = session.started_at
        self.working_set.remove_from_order(message)
        behind = remove_message(session, message, self.working_set, self.deltas)
        self._mark_changes(session, old_start, behind, record)

    def _mark_changes(self, session: Session, old_start: int | None, following: Message | None, record: Record) -> None:
        """Mark the message whose response time changed, and move the session's start and lifetime in the buckets."""
        if following:
            _mark(following, record)
        if session.started_at != old_start:
            for start, sign in ((old_start, -1), (session.started_at, 1)):
                if start is not None:
                    count(session, self.deltas, start, ((SESSIONS_STARTED.of(), sign),))
                    count_lifetime(session, start, self.deltas, sign)

    def _usage(self, record: Record, data: TokenUsage) -> None:
        message = self.working_set.message(data.message_id, record.position, part_of(short(data.session_id)))
        _mark(message, record)
        if not message.role:
            take_usage(message, data)
            return
        session = self.working_set.session_of(message)
        _mark(session, record)
        recount_tokens(session, message, self.deltas, lambda: take_usage(message, data))

    def _started(self, record: Record, data: SessionStarted) -> None:
        session = self._session_of(data.session_id, record)
        old_start = session.started_at
        assign_owner(session, record.person, self.deltas)
        if session.declared_at is None or record.at <= session.declared_at:
            session.declared_at = record.at
            session.session_type = data.session_type or session.session_type
        self._mark_changes(session, old_start, None, record)

    def _ended(self, record: Record, data: SessionEnded) -> None:
        """Keep the latest end of a session.

        The end by timeout ranks by the beginning of its silence, so it makes no difference whether the timeout ran
        before or after a reported end arrived.
        """
        session = self._session_of(data.session_id, record)
        if session.ended_at is not None:
            stored = _end_rank(session.ended_at, session.detail.silent, session.end_reason or "")
            if _end_rank(record.at, record.silent, data.reason) <= stored:
                return
            self._end(session, -1)
        session.ended_at, session.end_reason, session.detail.silent = record.at, data.reason, record.silent
        self._end(session, 1)

    def _end(self, session: Session, sign: int) -> None:
        at = session.ended_at or 0
        failed = ((ERRORS.of("session"), sign),) if session.end_reason == "error" else ()
        count(session, self.deltas, at, ((SESSIONS_ENDED.of(session.end_reason or ""), sign), *failed))
        if session.started_at is not None:
            count_lifetime(session, session.started_at, self.deltas, sign)

    def _vote(self, record: Record, data: VoteData) -> None:
        digest = short(vote_name(data, record.person))
        session = self._session_of(data.session_id, record)
        vote = self.working_set.votes.get(digest)
        if vote is None:
            vote = Vote(record.position, digest, session.key, "none", record.at, data.message_id)
            self.working_set.votes[digest] = vote
        if record.at < vote.at:
            return
        if vote.value != "none":
            _mark_left(session, record)
        session.votes_up += (data.value == "up") - (vote.value == "up")
        session.votes_down += (data.value == "down") - (vote.value == "down")
        vote.value, vote.at = data.value, record.at

    def _operation(self, record: Record, data: OperationData) -> None:
        count_operation(self.deltas, record.at, data)
        if data.session_id:
            session = self._session_of(data.session_id, record)
            session.failed_operations += data.outcome != "ok"
            self.working_set.operations.append(operation_of(record, data, session.key))

    def _session_of(self, name: str, record: Record) -> Session:
        session = self.working_set.session(name, record.position)
        _mark(session, record)
        return session
