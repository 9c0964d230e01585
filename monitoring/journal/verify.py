"""Verification of the journal: recomputes columns, hashes and tree, and finds the first bad position."""

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from monitoring.events.envelope import digest
from monitoring.events.ids import session_number
from monitoring.events.record import read_body, session_in
from monitoring.journal.merkle import Edge, leaf_hash
from monitoring.journal.models import Entry, Head
from monitoring.journal.store import size

BATCH_ENTRIES = 2_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of a verification: `size` valid entries and the root of their tree. `bad` is the first bad position,
    None if there is none."""

    size: int
    root: bytes
    bad: int | None = None
    reason: str = ""


def verify_journal() -> Verdict:
    """Checks that the positions have no gap, that columns and leaf hash match the body, and that the tree matches the
    head. Reads each entry up to the head at the time of the call once; what is appended meanwhile is not read."""
    head = Head.objects.filter(key=1).first() or Head()
    tree = Edge()
    for batch in _batches(head.size):
        leaves = list[bytes]()
        for expected, entry in enumerate(batch, tree.size + 1):
            if problem := _problem(entry, expected):
                return Verdict(expected - 1, tree.extend(leaves).root(), expected, problem)
            leaves.append(bytes(entry.leaf))
        tree = tree.extend(leaves)
    return _compare_with_head(tree, head.size, bytes(head.edge))


def _batches(head: int) -> Iterator[list[Entry]]:
    """Yields the entries in order. An entry after the head is among them only if the head has not moved meanwhile: else
    it is new and valid."""
    after = -(2**62)
    while entries := list(Entry.objects.filter(position__gt=after).order_by("position")[:BATCH_ENTRIES]):
        after = entries[-1].position
        if after > head:
            counted = [entry for entry in entries if entry.position <= head]
            yield entries[: len(counted) + 1] if size() == head else counted
            return
        yield entries


def _problem(entry: Entry, expected: int) -> str:
    if entry.position != expected:
        return f"entry is missing; the next entry is {entry.position}"
    body = bytes(entry.body)
    if leaf_hash(body) != bytes(entry.leaf):
        return "the body does not match its leaf hash"
    try:
        event = read_body(body)
        session = session_number(session_in(event))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return f"the body cannot be decoded: {error}"
    columns = {
        "digest": (bytes(entry.digest), digest(event.source, event.id)),
        "type": (entry.type, event.type),
        "at": (entry.at, event.at),
        "received": (entry.received, event.received),
        "session": (entry.session, session),
    }
    wrong = (name for name, (stored, computed) in columns.items() if stored != computed)
    return next((f"column {name} does not match the body" for name in wrong), "")


def _compare_with_head(tree: Edge, size: int, edge: bytes) -> Verdict:
    bad, reason = None, ""
    if tree.size < size:
        bad, reason = tree.size + 1, f"entries {tree.size + 1} to {size} at the end are missing"
    elif tree.size > size:
        bad, reason = size + 1, f"the head counts only {size} entries"
    elif tree.size and tree.to_bytes() != edge:
        bad, reason = _first_difference(tree, edge), "the tree does not match the head"
    return Verdict(tree.size, tree.root(), bad, reason)


def _first_difference(tree: Edge, edge: bytes) -> int:
    """Returns the position of the first leaf under the first hash of the edge that differs."""
    try:
        stored = Edge.from_bytes(edge)
    except ValueError:
        return 1
    position, rest = 1, tree.size
    for computed_hash, stored_hash in zip(tree.hashes, stored.hashes, strict=False):
        if computed_hash != stored_hash:
            return position
        width = 1 << (rest.bit_length() - 1)
        position, rest = position + width, rest - width
    return position
