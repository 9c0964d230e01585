"""The only writer of the journal, and its plain reader."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from socket import gethostname
from time import time
from typing import Any, ParamSpec, Protocol, TypeVar

from django.db import connection, connections, transaction

from monitoring.journal.merkle import Edge, leaf_hash
from monitoring.journal.models import Entry, Head, Lease, StageCheckpoint
from monitoring.tables.rows import Driver
from monitoring.tables.turn import turn

IN_ONE_QUERY = 5_000
_SELECT = "SELECT digest FROM journal_entry WHERE digest IN "
_COLUMNS = ("position", "digest", "type", "at", "received", "body", "leaf")


class Draft(Protocol):
    """What is to become an entry."""

    @property
    def digest(self) -> bytes: ...
    @property
    def type(self) -> str: ...
    @property
    def at(self) -> int: ...


D = TypeVar("D", bound=Draft)
P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Appended:
    """For each draft whether it is new (False: it was there already), and the journal's size now."""

    new: list[bool]
    head: int


def driver() -> Driver:
    """This thread's connection, without Django between: for bulk, and for many small questions."""
    connection.ensure_connection()
    return Driver(connection.connection, "?" if connection.vendor == "sqlite" else "%s")


def mending(ask: Callable[P, R]) -> Callable[P, R]:
    """A thread that lives long keeps its connection; one that broke is thrown away, and the next question mends it."""

    @wraps(ask)
    def asked(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return ask(*args, **kwargs)
        except Exception:
            connections.close_all()
            raise

    return asked


@contextmanager
def writing() -> Iterator[None]:
    """One transaction, in this process's turn. Whatever writes beside the journal uses this too."""
    with turn(), transaction.atomic():
        yield


def append(drafts: Sequence[D], received: int, write: Callable[[int, int, Sequence[D]], list[bytes]]) -> Appended:
    """Append what is new, in order, in one transaction; on disk when this returns.

    `write(first, received, new)` gives the bodies of the new drafts, whose positions count up from `first`.
    """
    with writing():
        head = Head.objects.select_for_update().get_or_create(key=1)[0]
        head.received = max(head.received, received)
        new = _new(drafts)
        fresh = [draft for draft, is_new in zip(drafts, new, strict=True) if is_new]
        if fresh:
            _insert(head, fresh, write(head.size + 1, head.received, fresh))
    return Appended(new, head.size)


def _insert(head: Head, fresh: Sequence[Draft], bodies: list[bytes]) -> None:
    leaves = [leaf_hash(body) for body in bodies]
    rows = [
        (position, draft.digest, draft.type, draft.at, head.received, body, leaf)
        for position, (draft, body, leaf) in enumerate(zip(fresh, bodies, leaves, strict=True), head.size + 1)
    ]
    driver().insert("journal_entry", _COLUMNS, rows)
    edge = Edge.from_bytes(bytes(head.edge)) if head.size else Edge()
    head.edge = edge.extend(leaves).to_bytes()
    head.size += len(fresh)
    head.save(update_fields=["size", "edge", "received"])


def _new(drafts: Sequence[Draft]) -> list[bool]:
    seen = _known([draft.digest for draft in drafts])
    new = []
    for draft in drafts:
        new.append(draft.digest not in seen)
        seen.add(draft.digest)
    return new


def _known(digests: list[bytes]) -> set[bytes]:
    known: set[bytes] = set()
    for start in range(0, len(digests), IN_ONE_QUERY):
        some = digests[start : start + IN_ONE_QUERY]
        found = driver().ask(f"{_SELECT}({', '.join(['%s'] * len(some))})", some)
        known.update(bytes(digest) for (digest,) in found.fetchall())
    return known


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


def checkpoints(stages: Iterable[str]) -> dict[str, StageCheckpoint]:
    """How far each stage is."""
    known = StageCheckpoint.objects.in_bulk(list(stages))
    return {stage: known.get(stage) or StageCheckpoint(stage=stage) for stage in stages}


def move_checkpoint(stage: str, old: int, new: int, at: int) -> bool:
    """Compare and set: False when another worker moved it meanwhile. To be called in the stage's transaction."""
    if old == 0:
        StageCheckpoint.objects.get_or_create(stage=stage)
    return StageCheckpoint.objects.filter(stage=stage, position=old).update(position=new, at=at) == 1


def relax() -> None:
    """Let this thread's commits wait for no disk: for stages, whose rows and checkpoint come back together from the
    journal if the power fails. SQLite's log is written in order, and each append to the journal still waits."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous=normal")


def reset_checkpoint(stage: str) -> None:
    """Let a stage begin again. To be called in the transaction that clears it."""
    StageCheckpoint.objects.update_or_create(stage=stage, defaults={"position": 0, "at": 0})


def take_lease(name: str, holder: str, seconds: float) -> int:
    """The term under which `holder` alone may act for so long, or 0 while somebody else may. Compare and set: of
    several who ask at once one gets it. Whoever holds it asks again in time, and keeps its term."""
    with writing():
        now = int(time() * 1e6)
        lease = Lease.objects.get_or_create(name=name, defaults={"holder": ""})[0]
        mine = lease.holder == holder
        if not mine and lease.until > now:
            return 0
        term = lease.term if mine else lease.term + 1
        unchanged = Lease.objects.filter(name=name, holder=lease.holder, term=lease.term, until=lease.until)
        taken = unchanged.update(holder=holder, term=term, until=now + int(seconds * 1e6))
        return term if taken else 0


def drop_lease(name: str, holder: str) -> None:
    """Let the next one have it at once."""
    with writing():
        Lease.objects.filter(name=name, holder=holder).update(until=0)


def holder(process: int) -> str:
    """How a process on this host is called as the holder of a lease."""
    return f"{gethostname()[:40]}:{process}"
