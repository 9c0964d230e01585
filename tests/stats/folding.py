"""The fold over rows kept in dictionaries: what the database does between batches, without one."""

from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from typing import Any

from monitoring.events.ids import short
from monitoring.events.record import Record
from monitoring.stats.bucket import Counts, add
from monitoring.stats.deltas import BucketDeltas
from monitoring.stats.fold import Fold
from monitoring.stats.message import Message, MessageOrder
from monitoring.stats.operation import Operation
from monitoring.stats.session import Session
from monitoring.stats.working_set import Vote, WorkingSet


@dataclass
class Kept:
    """Rows by digest as they were saved last; a Repository that sees only these."""

    sessions: dict[bytes, Session] = field(default_factory=dict)
    messages: dict[bytes, Message] = field(default_factory=dict)
    votes: dict[bytes, Vote] = field(default_factory=dict)
    buckets: dict[tuple[int, int], tuple[int, dict[str, Counts]]] = field(default_factory=dict)
    owner_days: dict[tuple[int, int], tuple[int, dict[str, Counts]]] = field(default_factory=dict)
    operations: dict[int, Operation] = field(default_factory=dict)

    def before(self, session: int, at: int, id: str) -> tuple[bytes, MessageOrder] | None:
        found = max(self.beside(session, lambda key: key < (at, id)), key=in_order, default=None)
        return (found.digest, found.order) if found else None

    def after(self, session: int, at: int, id: str) -> Message | None:
        return deepcopy(min(self.beside(session, lambda key: key > (at, id)), key=in_order, default=None))

    def beside(self, session: int, fits: Any) -> list[Message]:
        there = [row for row in self.messages.values() if row.session == session and row.at is not None]
        return [row for row in there if fits(in_order(row))]

    def session(self, key: int) -> Session:
        return deepcopy(next(row for row in self.sessions.values() if row.key == key))

    def apply(self, batch: Sequence[Record]) -> None:
        """As the feed does: load what the batch names, fold, keep what was touched."""
        working_set, deltas = WorkingSet(self), BucketDeltas()
        for row in named(self.sessions, (record.data.session_id for record in batch)):
            working_set.add_session(row)
        for row in named(self.messages, (getattr(record.data, "message_id", None) for record in batch)):
            working_set.add_message(row)
        working_set.votes = deepcopy(self.votes)
        fold = Fold(working_set, deltas)
        for record in batch:
            fold.apply(record)
        first = batch[0].position
        self.sessions |= {row.digest: deepcopy(row) for row in working_set.sessions.values() if row.position >= first}
        self.messages |= {row.digest: deepcopy(row) for row in working_set.messages.values() if row.position >= first}
        self.votes = deepcopy(working_set.votes)
        self.operations |= {row.key: row for row in working_set.operations}
        for kept, rows in ((self.buckets, deltas.rows()), (self.owner_days, deltas.owner_day_rows())):
            for order, (position, counts) in rows.items():
                _, summed = kept.pop(order, (0, {}))
                add(summed, counts)
                if summed:
                    kept[order] = position, summed

    def everything(self) -> dict[str, Any]:
        """Every field of every row, to be compared."""
        tables: dict[str, Any] = {
            name: {row.key: asdict(row) for row in getattr(self, name).values()}
            for name in ("sessions", "messages", "votes")
        }
        return tables | {name: getattr(self, name) for name in ("buckets", "owner_days", "operations")}


def in_order(row: Message) -> tuple[int, str]:
    return row.at or 0, row.message_id


def named(rows: dict[bytes, Any], names: Iterable[str | None]) -> list[Any]:
    return [deepcopy(rows[digest]) for digest in {short(name) for name in names if name} if digest in rows]


def folded(records: Sequence[Record], sizes: Sequence[int]) -> Kept:
    """All records, in batches of these sizes, again and again."""
    kept, start, turn = Kept(), 0, 0
    while start < len(records):
        size = sizes[turn % len(sizes)]
        kept.apply(records[start : start + size])
        start, turn = start + size, turn + 1
    return kept
