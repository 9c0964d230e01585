"""Recomputes everything that the journal says of itself, and names the first position where it does not hold. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from monitoring.events.envelope import digest
from monitoring.events.ids import session_number
from monitoring.events.record import read_body, session_in
from monitoring.journal.merkle import Edge, leaf_hash

BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """`bad` is the first bad position, None when all is well; `size` entries were read; `root` is the tree's."""

    size: int
    root: bytes
    bad: int | None = None
    reason: str = ""


def verify(rows: Iterable[Mapping[str, Any]], size: int, edge: bytes) -> Verdict:
    """Read every entry once: positions without a gap, columns and leaf hash as the body says, the head's edge."""
    leaves: list[bytes] = []
    tree, expected = Edge(), 1
    for row in rows:
        problem = _problem(row, expected)
        if problem:
            return Verdict(expected - 1, tree.extend(leaves).root(), expected, problem)
        leaves.append(bytes(row["leaf"]))
        expected += 1
        if len(leaves) >= BATCH:
            tree, leaves = tree.extend(leaves), []
    tree = tree.extend(leaves)
    return _against_head(tree, size, edge)


def _problem(row: Mapping[str, Any], expected: int) -> str:
    if row["position"] != expected:
        return f"entry is missing: the next one there is {row['position']}"
    body = bytes(row["body"])
    if leaf_hash(body) != bytes(row["leaf"]):
        return "body does not have the leaf hash that was written with it"
    try:
        said = read_body(body)
        session = session_number(session_in(said))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return f"body cannot be read: {error}"
    made = {
        "digest": digest(said.source, said.id),
        "type": said.type,
        "at": said.at,
        "received": said.received,
        "session": session,
    }
    return next((f"column {k} is not what the body says" for k, v in made.items() if _plain(row[k]) != v), "")


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


def _against_head(tree: Edge, size: int, edge: bytes) -> Verdict:
    if tree.size < size:
        bad = tree.size + 1
        return Verdict(tree.size, tree.root(), bad, f"entries {bad} to {size} are missing: the end was cut")
    if tree.size > size:
        return Verdict(tree.size, tree.root(), size + 1, f"the head knows only {size} entries")
    if tree.size and tree.to_bytes() != edge:
        return Verdict(tree.size, tree.root(), _first_difference(tree, edge), "the tree is not the one in the head")
    return Verdict(tree.size, tree.root())


def _first_difference(tree: Edge, edge: bytes) -> int:
    """The first leaf under the first hash of the edge that differs."""
    try:
        said = Edge.from_bytes(edge)
    except ValueError:
        return 1
    position, rest = 1, tree.size
    for mine, theirs in zip(tree.hashes, said.hashes, strict=False):
        if mine != theirs:
            return position
        width = 1 << (rest.bit_length() - 1)
        position, rest = position + width, rest - width
    return position
