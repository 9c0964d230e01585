"""The stage `stats`: folds a batch of entries and writes the rows that changed."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from django.conf import settings

from monitoring.events.ids import short
from monitoring.events.record import Record
from monitoring.events.vocabulary import TYPES
from monitoring.events.vocabulary import Message as MessageData
from monitoring.events.vocabulary import Vote as VoteData
from monitoring.journal.checkpoints import lock_stage
from monitoring.stats.bucket import DAY, keeps
from monitoring.stats.deltas import BucketDeltas
from monitoring.stats.fold import Fold, vote_name
from monitoring.stats.message import Message
from monitoring.stats.operation import Operation
from monitoring.stats.repository import (
    OrderKey,
    add_to_buckets,
    add_to_owner_days,
    clear,
    database_repository,
    insert_operations,
    load,
    prune_buckets,
    prune_owner_days,
    save,
    to_rows,
)
from monitoring.stats.session import PARTS, Session, part_of
from monitoring.stats.working_set import Vote, WorkingSet


class Stats:
    """A stage whose state is the rows of the statistics. The caller of `write()` holds the transaction."""

    name = "stats"
    types = frozenset(TYPES)
    parts = PARTS
    origins = False
    needs = frozenset[str]()

    def part_of(self, record: Record) -> int:
        """Returns the partition of the record's session; 0 without a session."""
        return part_of(short(record.data.session_id)) if record.data.session_id else 0

    def apply(self, batch: Sequence[Record], received: int) -> tuple[Callable[[], None], frozenset[int]]:
        """Count a batch, in the order of positions.

        Returns `(write, partitions)`: call `write()` inside the checkpoint's transaction. `received` is the time (µs)
        of the newest entry that has been read, of any partition.
        """
        working_set, deltas = _load(batch), BucketDeltas()
        parts_before = _parts_of(working_set)
        fold = Fold(working_set, deltas)
        for record in batch:
            fold.apply(record)
        write_rows = _row_writer(working_set, batch[0].position if batch else 0)
        write_buckets = _bucket_writer(deltas, received)

        def write() -> None:
            write_rows()
            lock_stage(self.name)
            write_buckets()

        return write, parts_before | _parts_of(working_set)

    def clear(self) -> None:
        """Delete all rows."""
        clear()


def _parts_of(working_set: WorkingSet) -> frozenset[int]:
    """Returns the partitions of the rows in the working set."""
    sessions = {part_of(session.digest) for session in working_set.sessions.values()}
    return frozenset(sessions | {message.part for message in working_set.messages.values()})


def _load(batch: Sequence[Record]) -> WorkingSet:
    repository = database_repository()
    working_set = WorkingSet(repository)
    for session in load(Session, _digests(record.data.session_id for record in batch)):
        working_set.add_session(session)
    for message in load(Message, _digests(getattr(record.data, "message_id", None) for record in batch)):
        working_set.add_message(message)
    votes = {vote_name(record.data, record.person) for record in batch if isinstance(record.data, VoteData)}
    working_set.votes = {vote.digest: vote for vote in load(Vote, map(short, votes))}
    known = {session.key: session for session in working_set.sessions.values()}
    elsewhere = {message.session for message in working_set.messages.values() if message.session} - known.keys()
    for session in load(Session, elsewhere, "key"):
        known[session.key] = working_set.add_session(session)
    repository.prefetch(
        set(_needed_neighbours(batch, working_set)), {key: session.message_count for key, session in known.items()}
    )
    return working_set


def _needed_neighbours(batch: Sequence[Record], working_set: WorkingSet) -> Iterator[OrderKey]:
    """Yields the keys whose neighbours will be looked up: of messages that do not come last in their session, and of
    messages that move."""
    ends = {session.key: (session.last_at or 0, session.last_id or "") for session in working_set.sessions.values()}
    for record in batch:
        if not isinstance(record.data, MessageData):
            continue
        session = working_set.sessions.get(short(record.data.session_id))
        message, key = working_set.messages.get(short(record.data.message_id)), (record.at, record.data.message_id)
        if message and message.role:
            if session and (message.role, message.session, message.at) == (record.data.role, session.key, record.at):
                continue
            yield message.session or 0, message.at or 0, message.message_id
        if session and session.message_count:
            if key <= ends[session.key]:
                yield session.key, *key
            ends[session.key] = max(ends[session.key], key)


def _digests(names: Iterable[str | None]) -> list[bytes]:
    return [short(name) for name in {*names} if name]


def _row_writer(working_set: WorkingSet, first: int) -> Callable[[], None]:
    """Returns a function that writes the changed rows: those whose position lies in the batch. The rows are encoded
    here, before any lock is held."""
    sessions = to_rows(Session, [row for row in working_set.sessions.values() if row.position >= first])
    messages = to_rows(Message, [row for row in working_set.messages.values() if row.position >= first])
    votes, operations = to_rows(Vote, working_set.votes.values()), to_rows(Operation, working_set.operations)

    def write_rows() -> None:
        """Sessions first (law 3)."""
        save(Session, sessions)
        save(Message, messages)
        save(Vote, votes)
        insert_operations(operations)

    return write_rows


def _bucket_writer(deltas: BucketDeltas, received: int) -> Callable[[], None]:
    """Returns a function that adds the deltas to buckets within their retention, and deletes older buckets. Age is
    measured from the newest entry (`received`, µs)."""
    retention = keeps(settings.STATISTICS_RETENTION_DAYS)
    horizon = {width: received // 1_000_000 - seconds for width, seconds in retention.items()}
    first_day = -(-horizon[DAY] // DAY)
    rows, owner_days = deltas.rows(horizon), deltas.owner_day_rows(first_day)

    def write_buckets() -> None:
        add_to_buckets(rows)
        for width, start in horizon.items():
            prune_buckets(width, start)
        add_to_owner_days(owner_days)
        prune_owner_days(first_day)

    return write_buckets
