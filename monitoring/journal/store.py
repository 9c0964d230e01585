"""The only writer of the journal, and its plain reader."""

import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from django.db import IntegrityError, connection
from django.db.models import F

from monitoring.db.errors import or_mongodb
from monitoring.db.transactions import driver, transactional
from monitoring.events.ids import session_number
from monitoring.journal.merkle import Edge, leaf_hash
from monitoring.journal.models import Entry, Head

log = logging.getLogger(__name__)
TABLE = "journal_entry"
MOST_IN_A_TAIL = 10_000
"""Entries that one append can leave: as many as one request may bring."""
_COLUMNS = ("position", "digest", "type", "at", "received", "body", "leaf", "session")


class Headless(RuntimeError):
    """The head does not belong to the entries."""


class Draft(Protocol):
    """What is to become an entry."""

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
    """For each draft whether it is new (False: it was there already), and the journal's size now."""

    new: list[bool]
    head: int


def append(drafts: Sequence[D], received: int, write: Callable[[int, int, Sequence[D]], list[bytes]]) -> Appended:
    """Append what is new, in order, in one transaction; on disk when this returns.

    `write(first, received, new)` gives the bodies of the new drafts, whose positions count up from `first`.
    """
    try:
        return _append(drafts, received, write)
    except or_mongodb(IntegrityError, name="BulkWriteError"):
        if connection.vendor != "mongodb" or not _forget_the_tail():
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
    """The head, which nobody else reads in order to append until this transaction ends. What locks a row on every
    database is a change of it: MongoDB lets the second one that changes it fail."""
    mine = Head.objects.filter(key=1)
    while not mine.update(received=F("received") + 1):
        if Entry.objects.exists():
            raise Headless("there are entries and no head: put journal_head back, nothing is written until then")
        Head.objects.get_or_create(key=1)
    return mine.get()


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
def _forget_the_tail() -> int:
    """Entries behind the head were never acknowledged: something wrote beside the transaction, and stopped. They are
    removed, where the database lets anybody remove an entry. More than one append can leave are not a tail: then the
    head is an old one, and nothing is removed. Returns how many there were."""
    tail = Entry.objects.filter(position__gt=_locked_head().size)
    count = tail.count()
    if count > MOST_IN_A_TAIL:
        raise Headless(
            f"{count} entries lie behind the head: it is an old one, nothing is written until it is put back"
        )
    log.error("%d entries behind the head, which nobody was told of, are removed", count)
    tail.delete()
    return count


def _new(drafts: Sequence[Draft]) -> list[bool]:
    """For each draft whether no entry has its digest, or the one that an earlier version gave it."""
    wanted = [draft.digest for draft in drafts]
    wanted += [draft.former for draft in drafts if draft.former]
    seen = {bytes(digest) for _, digest in driver().find(TABLE, _COLUMNS[:2], "digest", wanted)}
    new = []
    for draft in drafts:
        new.append(draft.digest not in seen and draft.former not in seen)
        seen.add(draft.digest)
    return new


def size() -> int:
    """The newest position; 0 for an empty journal."""
    return Head.objects.filter(key=1).values_list("size", flat=True).first() or 0


@dataclass(frozen=True, slots=True)
class Batch:
    """Some entries in order, (position, body), and the position up to which they are all that was asked for."""

    entries: list[tuple[int, bytes]]
    reached: int


def read(after: int, limit: int, types: Collection[str] | None = None) -> Batch:
    """The next entries: of these types alone among the next `limit`, where types are given."""
    reached = max(after, min(after + limit, size()))
    if reached == after:
        return Batch([], after)
    rows = Entry.objects.filter(position__gt=after, position__lte=reached)
    if types is not None:
        rows = rows.filter(type__in=types)
    found = rows.order_by("position").values_list("position", "body")
    return Batch([(position, bytes(body)) for position, body in found], reached)


def of_session(session: str, after: int, limit: int) -> list[tuple[int, bytes]]:
    """The next entries that name a session, (position, body) in order; no other entry is read."""
    rows = Entry.objects.filter(session=session_number(session), position__gt=after).order_by("position")
    return [(position, bytes(body)) for position, body in rows.values_list("position", "body")[:limit]]


def received_after(position: int) -> int | None:
    """When the entry behind a position was taken in, µs; None at the head."""
    rows = Entry.objects.filter(position__gt=position).order_by("position")
    return rows.values_list("received", flat=True).first()


def rows(batch: int = 2_000) -> Iterator[Mapping[str, Any]]:
    """Every column of every entry, in order; for verification."""
    after = -(2**62)
    while found := list(Entry.objects.filter(position__gt=after).order_by("position").values()[:batch]):
        yield from found
        after = found[-1]["position"]
