"""What stands for the ids that others give. Pure."""

from functools import lru_cache
from hashlib import sha256


@lru_cache(maxsize=50_000)
def short(text: str) -> bytes:
    """16 bytes that stand for a foreign id."""
    return sha256(text.encode()).digest()[:16]


def session_number(id: str | None) -> int | None:
    """By which a session's entries are found in the journal: the first 8 bytes of `short`, as a signed number."""
    return None if id is None else int.from_bytes(short(id)[:8], "big", signed=True)
