"""Parses a line of the chat application's log. Pure.

A line is a logging record in JSON. Its `message` is the logger's name in brackets, and the repr of a Python dictionary.
"""

import ast
import re
from collections.abc import Mapping
from typing import Any

from monitoring.ingest.sources.loki.wire import decode

MAX_MESSAGE_CHARS = 128 * 1024
"""A longer message is not parsed."""
_PREFIX = re.compile(
    r"(?:\[[\w -]{1,64}\] )?(?P<security>SECURITY EVENT \[(?:SUCCESS|FAILURE)\]: [\w.:-]{1,64} - )?(?=\{)", re.ASCII
)
"""The text before the dictionary; one of the application's two security loggers has the event only in it."""
_EVENT = re.compile(r"""\{['"]event['"]: ['"]([\w.:-]{1,64})['"]""", re.ASCII)
_ITEM = re.compile(
    r"""[{,]\s*'(\w+)': ('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|True|False|None|-?\d{1,20})(?=[,}])""", re.ASCII
)
Fields = Mapping[str, Any]


def parse_line(text: str) -> Fields:
    """Returns the fields of the line, or of the message in it; none if it is free text."""
    record = _parse_fields(text)
    if "event" in record:
        return record
    message = record.get("message", "" if record else text)
    if isinstance(message, dict):
        return message
    return _parse_fields(message) if isinstance(message, str) else {}


def _parse_fields(text: str) -> Fields:
    """Returns the dictionary at the end of a text, in JSON or as a repr; empty if there is none."""
    text = text.strip()
    if text.startswith('"'):
        text = _unquote(text)
    prefix = _PREFIX.match(text)
    if prefix is None or len(text) > MAX_MESSAGE_CHARS:
        return {}
    parsed = _parse_dictionary(text[prefix.end() :])
    return {"event": "security_event"} | parsed if prefix["security"] else parsed


def _unquote(text: str) -> str:
    try:
        parsed = decode(text)
    except ValueError:
        return ""
    return parsed.strip() if isinstance(parsed, str) else ""


def _parse_dictionary(text: str) -> dict[str, Any]:
    if text.startswith("{'"):
        return _parse_repr(text)
    try:
        parsed = decode(text)
    except ValueError:
        return _parse_repr(text)
    return parsed if isinstance(parsed, dict) else {}


def _parse_repr(text: str) -> dict[str, Any]:
    """Parses the repr of a dictionary. Values other than text, numbers, booleans and dictionaries become None, such as
    the repr of a date, which is a call."""
    event = _EVENT.match(text)
    if event and event[1] != "security_event":
        return {"event": event[1]}
    try:
        parsed = _value(ast.parse(text, mode="eval").body)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return _parse_repr_start(text)
    return parsed if isinstance(parsed, dict) else {}


def _value(node: ast.expr) -> Any:
    match node:
        case ast.Constant(value=str() | bool() | int() | float() as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return -value
        case ast.Dict(keys=keys, values=values):
            pairs = zip(keys, values, strict=True)
            return {key.value: _value(item_value) for key, item_value in pairs if isinstance(key, ast.Constant)}
        case _:
            return None


def _parse_repr_start(text: str) -> dict[str, Any]:
    """Parses the items before the first one that is not valid Python, such as <Level.HIGH: 3>. It never searches within
    texts, because a user who logs in could have written them."""
    parsed: dict[str, Any] = {}
    item = _ITEM.match(text)
    while item:
        try:
            parsed[item[1]] = ast.literal_eval(item[2])
        except (SyntaxError, ValueError):
            break
        item = _ITEM.match(text, item.end())
    return parsed
