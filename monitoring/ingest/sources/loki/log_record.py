"""Pure. What a line of the chat application's log says: a logging record in JSON, whose `message` is what Python
prints of a dictionary, after its logger's name in brackets."""

import ast
import re
from collections.abc import Mapping
from typing import Any

from monitoring.ingest.sources.loki.wire import decode

MOST = 128 * 1024
"""Characters of a message that are looked at."""
_HEAD = re.compile(
    r"(?:\[[\w -]{1,64}\] )?(?P<security>SECURITY EVENT \[(?:SUCCESS|FAILURE)\]: [\w.:-]{1,64} - )?(?=\{)", re.ASCII
)
"""What the application's loggers write before the dictionary; one of its two security loggers names the event so."""
_EVENT = re.compile(r"""\{['"]event['"]: ['"]([\w.:-]{1,64})['"]""", re.ASCII)
_ITEM = re.compile(
    r"""[{,]\s*'(\w+)': ('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|True|False|None|-?\d{1,20})(?=[,}])""", re.ASCII
)
Said = Mapping[str, Any]


def understand(text: str) -> Said:
    """What a line says: itself, or the message in it. Empty where it is free text."""
    record = _object(text)
    if "event" in record:
        return record
    message = record.get("message", "" if record else text)
    if isinstance(message, dict):
        return message
    return _object(message) if isinstance(message, str) else {}


def _object(text: str) -> Said:
    """The dictionary at the end of a text, in JSON or as Python prints it. Empty where there is none."""
    text = text.strip()
    if text.startswith('"'):
        text = _quoted(text)
    head = _HEAD.match(text)
    if head is None or len(text) > MOST:
        return {}
    found = _dictionary(text[head.end() :])
    return {"event": "security_event"} | found if head["security"] else found


def _quoted(text: str) -> str:
    try:
        found = decode(text)
    except ValueError:
        return ""
    return found.strip() if isinstance(found, str) else ""


def _dictionary(text: str) -> dict[str, Any]:
    if text.startswith("{'"):
        return _printed(text)
    try:
        found = decode(text)
    except ValueError:
        return _printed(text)
    return found if isinstance(found, dict) else {}


def _printed(text: str) -> dict[str, Any]:
    """A printed dictionary: what in it is no text, number or dictionary is None (a printed date is a call)."""
    named = _EVENT.match(text)
    if named and named[1] != "security_event":
        return {"event": named[1]}
    try:
        found = _value(ast.parse(text, mode="eval").body)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return _begun(text)
    return found if isinstance(found, dict) else {}


def _value(node: ast.expr) -> Any:
    match node:
        case ast.Constant(value=str() | bool() | int() | float() as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return -value
        case ast.Dict(keys=keys, values=values):
            pairs = zip(keys, values, strict=True)
            return {key.value: _value(of) for key, of in pairs if isinstance(key, ast.Constant)}
        case _:
            return None


def _begun(text: str) -> dict[str, Any]:
    """Of what Python cannot read back (<Level.HIGH: 3>), one by one what stands before it; nothing is looked for inside
    of texts, where whoever logs in could have written it."""
    found: dict[str, Any] = {}
    item = _ITEM.match(text)
    while item:
        try:
            found[item[1]] = ast.literal_eval(item[2])
        except (SyntaxError, ValueError):
            break
        item = _ITEM.match(text, item.end())
    return found
