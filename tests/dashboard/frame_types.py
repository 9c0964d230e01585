"""Writes `static/js/lib/frames.js`, the JSDoc types of the frames, from the structs that make them.

After a change of a struct: `python manage.py shell -c 'from tests.dashboard import frame_types; frame_types.write()'`.
"""

import enum
import textwrap
import types
import typing
from pathlib import Path

import msgspec

from monitoring.dashboard.period_report import PeriodReport
from monitoring.events.shape import Encoded
from monitoring.live import frames
from monitoring.stats.figures import Point
from monitoring.stats.reports.owners import Mine
from monitoring.stats.reports.responses_report import Responses
from monitoring.stats.reports.usage import Usage
from monitoring.stats.sessions.rows import RelatedRows

FILE = Path(__file__).parents[2] / "static/js/lib/frames.js"
WIDTH = 120
HEAD = """/**
 * The types of what the server sends. tests/dashboard/frame_types.py writes this file from the server's structs, whose
 * docstrings say what each means.
 */

/**
 * A point of the overview's charts: `t` is its start in epoch seconds.
 * @typedef {object} Point
 * @property {number} t
 * @property {Record<string, number>} [messages] by role
 * @property {Record<string, number>} [tokens] by model
 * @property {Record<string, number>} [cost] by model, USD
 * @property {Record<string, number>} [errors] by kind
 * @property {Record<string, number>} [wait] p50, p95, p99 in seconds, and the count
 * @property {number | null} [active]
 * @property {number} [started]
 */
"""
ROOTS: list[type] = [
    frames.Overview,
    frames.ReportFrame,
    frames.MineFrame,
    frames.OperationsFrame,
    frames.AlertsFrame,
    frames.SessionFrame,
    frames.NoSession,
    Usage,
    Responses,
    Mine,
    RelatedRows,
    PeriodReport,
]
PRIMITIVES = {str: "string", int: "number", float: "number", bool: "boolean", type(None): "null", typing.Any: "unknown"}


def written() -> str:
    """The file's text."""
    found: dict[type, str] = {}
    waiting = list(ROOTS)
    while waiting:
        struct = waiting.pop(0)
        if struct not in found:
            found[struct] = _typedef(struct, waiting)
    return "\n".join([HEAD, *(found[one] for one in sorted(found, key=lambda one: one.__name__)), "export {};\n"])


def _typedef(struct: type, waiting: list[type]) -> str:
    hints = typing.get_type_hints(struct)
    lines = [f"@typedef {{object}} {struct.__name__}"]
    for each in msgspec.structs.fields(struct):
        hint = hints[each.name]
        name = f"[{each.encode_name}]" if msgspec.UnsetType in typing.get_args(hint) else each.encode_name
        lines += textwrap.wrap(f"@property {{{_type(hint, waiting)}}} {name}", WIDTH - 3, subsequent_indent="  ")
    return "\n".join(["/**", *(f" * {line}" for line in lines), " */", ""])


def _type(hint: typing.Any, waiting: list[type]) -> str:
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if hint == Point:
        return "Point"
    if hint in PRIMITIVES:
        return PRIMITIVES[hint]
    if origin is typing.Annotated or origin is Encoded:
        return _type(parts[0], waiting)
    if origin is typing.Literal:
        return " | ".join(f'"{part}"' for part in parts)
    if origin in (typing.Union, types.UnionType):
        return " | ".join(dict.fromkeys(_type(part, waiting) for part in parts if part is not msgspec.UnsetType))
    if origin is list:
        inner = _type(parts[0], waiting)
        return f"({inner})[]" if "|" in inner else f"{inner}[]"
    if origin is tuple:
        return f"[{', '.join(_type(part, waiting) for part in parts)}]"
    if origin is dict:
        return f"Record<string, {_type(parts[1], waiting)}>"
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return " | ".join(f'"{each.value}"' for each in hint)
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        waiting.append(hint)
        return hint.__name__
    raise TypeError(f"no JSDoc type for {hint}")


def write() -> None:
    FILE.write_text(written())
