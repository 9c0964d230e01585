"""The stage `stats`: a batch of entries in, changed rows out."""

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
    add_to_personal,
    clear,
    database_repository,
    keep_operations,
    load,
    prune_buckets,
    prune_personal,
    save,
    written,
)
from monitoring.stats.session import PARTS, Session, part_of
from monitoring.stats.working_set import Vote, WorkingSet


class Stats:
    """A fold like every stage. Whoever writes what it gives holds the transaction."""

    name = "stats"
    types = frozenset(TYPES)
    parts = PARTS
    origins = False
    needs = frozenset[str]()

    def part_of(self, record: Record) -> int:
        """Sessions are divided; what belongs to none is the first part's."""
        return part_of(short(record.data.session_id)) if record.data.session_id else 0

    def apply(self, batch: Sequence[Record], received: int) -> tuple[Callable[[], None], frozenset[int]]:
        """Count a batch, in the order of positions; what is returned writes the rows, and these are the parts that
        they belong to. `received` is the time of the newest entry that has been read, also of other parts."""
        working_set, deltas = _loaded(batch), BucketDeltas()
        theirs = _parts(working_set)
        fold = Fold(working_set, deltas)
        for record in batch:
            fold.apply(record)
        keep, count = _kept(working_set, batch[0].position if batch else 0), _counted(deltas, received)

        def write() -> None:
            keep()
            lock_stage(self.name)
            count()

        return write, theirs | _parts(working_set)

    def clear(self) -> None:
        """Forget everything, to begin again."""
        clear()


def _parts(working_set: WorkingSet) -> frozenset[int]:
    """Whose rows these are."""
    sessions = {part_of(session.digest) for session in working_set.sessions.values()}
    return frozenset(sessions | {message.part for message in working_set.messages.values()})


def _loaded(batch: Sequence[Record]) -> WorkingSet:
    far = database_repository()
    working_set = WorkingSet(far)
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
    far.prefetch(set(_late(batch, working_set)), {key: session.message_count for key, session in known.items()})
    return working_set


def _late(batch: Sequence[Record], working_set: WorkingSet) -> Iterator[OrderKey]:
    """Where neighbours will be needed: places that are not behind all that came before, and those that are left."""
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


def _kept(working_set: WorkingSet, first: int) -> Callable[[], None]:
    """Writes what was touched: its position lies in the batch. Rows are made here, before anybody holds a lock."""
    sessions = written(Session, [row for row in working_set.sessions.values() if row.position >= first])
    messages = written(Message, [row for row in working_set.messages.values() if row.position >= first])
    votes, operations = written(Vote, working_set.votes.values()), written(Operation, working_set.operations)

    def keep() -> None:
        """Sessions first (law 3)."""
        save(Session, sessions)
        save(Message, messages)
        save(Vote, votes)
        keep_operations(operations)

    return keep


def _counted(deltas: BucketDeltas, received: int) -> Callable[[], None]:
    """Adds to the buckets that are young enough, by the time of the newest entry, and forgets those that are not."""
    keep = keeps(settings.STATISTICS_RETENTION_DAYS)
    horizon = {width: received // 1_000_000 - seconds for width, seconds in keep.items()}
    first_day = -(-horizon[DAY] // DAY)
    rows, personal = deltas.rows(horizon), deltas.personal_rows(first_day)

    def count() -> None:
        add_to_buckets(rows)
        for width, start in horizon.items():
            prune_buckets(width, start)
        add_to_personal(personal)
        prune_personal(first_day)

    return count
