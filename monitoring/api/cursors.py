"""Where a page goes on: the `before` of messages and of security events, read. Pure."""

import re

from monitoring.stats.errors import unreadable
from monitoring.stats.sessions.keyset import HIGHEST


def message_place(before: str) -> tuple[int, str]:
    """The time (µs) and the id of a message. Raises Unclear."""
    at, dot, last = before.partition(".")
    if not (dot and last) or "\0" in before:  # PostgreSQL's texts cannot hold a zero byte
        raise unreadable(before)
    return _number(at, before), last


def position(before: str) -> int:
    """The key of a security event. Raises Unclear."""
    return _number(before, before)


def _number(word: str, before: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,19}", word) or abs(int(word)) >= HIGHEST:
        raise unreadable(before)
    return int(word)
