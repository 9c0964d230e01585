"""Keys: a sealed text opens only in its context; a master key is created once, readable by its owner only."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from monitoring.people.keys import DecryptionError, Keyring, hashed, load, new_secret

RING, OTHER = Keyring.of(b"m" * 32), Keyring.of(b"n" * 32)
ROOT = Path(__file__).parents[2]


def test_a_sealed_text_opens_in_its_context() -> None:
    person = RING.digest("user", "alice")
    wrapped = RING.new_key(person)
    sealed = RING.seal(wrapped, person, b"entry 1", b"alice")
    assert "alice" not in sealed
    assert RING.open(wrapped, person, b"entry 1", sealed) == b"alice"


def test_it_opens_in_no_other_context() -> None:
    alice, bob = RING.digest("user", "alice"), RING.digest("user", "bob")
    wrapped, wrapped_for_bob = RING.new_key(alice), RING.new_key(bob)
    sealed = RING.seal(wrapped, alice, b"entry 1", b"alice")
    for ring, key, person, place in [
        (RING, wrapped, alice, b"entry 2"),
        (RING, wrapped, bob, b"entry 1"),
        (RING, wrapped_for_bob, bob, b"entry 1"),
        (RING, RING.new_key(alice), alice, b"entry 1"),
        (OTHER, wrapped, alice, b"entry 1"),
    ]:
        with pytest.raises(DecryptionError):
            ring.open(key, person, place, sealed)


def test_a_text_with_one_bit_changed_does_not_open() -> None:
    person = RING.digest("user", "alice")
    wrapped = RING.new_key(person)
    sealed = RING.seal(wrapped, person, b"place", b"alice")
    bent = sealed[:-6] + ("A" if sealed[-6] != "A" else "B") + sealed[-5:]
    with pytest.raises(DecryptionError):
        RING.open(wrapped, person, b"place", bent)


def test_the_same_text_is_sealed_differently_each_time() -> None:
    person = RING.digest("user", "alice")
    wrapped = RING.new_key(person)
    assert len({RING.seal(wrapped, person, b"place", b"alice") for _ in range(50)}) == 50


def test_a_person_is_found_again_by_kind_and_name_and_only_with_the_same_master_key() -> None:
    assert RING.digest("user", "alice") == RING.digest("user", "alice")
    others = [RING.digest("user", "bob"), RING.digest("address", "alice"), OTHER.digest("user", "alice")]
    assert RING.digest("user", "alice") not in others


def test_a_short_master_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Keyring.of(b"short")


def test_the_master_key_file_is_readable_by_its_owner_only_and_created_once(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "master.key"
    before = os.umask(0)
    try:
        first = load(path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load(path) == first
    assert [one.name for one in path.parent.iterdir()] == ["master.key"]


def test_processes_that_start_at_once_agree_on_the_key(tmp_path: Path) -> None:
    for turn in range(3):
        path = tmp_path / str(turn) / "master.key"
        code = (
            "from pathlib import Path; from monitoring.people.keys import load\n"
            f"print(load(Path({str(path)!r})).digest('user', 'a').hex())"
        )
        racing = [subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE) for _ in range(4)]
        said = {one.communicate(timeout=30)[0] for one in racing}
        assert len(said) == 1
        assert said != {b""}


def test_an_api_key_is_random_and_stored_as_a_hash() -> None:
    assert len({new_secret() for _ in range(100)}) == 100
    secret = new_secret()
    assert secret.startswith("sbd_")
    assert hashed(secret) == hashed(secret) != secret
