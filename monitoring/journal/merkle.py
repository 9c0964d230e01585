"""The Merkle tree over SHA-256 (RFC 6962, RFC 9162): hashes, and the right edge. Pure.

A "leaf" is always the *hash* of a leaf (`leaf_hash` of the stored bytes). Every hash has 32 bytes.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

HASH_SIZE = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """Returns SHA-256 of 0x00 and the data (RFC 6962, 2.1)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Returns SHA-256 of 0x01 and both children (RFC 6962, 2.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Edge:
    """The right edge of a tree: the roots of its perfect subtrees, largest first. An append needs nothing else."""

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
        """Returns the edge with one more leaf. Computes one hash for each trailing one bit of the size."""
        return self.extend((leaf,))

    def extend(self, leaves: Iterable[bytes]) -> "Edge":
        """Returns the edge with these leaves appended in order, without intermediate edges. Computes about one hash a
        leaf. Raises ValueError for a leaf that does not have 32 bytes."""
        sha256 = hashlib.sha256
        size, peaks = self.size, list(self.hashes)
        pop, push = peaks.pop, peaks.append
        for leaf in leaves:
            if len(leaf) != HASH_SIZE:
                raise ValueError("a leaf's hash has 32 bytes")
            node, rest = leaf, size
            while rest & 1:
                node = sha256(b"\x01" + pop() + node).digest()
                rest >>= 1
            push(node)
            size += 1
        return Edge(size, tuple(peaks))

    def root(self) -> bytes:
        """Returns the root of the tree: the hash over the subtree roots, from the smallest."""
        if not self.hashes:
            return EMPTY_ROOT
        root = self.hashes[-1]
        for peak in reversed(self.hashes[:-1]):
            root = node_hash(peak, root)
        return root

    def to_bytes(self) -> bytes:
        """Returns the size as 8 bytes, big-endian, then 32 bytes for each hash."""
        return self.size.to_bytes(8, "big") + b"".join(self.hashes)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Edge":
        """Decodes the result of `to_bytes`. Raises ValueError if the bytes are not an edge."""
        if len(data) < 8 or (len(data) - 8) % HASH_SIZE:
            raise ValueError(f"{len(data)} bytes are not an edge: 8 and a multiple of 32 are")
        hashes = tuple(data[at : at + HASH_SIZE] for at in range(8, len(data), HASH_SIZE))
        return cls(int.from_bytes(data[:8], "big"), hashes)
