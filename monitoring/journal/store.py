"""Appending to the journal, and reading its entries. No other module writes entries."""

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from django.db import IntegrityError, connection
from django.db.models import F

from monitoring.db.errors import or_mongodb
from monitoring.db.transactions import driver, transactional
from monitoring.events.ids import session_number
from monitoring.journal.merkle import Edge, leaf_hash
from monitoring.journal.models import Entry, Head

log = logging.getLogger(__name__)
TABLE = "journal_entry"
MAX_TAIL_ENTRIES = 10_000
"""Entries that one interrupted append can leave after the head: as many as one request may contain."""
_COLUMNS = ("position", "digest", "type", "at", "received", "body", "leaf", "session")


class HeadMismatch(RuntimeError):
    """The head does not match the entries."""


class Draft(Protocol):
    """The attributes of an event that an append needs."""

    @property
    def digest(self) -> bytes: ...
    @property
    def type(self) -> str: ...
    @property
    def at(self) -> int: ...
    @property
    def session(self) -> int | None: ...
    @property
    def former(self) -> bytes | None: ...


D = TypeVar("D", bound=Draft)


@dataclass(frozen=True, slots=True)
class Appended:
    """For each draft True if it is new, False if an entry exists; and the size of the journal after the append."""

    new: list[bool]
    head: int


def append(drafts: Sequence[D], received: int, write: Callable[[int, int, Sequence[D]], list[bytes]]) -> Appended:
    """Appends the new drafts in order in one transaction, which is on disk when this returns.

    `write(first, received, new)` returns the bodies of the new drafts, whose positions begin at `first`. Raises
    HeadMismatch if the head does not match the entries.
    """
    try:
        return _append(drafts, received, write)
    except or_mongodb(IntegrityError, name="BulkWriteError"):
        if connection.vendor != "mongodb" or not _remove_tail():
            raise
    return _append(drafts, received, write)


@transactional
def _append(drafts: Sequence[D], received: int, write: Callable[[int, int, Sequence[D]], list[bytes]]) -> Appended:
    head = _locked_head()
    head.received = max(head.received, received)
    new = _new(drafts)
    fresh = [draft for draft, is_new in zip(drafts, new, strict=True) if is_new]
    if fresh:
        _insert(head, fresh, write(head.size + 1, head.received, fresh))
    return Appended(new, head.size)


def _locked_head() -> Head:
    """Returns the head, locked until the end of this transaction. An update locks a row on every database: on MongoDB
    the second transaction that updates it fails."""
    locked = Head.objects.filter(key=1)
    while not locked.update(received=F("received") + 1):
        if Entry.objects.exists():
            raise HeadMismatch("there are entries and no head: restore journal_head; until then nothing is appended")
        Head.objects.get_or_create(key=1)
    return locked.get()


def _insert(head: Head, fresh: Sequence[Draft], bodies: list[bytes]) -> None:
    leaves = [leaf_hash(body) for body in bodies]
    rows = [
        (position, draft.digest, draft.type, draft.at, head.received, body, leaf, draft.session)
        for position, (draft, body, leaf) in enumerate(zip(fresh, bodies, leaves, strict=True), head.size + 1)
    ]
    driver().insert(TABLE, _COLUMNS, rows)
    edge = Edge.from_bytes(bytes(head.edge)) if head.size else Edge()
    head.edge = edge.extend(leaves).to_bytes()
    head.size += len(fresh)
    head.save(update_fields=["size", "edge", "received"])


@transactional
def _remove_tail() -> int:
    """Removes entries after the head, and returns their number. They were never acknowledged: a process wrote them
    outside of a transaction and ended. (Only MongoDB allows this: it has no triggers against removal.) More than
    MAX_TAIL_ENTRIES are not the rest of an append: the head is then an old one, nothing is removed, and HeadMismatch is
    raised."""
    tail = Entry.objects.filter(position__gt=_locked_head().size)
    count = tail.count()
    if count > MAX_TAIL_ENTRIES:
        raise HeadMismatch(
            f"{count} entries are after the head: it is an old one; until it is restored nothing is appended"
        )
    log.error("%d entries after the head, which were never acknowledged, are removed", count)
    tail.delete()
    return count


def _new(drafts: Sequence[Draft]) -> list[bool]:
    """Returns for each draft True if no entry has its digest, nor the digest that an earlier version gave it."""
    digests = [draft.digest for draft in drafts]
    digests += [draft.former for draft in drafts if draft.former]
    seen = {bytes(digest) for _, digest in driver().find(TABLE, _COLUMNS[:2], "digest", digests)}
    new = []
    for draft in drafts:
        new.append(draft.digest not in seen and draft.former not in seen)
        seen.add(draft.digest)
    return new


def size() -> int:
    """Returns the newest position; 0 for an empty journal."""
    return Head.objects.filter(key=1).values_list("size", flat=True).first() or 0


@dataclass(frozen=True, slots=True)
class Batch:
    """Entries in order, as (position, body), and the position up to which the journal was read."""

    entries: list[tuple[int, bytes]]
    reached: int


def read(after: int, limit: int, types: Collection[str] | None = None) -> Batch:
    """Returns the next `limit` entries after a position; with `types` only those of these types among them."""
    reached = max(after, min(after + limit, size()))
    if reached == after:
        return Batch([], after)
    rows = Entry.objects.filter(position__gt=after, position__lte=reached)
    if types is not None:
        rows = rows.filter(type__in=types)
    entries = rows.order_by("position").values_list("position", "body")
    return Batch([(position, bytes(body)) for position, body in entries], reached)


def of_session(session: str, after: int, limit: int) -> list[tuple[int, bytes]]:
    """Returns the next entries of a session in order, as (position, body). Reads no other entries."""
    rows = Entry.objects.filter(session=session_number(session), position__gt=after).order_by("position")
    return [(position, bytes(body)) for position, body in rows.values_list("position", "body")[:limit]]


def received_after(position: int) -> int | None:
    """Returns the time (µs) at which the entry after a position was received; None at the head."""
    rows = Entry.objects.filter(position__gt=position).order_by("position")
    return rows.values_list("received", flat=True).first()
