"""Merkle trees over SHA-256 (RFC 6962, RFC 9162): roots, proofs, and the checking of proofs. Pure.

A "leaf" is everywhere a leaf's *hash* (`leaf_hash` of the stored bytes); every hash has 32 bytes.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

HASH_SIZE = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


class ProofError(ValueError):
    """A proof does not show what it should; the text says why."""


def leaf_hash(data: bytes) -> bytes:
    """RFC 6962, 2.1: SHA-256 of 0x00 and the data."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 6962, 2.1: SHA-256 of 0x01 and both children."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Edge:
    """The right edge of a tree: its perfect subtrees' roots, largest first. All that an append needs."""

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.size < 1 << 64:
            raise ValueError(f"an edge's size must fit 8 bytes, not {self.size}")
        if len(self.hashes) != self.size.bit_count():
            raise ValueError(f"an edge of size {self.size} has {self.size.bit_count()} hashes, not {len(self.hashes)}")
        if any(len(peak) != HASH_SIZE for peak in self.hashes):
            raise ValueError("every hash of an edge has 32 bytes")

    def append(self, leaf: bytes) -> "Edge":
        """The edge with one more leaf; as many hashes as the size has trailing one bits."""
        return self.extend((leaf,))

    def extend(self, leaves: Iterable[bytes]) -> "Edge":
        """The edge with all these leaves, in order. The bulk path: about one hash a leaf, no values between."""
        sha256 = hashlib.sha256
        size, peaks = self.size, list(self.hashes)
        take, put = peaks.pop, peaks.append
        for leaf in leaves:
            if len(leaf) != HASH_SIZE:
                raise ValueError("a leaf's hash has 32 bytes")
            node, rest = leaf, size
            while rest & 1:
                node = sha256(b"\x01" + take() + node).digest()
                rest >>= 1
            put(node)
            size += 1
        return Edge(size, tuple(peaks))

    def root(self) -> bytes:
        """The tree's root: the peaks folded from the smallest."""
        if not self.hashes:
            return EMPTY_ROOT
        root = self.hashes[-1]
        for peak in reversed(self.hashes[:-1]):
            root = node_hash(peak, root)
        return root

    def to_bytes(self) -> bytes:
        """The size as 8 bytes, big-endian, then 32 bytes for each hash."""
        return self.size.to_bytes(8, "big") + b"".join(self.hashes)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Edge":
        """The reverse of `to_bytes`; ValueError where the bytes are not an edge."""
        if len(data) < 8 or (len(data) - 8) % HASH_SIZE:
            raise ValueError(f"{len(data)} bytes are not an edge: 8 and a multiple of 32 are")
        hashes = tuple(data[at : at + HASH_SIZE] for at in range(8, len(data), HASH_SIZE))
        return cls(int.from_bytes(data[:8], "big"), hashes)


# --- making proofs


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The hashes beside the way from leaf `index` up to the root (RFC 9162, 2.1.3.1). IndexError outside."""
    if not 0 <= index < len(leaves):
        raise IndexError(f"no leaf {index} in a tree of {len(leaves)}")
    start, end = 0, len(leaves)
    proof = []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            proof.append(_root(leaves, middle, end))
            end = middle
        else:
            proof.append(_root(leaves, start, middle))
            start = middle
    return proof[::-1]


def consistency_proof(leaves: Sequence[bytes], size1: int) -> list[bytes]:
    """What shows that the first `size1` leaves are still there, unchanged (RFC 9162, 2.1.4.1); 0 < size1."""
    if not 0 < size1 <= len(leaves):
        raise IndexError(f"no tree of {size1} leaves at the start of one of {len(leaves)}")
    start, end = 0, len(leaves)
    proof = []
    while end != size1:
        middle = start + _split(end - start)
        if size1 <= middle:
            proof.append(_root(leaves, middle, end))
            end = middle
        else:
            proof.append(_root(leaves, start, middle))
            start = middle
    if start > 0:
        proof.append(_root(leaves, start, end))
    return proof[::-1]


def _split(size: int) -> int:
    """The largest power of two below `size` (size > 1): where a tree parts."""
    return 1 << (size - 1).bit_length() - 1


def _root(leaves: Sequence[bytes], start: int, end: int) -> bytes:
    return Edge().extend(leaves[start:end]).root()


# --- checking proofs


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """ProofError unless `leaf` is number `index` (from 0) of the tree of `size` leaves with this root."""
    verify_subtree_inclusion(index, 0, size, leaf, proof, root)


def verify_subtree_inclusion(
    index: int, start: int, end: int, leaf: bytes, proof: Sequence[bytes], root: bytes
) -> None:
    """The same for the subtree [start, end) of a larger tree; RFC 9162, 2.1.3.2, counted from `start`."""
    _check_subtree(start, end)
    if not start <= index < end:
        raise ProofError(f"leaf {index} is not in [{start}, {end})")
    _check_hashes([leaf, *proof])
    if _climb(index - start, end - start - 1, leaf, proof) != root:
        raise ProofError("the proof leads to another root")


def verify_consistency(size1: int, size2: int, root1: bytes, root2: bytes, proof: Sequence[bytes]) -> None:
    """ProofError unless the tree (size2, root2) begins with the tree (size1, root1).

    Nothing can be shown from the empty tree to a larger one, so that is an error too.
    """
    if size1 == 0 and size2 > 0:
        raise ProofError("from the empty tree nothing can be shown")
    if size1 == size2 and root1 != root2:
        raise ProofError("two roots for one size")
    verify_subtree_consistency(0, size1, size2, root1, root2, proof)


def verify_subtree_consistency(
    start: int, end: int, size: int, root1: bytes, root2: bytes, proof: Sequence[bytes]
) -> None:
    """ProofError unless the tree (size, root2) holds the subtree [start, end) with root1.

    draft-ietf-plants-merkle-tree-certs, "Verifying a Subtree Consistency Proof"; with start = 0 it is RFC 9162,
    2.1.4.2. An empty subtree is in every tree: then only `root1` and the empty proof are looked at.
    """
    if end > size:
        raise ProofError(f"[{start}, {end}) does not fit a tree of {size}")
    if start == end:
        _check_empty(root1, proof)
        return
    _check_subtree(start, end)
    _check_hashes(proof)
    if _climb_twice(start, end - 1, size - 1, root1, proof) != (root1, root2):
        raise ProofError("the proof leads to other roots")


def _check_subtree(start: int, end: int) -> None:
    """A subtree starts at a multiple of the power of two that holds it."""
    if not 0 <= start < end:
        raise ProofError(f"[{start}, {end}) is not a range of leaves")
    if start % (1 << (end - start - 1).bit_length()):
        raise ProofError(f"[{start}, {end}) is not a subtree")


def _check_empty(root: bytes, proof: Sequence[bytes]) -> None:
    if root != EMPTY_ROOT or proof:
        raise ProofError("the empty tree has one root, and no proof")


def _check_hashes(hashes: Sequence[bytes]) -> None:
    """Without this, bytes could be moved from one child to the other under the same hash."""
    if any(len(value) != HASH_SIZE for value in hashes):
        raise ProofError("every hash of a proof has 32 bytes")


def _climb(node: int, last: int, leaf: bytes, proof: Sequence[bytes]) -> bytes:
    """The root that leaf number `node` of `last` + 1 and the proof lead to."""
    root = leaf
    for beside in proof:
        if last == 0:
            raise ProofError("the proof is too long")
        if node & 1 or node == last:
            root = node_hash(beside, root)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            root = node_hash(root, beside)
        node, last = node >> 1, last >> 1
    if last:
        raise ProofError("the proof is too short")
    return root


def _climb_twice(first: int, node: int, last: int, root1: bytes, proof: Sequence[bytes]) -> tuple[bytes, bytes]:
    """The roots of the subtree first..node and of the whole tree 0..last that the proof leads to."""
    while first != node and (node == last or node & 1):
        first, node, last = first >> 1, node >> 1, last >> 1
    small, rest = _seed(root1, proof, whole=first == node)
    large = small
    for beside in rest:
        if last == 0:
            raise ProofError("the proof is too long")
        if node & 1 or node == last:
            small = node_hash(beside, small) if first < node else small
            large = node_hash(beside, large)
            while node and not node & 1:
                first, node, last = first >> 1, node >> 1, last >> 1
        else:
            large = node_hash(large, beside)
        first, node, last = first >> 1, node >> 1, last >> 1
    if last:
        raise ProofError("the proof is too short")
    return small, large


def _seed(root1: bytes, proof: Sequence[bytes], *, whole: bool) -> tuple[bytes, Sequence[bytes]]:
    """Where the climb begins: at the subtree's root where it is one node, else at the proof's first hash."""
    if whole:
        return root1, proof
    if not proof:
        raise ProofError("the proof is empty")
    return proof[0], proof[1:]
