"""The tree against vectors of other projects, against the RFC's recursive definition, and against tampering."""

import hashlib
import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from merkle_proofs import (
    ProofError,
    consistency_proof,
    inclusion_proof,
    verify_consistency,
    verify_inclusion,
    verify_subtree_consistency,
    verify_subtree_inclusion,
)
from traces import SHARED

from monitoring.journal.merkle import EMPTY_ROOT, Edge, leaf_hash, node_hash

VECTORS = SHARED / "merkle-vectors"
KINDS = ["inclusion", "consistency", "subtreeinclusion", "subtreeconsistency"]

LEAVES = [leaf_hash(str(number).encode()) for number in range(70)]
SIZES = st.integers(1, len(LEAVES))


def check(kind: str, case: dict[str, Any]) -> None:
    proof = [b64decode(value) for value in case["proof"] or []]
    hashes = {name: b64decode(case[name]) for name in ("leafHash", "root", "root1", "root2") if name in case}
    if kind == "inclusion":
        verify_inclusion(case["leafIdx"], case["treeSize"], hashes["leafHash"], proof, hashes["root"])
    elif kind == "consistency":
        verify_consistency(case["size1"], case["size2"], hashes["root1"], hashes["root2"], proof)
    elif kind == "subtreeinclusion":
        span = case["leafIdx"], case["start"], case["end"]
        verify_subtree_inclusion(*span, hashes["leafHash"], proof, hashes["root"])
    else:
        span = case["start"], case["end"], case["size"]
        verify_subtree_consistency(*span, hashes["root1"], hashes["root2"], proof)


def accepted(kind: str, case: dict[str, Any]) -> bool:
    try:
        check(kind, case)
    except ProofError:
        return False
    return True


def rfc_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return node_hash(rfc_root(leaves[:k]), rfc_root(leaves[k:]))


def text(value: bytes) -> str:
    return b64encode(value).decode()


def written(kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields valid and invalid cases of every small tree, by the recursive definitions of this file."""
    for size in range(1, 10):
        for start, end in spans(kind, size):
            tree = {"root": text(rfc_root(LEAVES[:size]))}
            proof = {"proof": [text(value) for value in subtree_proof(LEAVES[:size], start, end)]}
            part = text(rfc_root(LEAVES[start:end]))
            whole: dict[str, dict[str, Any]] = {
                "inclusion": {"leafIdx": start, "treeSize": size, "leafHash": part} | tree,
                "consistency": {"size1": end, "size2": size, "root1": part, "root2": tree["root"]},
                "subtreeconsistency": {"start": start, "end": end, "size": size, "root1": part, "root2": tree["root"]},
            }
            if kind == "subtreeinclusion":
                yield from inclusions(start, end)
            else:
                yield from spoiled(whole[kind] | proof)


def spans(kind: str, size: int) -> list[tuple[int, int]]:
    """Returns (start, end) of the subtrees that are proved to be in a tree of this size."""
    if kind == "inclusion":
        return [(leaf, leaf + 1) for leaf in range(size)]
    if kind == "consistency":
        return [(0, end) for end in range(1, size + 1)]
    pairs = [(start, end) for start in range(size) for end in range(start + 1, size + 1)]
    return [(start, end) for start, end in pairs if start % (1 << (end - start - 1).bit_length()) == 0]


def inclusions(start: int, end: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields cases for each leaf of a subtree."""
    for leaf in range(start, end):
        proof = subtree_proof(LEAVES[start:end], leaf - start, leaf - start + 1)
        case = {"leafIdx": leaf, "start": start, "end": end, "leafHash": text(LEAVES[leaf])}
        yield from spoiled(case | {"root": text(rfc_root(LEAVES[start:end])), "proof": [text(v) for v in proof]})


def spoiled(case: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields a valid case, and invalid ones derived from it."""
    yield f"good {case}", case | {"wantErr": False}
    for name in ("root", "root1", "root2", "leafHash"):
        if name in case:
            yield f"wrong {name} {case}", case | {name: text(b"x" * 32), "wantErr": True}
    yield f"one hash more {case}", case | {"proof": [*case["proof"], text(LEAVES[0])], "wantErr": True}
    if case["proof"]:
        yield f"one hash less {case}", case | {"proof": case["proof"][:-1], "wantErr": True}


def shared(kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields the cases of transparency-dev/merkle, if they are beside the checkout."""
    for path in sorted((VECTORS / kind).rglob("*.json")):
        yield str(path), json.loads(path.read_text())


COUNTS = {"inclusion": 98, "consistency": 98, "subtreeinclusion": 204, "subtreeconsistency": 118}
MAKERS = {"written": written} | ({"shared": shared} if VECTORS.exists() else {})


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("maker", MAKERS)
def test_every_vector_has_the_expected_result(maker: str, kind: str) -> None:
    cases = dict(MAKERS[maker](kind))
    assert len(cases) == COUNTS[kind] if maker == "shared" else len(cases) > 100
    assert {case["wantErr"] for case in cases.values()} == {True, False}
    assert [name for name, case in cases.items() if accepted(kind, case) == case["wantErr"]] == []


def test_the_hashes_are_those_of_the_rfc() -> None:
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@given(st.lists(st.binary(max_size=5), max_size=70))
def test_an_edge_has_the_root_of_the_recursive_definition(data: list[bytes]) -> None:
    leaves = [leaf_hash(value) for value in data]
    assert Edge().extend(leaves).root() == rfc_root(leaves)


@given(SIZES, st.data())
def test_extending_equals_appending_one_by_one_wherever_it_is_cut(size: int, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, size))
    edge = Edge()
    for leaf in LEAVES[:size]:
        edge = edge.append(leaf)
    assert Edge().extend(LEAVES[:cut]).extend(iter(LEAVES[cut:size])) == edge


@given(st.integers(0, len(LEAVES)))
def test_an_edge_survives_its_bytes(size: int) -> None:
    edge = Edge().extend(LEAVES[:size])
    assert Edge.from_bytes(edge.to_bytes()) == edge
    assert len(edge.to_bytes()) == 8 + 32 * size.bit_count()


@pytest.mark.parametrize(
    "data",
    [b"", b"\x00" * 7, b"\x00" * 7 + b"\x01", b"\x00" * 8 + b"x" * 32, b"\x00" * 7 + b"\x03" + b"x" * 32, b"x" * 41],
)
def test_bytes_that_are_no_edge_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="edge"):
        Edge.from_bytes(data)


def test_a_hash_of_the_wrong_length_never_enters_a_tree() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Edge().append(b"short")
    with pytest.raises(ValueError, match="32 bytes"):
        Edge(1, (b"short",))


def test_an_edge_that_does_not_fit_eight_bytes_is_refused() -> None:
    with pytest.raises(ValueError, match="8 bytes"):
        Edge(1 << 64, (LEAVES[0],))


def test_an_append_costs_no_more_hashes_than_the_tree_is_high(monkeypatch: pytest.MonkeyPatch) -> None:
    real, made = hashlib.sha256, []

    def counting(data: bytes) -> Any:
        made.append(1)
        return real(data)

    monkeypatch.setattr(hashlib, "sha256", counting)
    edge, total = Edge(), 0
    for size in range(1, 4097):
        made.clear()
        edge = edge.append(LEAVES[0])
        assert len(made) <= size.bit_length() - 1
        total += len(made)
    assert total == 4095


@given(SIZES, st.data())
def test_an_inclusion_proof_that_is_made_verifies(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    root = rfc_root(LEAVES[:size])
    proof = inclusion_proof(LEAVES[:size], index)
    assert len(proof) <= (size - 1).bit_length()
    verify_inclusion(index, size, LEAVES[index], proof, root)


@given(SIZES, st.data())
def test_a_consistency_proof_that_is_made_verifies(size: int, data: st.DataObject) -> None:
    size1 = data.draw(st.integers(1, size))
    proof = consistency_proof(LEAVES[:size], size1)
    verify_consistency(size1, size, rfc_root(LEAVES[:size1]), rfc_root(LEAVES[:size]), proof)


def tampered(proof: list[bytes]) -> Iterator[list[bytes]]:
    """Every proof with one bit turned, one hash taken out, put in twice, or cut at another place."""
    for at, value in enumerate(proof):
        turned = bytes([value[0] ^ 1]) + value[1:]
        yield [*proof[:at], turned, *proof[at + 1 :]]
        yield [*proof[:at], *proof[at + 1 :]]
        yield [*proof[:at], value, *proof[at:]]
        yield [*proof[:at], value[:31], *proof[at + 1 :]]
    yield [*proof, LEAVES[0]]


@given(SIZES, st.data())
def test_a_tampered_inclusion_proof_does_not_verify(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    root = rfc_root(LEAVES[:size])
    proof = inclusion_proof(LEAVES[:size], index)
    for bad in tampered(proof):
        with pytest.raises(ProofError):
            verify_inclusion(index, size, LEAVES[index], bad, root)
    with pytest.raises(ProofError):
        verify_inclusion(index, size, leaf_hash(b"another"), proof, root)


@given(st.integers(2, len(LEAVES)), st.data())
def test_a_tampered_history_does_not_verify(size: int, data: st.DataObject) -> None:
    size1 = data.draw(st.integers(1, size - 1))
    root1, root2 = rfc_root(LEAVES[:size1]), rfc_root(LEAVES[:size])
    proof = consistency_proof(LEAVES[:size], size1)
    for bad in tampered(proof):
        with pytest.raises(ProofError):
            verify_consistency(size1, size, root1, root2, bad)
    forged = rfc_root([leaf_hash(b"another"), *LEAVES[1:size]])
    with pytest.raises(ProofError):
        verify_consistency(size1, size, root1, forged, proof)


def subtree_proof(leaves: list[bytes], start: int, end: int, whole: bool = True) -> list[bytes]:
    """SUBTREE_SUBPROOF of draft-ietf-plants-merkle-tree-certs, word for word."""
    n = len(leaves)
    if (start, end) == (0, n):
        return [] if whole else [rfc_root(leaves)]
    k = 1 << (n - 1).bit_length() - 1
    if end <= k:
        return [*subtree_proof(leaves[:k], start, end, whole), rfc_root(leaves[k:])]
    if start >= k:
        return [*subtree_proof(leaves[k:], start - k, end - k, whole), rfc_root(leaves[:k])]
    return [*subtree_proof(leaves[k:], 0, end - k, False), rfc_root(leaves[:k])]


def test_every_subtree_of_every_small_tree_is_shown_to_be_in_it() -> None:
    for size in range(1, 20):
        root = rfc_root(LEAVES[:size])
        for start in range(size):
            for end in range(start + 1, size + 1):
                if start % (1 << (end - start - 1).bit_length()) == 0:
                    proof = subtree_proof(LEAVES[:size], start, end)
                    verify_subtree_consistency(start, end, size, rfc_root(LEAVES[start:end]), root, proof)


def test_a_proof_outside_of_the_tree_is_refused() -> None:
    with pytest.raises(IndexError):
        inclusion_proof(LEAVES, len(LEAVES))
    with pytest.raises(IndexError):
        inclusion_proof([], 0)
    with pytest.raises(IndexError):
        consistency_proof(LEAVES, 0)
    with pytest.raises(IndexError):
        consistency_proof(LEAVES, len(LEAVES) + 1)


def test_the_empty_tree_is_consistent_with_itself_only() -> None:
    verify_consistency(0, 0, EMPTY_ROOT, EMPTY_ROOT, [])
    with pytest.raises(ProofError, match="no consistency proof"):
        verify_consistency(0, 1, EMPTY_ROOT, LEAVES[0], [])
