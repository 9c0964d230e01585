"""Reads any CSV table by a map from the fields of an event to columns or constants. Pure.

`--map time=created,session_id=chat,status:=completed`. Ids without a column (`id`, and `message_id` of a message) are
made of the file's name and the line's number, so that they are the same in every run.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import msgspec
from msgspec import inspect

from monitoring.events.numbers import as_number
from monitoring.events.vocabulary import REQUIRED, TYPES
from monitoring.ingest.importing.lines import InvalidImport, Line, RawLine, parse_lines
from monitoring.ingest.importing.table import Row, Table
from monitoring.ingest.sources.cloud_event import CloudEvent, cloud_event, read_moment, write_time

ATTRIBUTES = ("time", "type", "id")
CONTENT = frozenset({"content", "text", "title", "prompt", "body", "message_text", "question", "answer"})
"""Names of columns that hold content."""
MESSAGE_DEFAULTS = frozenset({"status", "message_id"})
"""Fields of a message that the map need not name: `completed`, and an id from the row's number. All other ids refer to
existing objects."""

Parse = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Cell:
    """The source of a field: a column of the table, or a constant."""

    column: str | None
    constant: str = ""


CsvMap = Mapping[str, Cell]


def parse_map(texts: Sequence[str]) -> CsvMap:
    """Parses the values of --map. A part that contains a comma is in double quotes. Raises InvalidImport."""
    parsed: dict[str, Cell] = {}
    for part in (part for text in texts for part in next(csv.reader([text], skipinitialspace=True), [])):
        field, equals, value = (word.strip() for word in part.partition("="))
        constant = field.endswith(":")
        field = field.removesuffix(":").strip()
        if not (field and equals and value):
            raise InvalidImport(f"--map: {part!r} is neither field=column nor field:=value")
        if field in parsed:
            raise InvalidImport(f"--map: {field} is given twice")
        if field.lower() in CONTENT or (not constant and value.lower() in CONTENT):
            raise InvalidImport(f"--map: {part}: content is never stored, so no column with content is read")
        parsed[field] = Cell(None, value) if constant else Cell(value)
    return parsed


def read(chosen: CsvMap, type: str, delimiter: str | None, lines: Iterable[RawLine], name: str) -> Iterator[Line]:
    """Yields one event for each row, with the source `file:NAME`. Raises InvalidImport if the map does not fit the
    header."""
    table = Table(lines, delimiter)
    _check_map(chosen, type, table.columns)
    constants = {"type": type} | {field: cell.constant for field, cell in chosen.items() if cell.column is None}
    indexes = {field: table.columns.index(cell.column) for field, cell in chosen.items() if cell.column is not None}

    def parse(row: Row) -> Line:
        cells = constants | {field: row.cells[index] for field, index in indexes.items()}
        return Line(row, (_event(cells, name, f"{name}:{row.number}"),))

    return parse_lines(table, parse)


def _event(cells: dict[str, str], name: str, generated_id: str) -> CloudEvent:
    """Raises ValueError, which names the field and the reason."""
    time, id, type = cells.pop("time"), cells.pop("id", generated_id), cells.pop("type")
    if type not in TYPES:
        raise ValueError("type: unknown")
    parsers = PARSERS[type]
    data = {field: parsers[field](text) for field, text in cells.items() if text and field in parsers}
    if type == "message":
        data.setdefault("status", "completed")
        if "message_id" not in cells:
            data["message_id"] = generated_id
    if not time:
        raise ValueError("time: missing")
    return cloud_event(f"file:{name}", id, type, write_time(read_moment("time", time)), data)


def _check_map(chosen: CsvMap, type: str, columns: Sequence[str]) -> None:
    """Raises InvalidImport for unknown and missing fields and columns. A type that a column has allows all fields."""
    columns_hint = f"the columns are: {', '.join(columns)}"
    if not chosen:
        raise InvalidImport(f"--map is missing, as in --map time=COLUMN,session_id=COLUMN; {columns_hint}")
    type_cell = chosen.get("type", Cell(None, type))
    if type_cell.column is None and type_cell.constant not in TYPES:
        raise InvalidImport(f"--map: type: unknown {type_cell.constant!r}; known: {', '.join(TYPES)}")
    types = [type_cell.constant] if type_cell.column is None else list(TYPES)
    subject = type_cell.constant if type_cell.column is None else "row"
    known = [*ATTRIBUTES, *dict.fromkeys(field for one in types for field in PARSERS[one])]
    required = ["time", *(_required(type_cell.constant) if type_cell.column is None else ())]
    for field, cell in chosen.items():
        if field not in known:
            raise InvalidImport(f"--map: {subject} has no field {field!r}; it has: {', '.join(known)}; {columns_hint}")
        if cell.column is not None and columns.count(cell.column) != 1:
            problem = "occurs twice in" if cell.column in columns else "is not in"
            raise InvalidImport(f"--map: {field}={cell.column}: this column {problem} the file; {columns_hint}")
    missing = [field for field in required if field not in chosen]
    if missing:
        raise InvalidImport(f"--map lacks {', '.join(missing)}, which a {subject} needs; {columns_hint}")


def _required(type: str) -> list[str]:
    fields = [field.name for field in msgspec.structs.fields(TYPES[type]) if field.required]
    defaulted = MESSAGE_DEFAULTS if type == "message" else ()
    return [field for field in [*fields, *([REQUIRED[type]] if type in REQUIRED else [])] if field not in defaulted]


def _number(text: str) -> object:
    """The text null is an empty cell."""
    return None if text.lower() == "null" else as_number(text)


def _time(field: str, text: str) -> str:
    """An invalid time remains unchanged: validation drops and counts it if the field is optional."""
    try:
        return write_time(read_moment(field, text))
    except ValueError:
        return text


def _parsers(type: str) -> dict[str, Parse]:
    """Returns the parser of each field of a type that can be in a cell. Fields without a single value cannot."""
    parsers: dict[str, Parse] = {}
    for field in msgspec.structs.fields(TYPES[type]):
        type_info = inspect.type_info(field.type)
        types = type_info.types if isinstance(type_info, inspect.UnionType) else (type_info,)
        if any(isinstance(info, inspect.DateTimeType) for info in types):
            parsers[field.name] = partial(_time, field.name)
        elif any(isinstance(info, inspect.LiteralType) for info in types):
            parsers[field.name] = str.lower
        elif any(isinstance(info, inspect.IntType | inspect.FloatType) for info in types):
            parsers[field.name] = _number
        elif any(isinstance(info, inspect.StrType) for info in types):
            parsers[field.name] = str
    return parsers


PARSERS = {type: _parsers(type) for type in TYPES}
