"""Proofs of RFC 9162 over all leaves, and their verification, for the tests: the product makes no proofs yet."""

from collections.abc import Sequence

from monitoring.journal.merkle import EMPTY_ROOT, HASH_SIZE, Edge, node_hash


class ProofError(ValueError):
    """A proof is invalid. The text gives the reason."""


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Returns the sibling hashes from leaf `index` up to the root (RFC 9162, 2.1.3.1). Raises IndexError if there is no
    such leaf."""
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
    """Returns the proof that the tree begins with the tree of its first `size1` leaves (RFC 9162, 2.1.4.1). Raises
    IndexError unless 0 < size1 <= the number of leaves."""
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
    """Returns the largest power of two below `size` (size > 1): the size of the left subtree."""
    return 1 << (size - 1).bit_length() - 1


def _root(leaves: Sequence[bytes], start: int, end: int) -> bytes:
    return Edge().extend(leaves[start:end]).root()


# --- verification of proofs


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Raises ProofError unless `leaf` is number `index` (from 0) of the tree of `size` leaves with this root."""
    verify_subtree_inclusion(index, 0, size, leaf, proof, root)


def verify_subtree_inclusion(
    index: int, start: int, end: int, leaf: bytes, proof: Sequence[bytes], root: bytes
) -> None:
    """Does the same for the subtree [start, end) of a larger tree (RFC 9162, 2.1.3.2, with indexes relative to
    `start`). Raises ProofError."""
    _check_subtree(start, end)
    if not start <= index < end:
        raise ProofError(f"leaf {index} is not in [{start}, {end})")
    _check_hashes([leaf, *proof])
    if _root_from_proof(index - start, end - start - 1, leaf, proof) != root:
        raise ProofError("the proof leads to another root")


def verify_consistency(size1: int, size2: int, root1: bytes, root2: bytes, proof: Sequence[bytes]) -> None:
    """Raises ProofError unless the tree (size2, root2) begins with the tree (size1, root1).

    There is no proof from the empty tree to a larger one: this raises ProofError, too.
    """
    if size1 == 0 and size2 > 0:
        raise ProofError("there is no consistency proof from the empty tree")
    if size1 == size2 and root1 != root2:
        raise ProofError("two roots for one size")
    verify_subtree_consistency(0, size1, size2, root1, root2, proof)


def verify_subtree_consistency(
    start: int, end: int, size: int, root1: bytes, root2: bytes, proof: Sequence[bytes]
) -> None:
    """Raises ProofError unless the tree (size, root2) contains the subtree [start, end) with root1.

    draft-ietf-plants-merkle-tree-certs, "Verifying a Subtree Consistency Proof"; with start = 0 it is RFC 9162,
    2.1.4.2. Every tree contains the empty subtree: only `root1` and the empty proof are then checked.
    """
    if end > size:
        raise ProofError(f"[{start}, {end}) is outside of a tree of {size} leaves")
    if start == end:
        _check_empty(root1, proof)
        return
    _check_subtree(start, end)
    _check_hashes(proof)
    if _roots_from_proof(start, end - 1, size - 1, root1, proof) != (root1, root2):
        raise ProofError("the proof leads to other roots")


def _check_subtree(start: int, end: int) -> None:
    """A subtree starts at a multiple of the smallest power of two that is not below its size."""
    if not 0 <= start < end:
        raise ProofError(f"[{start}, {end}) is not a range of leaves")
    if start % (1 << (end - start - 1).bit_length()):
        raise ProofError(f"[{start}, {end}) is not a subtree")


def _check_empty(root: bytes, proof: Sequence[bytes]) -> None:
    if root != EMPTY_ROOT or proof:
        raise ProofError("the empty tree has one root, and no proof")


def _check_hashes(hashes: Sequence[bytes]) -> None:
    """Checks the lengths: otherwise bytes could move from one child to the other under the same parent hash."""
    if any(len(value) != HASH_SIZE for value in hashes):
        raise ProofError("every hash of a proof has 32 bytes")


def _root_from_proof(node: int, last: int, leaf: bytes, proof: Sequence[bytes]) -> bytes:
    """Returns the root that follows from the proof and leaf number `node` of `last` + 1 leaves."""
    root = leaf
    for sibling in proof:
        if last == 0:
            raise ProofError("the proof is too long")
        if node & 1 or node == last:
            root = node_hash(sibling, root)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        node, last = node >> 1, last >> 1
    if last:
        raise ProofError("the proof is too short")
    return root


def _roots_from_proof(first: int, node: int, last: int, root1: bytes, proof: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Returns the roots of the subtree first..node and of the tree 0..last that follow from the proof."""
    while first != node and (node == last or node & 1):
        first, node, last = first >> 1, node >> 1, last >> 1
    small, rest = _first_hash(root1, proof, is_one_node=first == node)
    large = small
    for sibling in rest:
        if last == 0:
            raise ProofError("the proof is too long")
        if node & 1 or node == last:
            small = node_hash(sibling, small) if first < node else small
            large = node_hash(sibling, large)
            while node and not node & 1:
                first, node, last = first >> 1, node >> 1, last >> 1
        else:
            large = node_hash(large, sibling)
        first, node, last = first >> 1, node >> 1, last >> 1
    if last:
        raise ProofError("the proof is too short")
    return small, large


def _first_hash(root1: bytes, proof: Sequence[bytes], *, is_one_node: bool) -> tuple[bytes, Sequence[bytes]]:
    """Returns the hash to begin with and the remaining proof: the subtree's root if the subtree is one node of the
    tree, otherwise the first hash of the proof."""
    if is_one_node:
        return root1, proof
    if not proof:
        raise ProofError("the proof is empty")
    return proof[0], proof[1:]
