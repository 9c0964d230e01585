"""Parses a line of the chat application's log. Pure.

A line is a logging record in JSON. Its `message` is the logger's name in brackets, and the repr of a Python dictionary.
"""

import ast
import re
from collections.abc import Mapping

from monitoring.events.json import Json
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
Fields = Mapping[str, Json]


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
        unquoted = _decode(text)
        text = unquoted.strip() if isinstance(unquoted, str) else ""
    prefix = _PREFIX.match(text)
    if prefix is None or len(text) > MAX_MESSAGE_CHARS:
        return {}
    text = text[prefix.end() :]
    parsed = None if text.startswith("{'") else _decode(text)
    fields = parsed if isinstance(parsed, dict) else _parse_repr(text)
    return {"event": "security_event"} | fields if prefix["security"] else fields


def _decode(text: str) -> Json:
    try:
        return decode(text)
    except ValueError:
        return None


def _parse_repr(text: str) -> dict[str, Json]:
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


def _value(node: ast.expr) -> Json:
    match node:
        case ast.Constant(value=str() | bool() | int() | float() as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return -value
        case ast.Dict(keys=keys, values=values):
            pairs = zip(keys, values, strict=True)
            return {
                key.value: _value(value)
                for key, value in pairs
                if isinstance(key, ast.Constant) and isinstance(key.value, str)
            }
        case _:
            return None


def _parse_repr_start(text: str) -> dict[str, Json]:
    """Parses the items before the first one that is not valid Python, such as <Level.HIGH: 3>. It never searches within
    texts, because a user who logs in could have written them."""
    parsed: dict[str, Json] = {}
    item = _ITEM.match(text)
    while item:
        try:
            parsed[item[1]] = ast.literal_eval(item[2])
        except (SyntaxError, ValueError):
            break
        item = _ITEM.match(text, item.end())
    return parsed
