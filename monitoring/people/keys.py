"""Encryption: a data key for each person, wrapped by a master key that is kept outside of the database. Pure.

Texts are encrypted with AES-256-GCM (NIST SP 800-38D) and random 96-bit nonces. HKDF-SHA256 (RFC 5869) derives a key
for each use from the master key. The context of a sealed text is authenticated with it (associated data): the text
cannot be opened in another context. Cursors use AES-SIV (RFC 5297), which is deterministic: equal positions are equal
cursors.
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

NONCE_BYTES = 12


class DecryptionError(ValueError):
    """The key is wrong or destroyed, or the text was sealed in another context."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """The operations with the master key, by keys that are derived from it."""

    _wrap_key: bytes
    _hash_key: bytes
    _cursor_key: bytes

    @classmethod
    def of(cls, master: bytes) -> "Keyring":
        """Returns the keyring of a master key. Raises ValueError unless it has 32 bytes."""
        if len(master) != 32:
            raise ValueError("the master key must have 32 bytes")
        uses = b"sbdash wrap v1", b"sbdash look-up v1", b"sbdash cursor v1"
        return cls(*(HKDF(algorithm=SHA256(), length=32, salt=None, info=use).derive(master) for use in uses))

    def digest(self, kind: str, name: str) -> bytes:
        """Returns the keyed hash (16 bytes) by which a person is looked up."""
        return _digest(self._hash_key, kind, name)

    def keyed_hash(self, text: bytes) -> str:
        """Returns the keyed hash of a text, as 24 characters (letters, digits, - and _)."""
        return b64encode(hmac.digest(self._hash_key, b"blind\0" + text, "sha256")[:18], b"-_").decode()

    def encrypt_cursor(self, context: bytes, text: bytes) -> str:
        """Returns the encrypted text, as letters, digits, - and _. It is bound to `context`."""
        return b64encode(AESSIV(self._cursor_key).encrypt(text, [context]), b"-_").decode().rstrip("=")

    def decrypt_cursor(self, context: bytes, cursor: str) -> bytes:
        """Reverses `encrypt_cursor`. Raises DecryptionError, also if `cursor` is malformed."""
        try:
            sealed = b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True)
            return AESSIV(self._cursor_key).decrypt(sealed, [context])
        except (ValueError, InvalidTag):
            raise DecryptionError("not a cursor of this context") from None

    def new_key(self, digest: bytes) -> bytes:
        """Returns a new data key for a person, wrapped."""
        return _seal(self._wrap_key, secrets.token_bytes(32), digest)

    def seal(self, wrapped: bytes, digest: bytes, context: bytes, text: bytes) -> str:
        """Encrypts a text with a person's key. Returns base64."""
        return b64encode(_seal(self.open_key(wrapped, digest), text, context)).decode()

    def open(self, wrapped: bytes, digest: bytes, context: bytes, sealed: str) -> bytes:
        """Reverses `seal`. Raises DecryptionError."""
        return _open(self.open_key(wrapped, digest), b64decode(sealed), context)

    def open_key(self, wrapped: bytes, digest: bytes) -> bytes:
        """Unwraps a person's key. Raises DecryptionError if another master key wrapped it."""
        return _unwrap(self._wrap_key, wrapped, digest)


def load(path: Path) -> Keyring:
    """Returns the keyring of the master key in a file. Creates the file at first use, readable by its owner only."""
    if not path.exists():
        _create_master_key(path)
    return Keyring.of(bytes.fromhex(path.read_text().strip()))


def _create_master_key(path: Path) -> None:
    """Writes a temporary file and links it: of several processes that start at once one succeeds, and the others read
    its key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{secrets.token_hex(8)}")
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(secrets.token_hex(32))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(temporary, path)
    except FileExistsError:
        pass
    finally:
        temporary.unlink()


def hashed(secret: str) -> str:
    """Returns the stored form of an API key's secret. SHA-256 is enough, since the secret has 256 random bits."""
    return sha256(secret.encode()).hexdigest()


def new_secret() -> str:
    """Returns a new secret for an API key."""
    return f"sbd_{secrets.token_urlsafe(32)}"


MAX_CACHED = 10_000
"""Entries in each cache of this module: digests, unwrapped keys, ciphers."""


def cached() -> int:
    """Returns the number of entries in the fullest of the three caches."""
    return max(function.cache_info().currsize for function in (_digest, _unwrap, _cipher))


@lru_cache(maxsize=MAX_CACHED)
def _digest(hash_key: bytes, kind: str, name: str) -> bytes:
    return hmac.digest(hash_key, f"{kind}\0{name}".encode(), "sha256")[:16]


_cipher = lru_cache(maxsize=MAX_CACHED)(AESGCM)


def _seal(key: bytes, text: bytes, context: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + _cipher(key).encrypt(nonce, text, context)


def _open(key: bytes, sealed: bytes, context: bytes) -> bytes:
    try:
        return _cipher(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context)
    except InvalidTag:
        raise DecryptionError("sealed in another context, or with another key") from None


_unwrap = lru_cache(maxsize=MAX_CACHED)(_open)
