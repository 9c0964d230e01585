"""Verification of the journal: recomputes columns, hashes and tree, and finds the first bad position. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from monitoring.events.envelope import digest
from monitoring.events.ids import session_number
from monitoring.events.record import read_body, session_in
from monitoring.journal.merkle import Edge, leaf_hash

BATCH_ENTRIES = 1_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of a verification: `size` valid entries and the root of their tree. `bad` is the first bad position,
    None if there is none."""

    size: int
    root: bytes
    bad: int | None = None
    reason: str = ""


def verify(rows: Iterable[Mapping[str, Any]], size: int, edge: bytes) -> Verdict:
    """Checks that the positions have no gap, that columns and leaf hash match the body, and that the tree matches the
    head (`size`, `edge`). Reads each entry once."""
    leaves: list[bytes] = []
    tree, expected = Edge(), 1
    for row in rows:
        problem = _problem(row, expected)
        if problem:
            return Verdict(expected - 1, tree.extend(leaves).root(), expected, problem)
        leaves.append(bytes(row["leaf"]))
        expected += 1
        if len(leaves) >= BATCH_ENTRIES:
            tree, leaves = tree.extend(leaves), []
    tree = tree.extend(leaves)
    return _compare_with_head(tree, size, edge)


def _problem(row: Mapping[str, Any], expected: int) -> str:
    if row["position"] != expected:
        return f"entry is missing; the next entry is {row['position']}"
    body = bytes(row["body"])
    if leaf_hash(body) != bytes(row["leaf"]):
        return "the body does not match its leaf hash"
    try:
        event = read_body(body)
        session = session_number(session_in(event))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return f"the body cannot be decoded: {error}"
    expected_columns = {
        "digest": digest(event.source, event.id),
        "type": event.type,
        "at": event.at,
        "received": event.received,
        "session": session,
    }
    wrong = (name for name, value in expected_columns.items() if _plain(row[name]) != value)
    return next((f"column {name} does not match the body" for name in wrong), "")


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


def _compare_with_head(tree: Edge, size: int, edge: bytes) -> Verdict:
    if tree.size < size:
        bad = tree.size + 1
        return Verdict(tree.size, tree.root(), bad, f"entries {bad} to {size} at the end are missing")
    if tree.size > size:
        return Verdict(tree.size, tree.root(), size + 1, f"the head counts only {size} entries")
    if tree.size and tree.to_bytes() != edge:
        return Verdict(tree.size, tree.root(), _first_difference(tree, edge), "the tree does not match the head")
    return Verdict(tree.size, tree.root())


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
