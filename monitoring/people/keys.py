"""The only holder of keys: every person's own data key, wrapped by a master key kept outside the database. Pure.

AES-256-GCM (NIST SP 800-38D) with random 96-bit nonces; HKDF-SHA256 (RFC 5869) parts the master key by use.
A sealed text is bound to its place: opened anywhere else it does not open. Cursors are AES-SIV (RFC 5297): the same
place in a list is the same cursor.
"""

import hmac
import os
import secrets
from base64 import b64decode, b64encode
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE = 12


class DecryptionError(ValueError):
    """The key is gone, or the text was sealed for another place."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """What can be done with the master key; the key itself stays inside."""

    _wrap: bytes
    _look: bytes
    _cursor: bytes

    @classmethod
    def of(cls, master: bytes) -> "Keyring":
        """Raises ValueError unless `master` has 32 bytes."""
        if len(master) != 32:
            raise ValueError("the master key must have 32 bytes")
        uses = b"sbdash wrap v1", b"sbdash look-up v1", b"sbdash cursor v1"
        return cls(*(_derive(master, use) for use in uses))

    def digest(self, kind: str, name: str) -> bytes:
        """16 bytes by which a person is found again; useless without the master key."""
        return _digest(self._look, kind, name)

    def blind(self, text: bytes) -> str:
        """24 characters that stand for a text; nothing of the text is kept anywhere."""
        return b64encode(hmac.digest(self._look, b"blind\0" + text, "sha256")[:18], b"-_").decode()

    def cover(self, place: bytes, text: bytes) -> str:
        """A text as an opaque word of letters, digits, - and _, bound to a place."""
        return b64encode(AESSIV(self._cursor).encrypt(text, [place]), b"-_").decode().rstrip("=")

    def uncover(self, place: bytes, word: str) -> bytes:
        """The text again. Raises DecryptionError, also for words that nobody made here."""
        try:
            sealed = b64decode(word + "=" * (-len(word) % 4), b"-_", validate=True)
            return AESSIV(self._cursor).decrypt(sealed, [place])
        except (ValueError, InvalidTag):
            raise DecryptionError("made for another place, or not here") from None

    def new_key(self, digest: bytes) -> bytes:
        """A fresh data key for one person, wrapped."""
        return _seal(self._wrap, secrets.token_bytes(32), digest)

    def seal(self, wrapped: bytes, digest: bytes, place: bytes, text: bytes) -> str:
        """Seal with a person's key; base64."""
        return b64encode(_seal(self.open_key(wrapped, digest), text, place)).decode()

    def open(self, wrapped: bytes, digest: bytes, place: bytes, sealed: str) -> bytes:
        """The text again. Raises DecryptionError."""
        return _open(self.open_key(wrapped, digest), b64decode(sealed), place)

    def open_key(self, wrapped: bytes, digest: bytes) -> bytes:
        """A person's key, unwrapped. Raises DecryptionError when another master key wrapped it."""
        return _unwrap(self._wrap, wrapped, digest)


def load(path: Path) -> Keyring:
    """The keyring whose master key lies in a file; made on first use, readable by its owner alone."""
    if not path.exists():
        _make(path)
    return Keyring.of(bytes.fromhex(path.read_text().strip()))


def _make(path: Path) -> None:
    """Write aside, then link: of several processes or threads that begin at once, one wins, the others read its key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    spare = path.with_suffix(f".{secrets.token_hex(8)}")
    with open(os.open(spare, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(secrets.token_hex(32))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(spare, path)
    except FileExistsError:
        pass
    finally:
        spare.unlink()


def hashed(secret: str) -> str:
    """How an API key is stored: its secret has 256 random bits, so one plain hash is enough."""
    return sha256(secret.encode()).hexdigest()


def new_secret() -> str:
    """An API key's secret."""
    return f"sbd_{secrets.token_urlsafe(32)}"


def _derive(master: bytes, use: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=use).derive(master)


MOST_REMEMBERED = 10_000
"""Names, wrapped keys and ciphers that a process remembers, each."""


def remembered() -> int:
    """Of those three, the one of which there are most."""
    return max(kept.cache_info().currsize for kept in (_digest, _unwrap, _cipher))


@lru_cache(maxsize=MOST_REMEMBERED)
def _digest(look: bytes, kind: str, name: str) -> bytes:
    return hmac.digest(look, f"{kind}\0{name}".encode(), "sha256")[:16]


@lru_cache(maxsize=MOST_REMEMBERED)
def _unwrap(wrap: bytes, wrapped: bytes, digest: bytes) -> bytes:
    return _open(wrap, wrapped, digest)


@lru_cache(maxsize=MOST_REMEMBERED)
def _cipher(key: bytes) -> AESGCM:
    return AESGCM(key)


def _seal(key: bytes, text: bytes, place: bytes) -> bytes:
    nonce = os.urandom(NONCE)
    return nonce + _cipher(key).encrypt(nonce, text, place)


def _open(key: bytes, sealed: bytes, place: bytes) -> bytes:
    try:
        return _cipher(key).decrypt(sealed[:NONCE], sealed[NONCE:], place)
    except InvalidTag:
        raise DecryptionError("sealed for another place, or with another key") from None
