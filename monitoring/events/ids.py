"""Digests that stand for foreign ids (of sessions, messages and users) in keys and indexes. Pure."""

from functools import lru_cache
from hashlib import sha256


@lru_cache(maxsize=50_000)
def short(text: str) -> bytes:
    """Returns the first 16 bytes of the SHA-256 of a foreign id."""
    return sha256(text.encode()).digest()[:16]


def session_number(id: str | None) -> int | None:
    """Returns the number by which the journal indexes a session's entries: the first 8 bytes of `short`, signed."""
    return None if id is None else int.from_bytes(short(id)[:8], "big", signed=True)
