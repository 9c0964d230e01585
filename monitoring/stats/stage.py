"""The stage `stats`: folds a batch of entries and writes the rows that changed."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from django.conf import settings
from msgspec.structs import astuple

from monitoring.events.ids import short
from monitoring.events.record import Record
from monitoring.events.vocabulary import TYPES
from monitoring.events.vocabulary import Message as MessageData
from monitoring.events.vocabulary import Vote as VoteData
from monitoring.journal.leases import lock
from monitoring.stats import repository
from monitoring.stats.bucket import DAY, SECOND, keeps
from monitoring.stats.deltas import BucketDeltas
from monitoring.stats.fold import Fold, vote_name
from monitoring.stats.repository import MESSAGES, SESSIONS, VOTES, DatabaseRepository, OrderKey
from monitoring.stats.session import PARTS, part_of
from monitoring.stats.working_set import WorkingSet


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

        Returns `(write, partitions)`: call `write()` inside the checkpoint's transaction. The changed rows are encoded
        before it. `received` is the time (µs) of the newest entry that has been read, of any partition: the
        age of buckets is measured from it.
        """
        working_set, deltas = _load(batch), BucketDeltas()
        parts_before = _parts_of(working_set)
        fold = Fold(working_set, deltas)
        for record in batch:
            fold.apply(record)
        first = batch[0].position if batch else 0
        sessions = SESSIONS.encode(row for row in working_set.sessions.values() if row.position >= first)
        messages = MESSAGES.encode(row for row in working_set.messages.values() if row.position >= first)
        votes, operations = VOTES.encode(working_set.votes.values()), list(map(astuple, working_set.operations))
        retention = keeps(settings.STATISTICS_RETENTION_DAYS)
        horizon = {width: received // SECOND - seconds for width, seconds in retention.items()}
        first_day = -(-horizon[DAY] // DAY)
        buckets, owner_days = deltas.rows(horizon), deltas.owner_day_rows(first_day)

        def write() -> None:
            SESSIONS.save(sessions)  # before messages (law 3)
            MESSAGES.save(messages)
            VOTES.save(votes)
            repository.insert_operations(operations)
            lock(self.name)
            repository.add_to_buckets(buckets)
            repository.add_to_owner_days(owner_days)
            repository.prune(horizon, first_day)

        return write, parts_before | _parts_of(working_set)

    def clear(self) -> None:
        """Delete all rows."""
        repository.clear()


def _parts_of(working_set: WorkingSet) -> frozenset[int]:
    """Returns the partitions of the rows in the working set."""
    sessions = {part_of(session.digest) for session in working_set.sessions.values()}
    return frozenset(sessions | {message.partition for message in working_set.messages.values()})


def _load(batch: Sequence[Record]) -> WorkingSet:
    database = DatabaseRepository()
    working_set = WorkingSet(database)
    for session in SESSIONS.load(_digests(record.data.session_id for record in batch)):
        working_set.add_session(session)
    for message in MESSAGES.load(_digests(getattr(record.data, "message_id", None) for record in batch)):
        working_set.add_message(message)
    votes = {vote_name(record.data, record.person) for record in batch if isinstance(record.data, VoteData)}
    working_set.votes = {vote.digest: vote for vote in VOTES.load(map(short, votes))}
    sizes = {session.key: session.message_count for session in working_set.sessions.values()}
    elsewhere = {message.session for message in working_set.messages.values() if message.session} - sizes.keys()
    for session in SESSIONS.load(elsewhere, "key"):
        sizes[session.key] = working_set.add_session(session).message_count
    database.prefetch(set(_needed_neighbours(batch, working_set)), sizes)
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
