"""Parsers for attribute values: each returns None if the value is invalid for its meaning. Pure."""

import re
from collections.abc import Callable
from datetime import datetime
from functools import partial

import msgspec

from monitoring.events.json import Json
from monitoring.events.numbers import MAX_DOLLARS, read_amount, read_count
from monitoring.events.vocabulary import VISIBLE, is_storable

Parser = Callable[[object], object]
CODE = re.compile(r"[\w.:/@+-]{1,128}", re.ASCII)
OPERATION_NAMES = {
    "completion": "text_completion",
    "embedding": "embeddings",
    "generation": "chat",
    "llm": "chat",
    "response": "chat",
    "responses": "chat",
    "agent": "invoke_agent",
    "workflow": "invoke_workflow",
    "tool": "execute_tool",
    "retriever": "retrieval",
    "reranker": "rerank",
}
"""Names of operations in other dialects, and the name in the semantic conventions."""
MAX_SECONDS = 1e9
_visible = re.compile(VISIBLE).match


def code(value: object) -> str | None:
    """Returns the value if it is one short word."""
    return value if isinstance(value, str) and CODE.fullmatch(value) else None


def operation(value: object) -> str | None:
    """Returns the operation's name in the semantic conventions."""
    name = code(value)
    return OPERATION_NAMES.get(name.lower(), name.lower()) if name else None


def identifier(value: object) -> str | None:
    """Returns an id that the vocabulary accepts; an integer becomes text."""
    text = str(value) if type(value) is int else value
    return text if isinstance(text, str) and len(text) <= 512 and _visible(text) and is_storable(text) else None


def text(max_chars: int, value: object) -> str | None:
    """Returns a text of 1 to `max_chars` characters."""
    return value if isinstance(value, str) and 0 < len(value) <= max_chars and is_storable(value) else None


def mapping(value: object) -> dict[str, Json] | None:
    """Returns a map, also from a text with JSON."""
    if isinstance(value, str):
        try:
            value = msgspec.json.decode(value)
        except (ValueError, RecursionError):
            return None
    return value if isinstance(value, dict) else None


def instant(value: object) -> int | None:
    """Returns ns since 1970 of an ISO 8601 time with a zone; Langfuse sends it in quotes."""
    try:
        time = datetime.fromisoformat(value.strip('"')) if isinstance(value, str) else None
        return int(time.timestamp() * 1e6) * 1000 if time is not None and time.tzinfo else None
    except (ValueError, OverflowError):
        return None


_dollars = partial(read_amount, maximum=MAX_DOLLARS)
PARSERS: dict[str, Parser] = {
    "session": identifier,
    "user": identifier,
    "operation": operation,
    "model": code,
    "input": read_count,
    "output": read_count,
    "total": read_count,
    "usage": mapping,
    "cost": _dollars,
    "cost input": _dollars,
    "cost output": _dollars,
    "costs": mapping,
    "first chunk": partial(read_amount, maximum=MAX_SECONDS),
    "first chunk at": instant,
    "ip": partial(text, 100),
    "agent": partial(text, 2000),
}
"""The parser of each meaning; values of other meanings are used as they are."""
