"""Values of attributes as they are read: a reader gives None where a value cannot be what its meaning wants. Pure."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

import msgspec

from monitoring.events.numbers import MAX_DOLLARS, read_amount, read_count
from monitoring.events.vocabulary import VISIBLE, is_storable

Read = Callable[[Any], Any]
CODE = re.compile(r"[\w.:/@+-]{1,128}", re.ASCII)
OPERATIONS = {
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
"""What the dialects call an operation, in the words of the conventions."""
MOST_SECONDS = 1e9
_visible = re.compile(VISIBLE).match


def code(value: object) -> str | None:
    """The value where it is one short word, as names and codes are."""
    return value if isinstance(value, str) and CODE.fullmatch(value) else None


def operation(value: object) -> str | None:
    """An operation in the words of the conventions, whichever dialect it came in."""
    word = code(value)
    return OPERATIONS.get(word.lower(), word.lower()) if word else None


def identifier(value: object) -> str | None:
    """An id as the vocabulary takes it; it may be a whole number."""
    text = str(value) if type(value) is int else value
    return text if isinstance(text, str) and len(text) <= 512 and _visible(text) and is_storable(text) else None


def text(longest: int, value: object) -> str | None:
    """A text of 1 to `longest` characters."""
    return value if isinstance(value, str) and 0 < len(value) <= longest and is_storable(value) else None


def mapping(value: object) -> Mapping[str, Any] | None:
    """A map; it may have been written as JSON in a text."""
    if isinstance(value, str):
        try:
            value = msgspec.json.decode(value)
        except (ValueError, RecursionError):
            return None
    return value if isinstance(value, dict) else None


def instant(value: object) -> int | None:
    """ns since 1970 of an ISO 8601 time with a zone; Langfuse writes it in quotes."""
    try:
        moment = datetime.fromisoformat(value.strip('"')) if isinstance(value, str) else None
        return int(moment.timestamp() * 1e6) * 1000 if moment is not None and moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


_dollars = partial(read_amount, maximum=MAX_DOLLARS)
READERS: dict[str, Read] = {
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
    "first chunk": partial(read_amount, maximum=MOST_SECONDS),
    "first chunk at": instant,
    "ip": partial(text, 100),
    "agent": partial(text, 2000),
}
"""How the value of a meaning is read; those of other meanings are looked at as they are."""
