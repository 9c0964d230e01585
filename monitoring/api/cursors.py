"""Parses page cursors: the parameter `before` of messages, of alerts and of security events. Pure."""

import re

from monitoring.stats.errors import unreadable
from monitoring.stats.sessions.keyset import HIGHEST


def message_cursor(before: str) -> tuple[int, str]:
    """The time (µs) and the id of a message. Raises Unclear."""
    at, dot, last = before.partition(".")
    if not (dot and last) or "\0" in before:  # PostgreSQL's texts cannot hold a zero byte
        raise unreadable(before)
    return _number(at, before), last


def pair_cursor(before: str) -> tuple[int, int]:
    """Two numbers, such as the start (µs) and the key of an alert. Raises Unclear."""
    first, dot, second = before.partition(".")
    if not dot:
        raise unreadable(before)
    return _number(first, before), _number(second, before)


def event_cursor(before: str) -> int:
    """The key of a security event. Raises Unclear."""
    return _number(before, before)


def _number(digits: str, before: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,19}", digits) or abs(int(digits)) >= HIGHEST:
        raise unreadable(before)
    return int(digits)
