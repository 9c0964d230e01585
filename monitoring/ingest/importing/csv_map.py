"""Reads any CSV table by a map from the fields of an event to columns or constants. Pure.

`--map time=created,session_id=chat,status:=completed`. Ids without a column (`id`, and `message_id` of a message) are
made of the file's name and the line's number, so that they are the same in every run.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec
from msgspec import inspect

from monitoring.events.numbers import as_number
from monitoring.events.vocabulary import REQUIRED, TYPES
from monitoring.ingest.importing.lines import InvalidImport, Line
from monitoring.ingest.importing.table import Row, Table
from monitoring.ingest.sources.cloud_event import CloudEvent, cloud_event, read_moment, write_time

ATTRIBUTES = ("time", "type", "id")
CONTENT = frozenset({"content", "text", "title", "prompt", "body", "message_text", "question", "answer"})
"""Names of columns that hold content."""
DEFAULTS = {"message": {"status": "completed"}}
"""Values of fields that the map does not name."""
GENERATED_IDS = {"message": "message_id"}
"""Id fields that may be generated from a row's number; all other ids refer to existing objects."""

Parse = Callable[[str], Any]


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


def read(chosen: CsvMap, type: str, delimiter: str | None, lines: Iterable[str], name: str) -> Iterator[Line]:
    """Yields one event for each row, with the source `file:NAME`. Raises InvalidImport if the map does not fit the
    header."""
    table = Table(lines, delimiter)
    plan = Plan.of(chosen, type, table.header.columns, table.header.origin or name)
    for row in table:
        try:
            yield Line(row.line, () if row.problem else (plan.event(row),), row.problem, row.count)
        except ValueError as error:
            yield Line(row.line, (), str(error), row.count)


@dataclass(frozen=True, slots=True)
class Plan:
    """A map for one table: for each field the index of a column, or None and a constant."""

    name: str
    type: str
    cells: Mapping[str, tuple[int | None, str]]

    @classmethod
    def of(cls, chosen: CsvMap, type: str, columns: Sequence[str], name: str) -> "Plan":
        columns_hint = f"the columns are: {', '.join(columns)}"
        if not chosen:
            raise InvalidImport(f"--map is missing, as in --map time=COLUMN,session_id=COLUMN; {columns_hint}")
        type_cell = chosen.get("type", Cell(None, type))
        if type_cell.column is None:
            type = type_cell.constant
            if type not in TYPES:
                raise InvalidImport(f"--map: type: unknown {type!r}; known: {', '.join(TYPES)}")
        _check_fields(chosen, None if type_cell.column else type, columns_hint)
        for field, cell in chosen.items():
            if cell.column is not None and columns.count(cell.column) != 1:
                problem = "occurs twice in" if cell.column in columns else "is not in"
                raise InvalidImport(f"--map: {field}={cell.column}: this column {problem} the file; {columns_hint}")
        return cls(name, type, {field: _locate(cell, columns) for field, cell in chosen.items()})

    def event(self, row: Row) -> CloudEvent:
        """Raises ValueError, which names the field and the reason."""
        cells = {field: row.cells[n] if n is not None else constant for field, (n, constant) in self.cells.items()}
        generated_id = f"{self.name}:{row.number}"
        time, id, type = cells.pop("time"), cells.pop("id", generated_id), cells.pop("type", self.type)
        if type not in TYPES:
            raise ValueError("type: unknown")
        parsers = PARSERS[type]
        parsed_cells = {field: parsers[field](text) for field, text in cells.items() if text and field in parsers}
        data = DEFAULTS.get(type, {}) | parsed_cells
        id_field = GENERATED_IDS.get(type)
        if id_field and id_field not in cells:
            data[id_field] = generated_id
        if not time:
            raise ValueError("time: missing")
        return cloud_event(f"file:{self.name}", id, type, write_time(read_moment("time", time)), data)


def _locate(cell: Cell, columns: Sequence[str]) -> tuple[int | None, str]:
    return (None, cell.constant) if cell.column is None else (columns.index(cell.column), "")


def _check_fields(chosen: CsvMap, type: str | None, columns_hint: str) -> None:
    """Raises InvalidImport for unknown and missing fields. Without a type, a column has it: fields of any type are
    allowed."""
    types = [type] if type else list(TYPES)
    fields = {field: None for name in types for field in PARSERS[name]}
    for field in chosen:
        if field not in fields and field not in ATTRIBUTES:
            known = ", ".join([*ATTRIBUTES, *fields])
            raise InvalidImport(f"--map: {type or 'an event'} has no field {field!r}; it has: {known}; {columns_hint}")
    required = ["time", *(_required(type) if type else ())]
    missing = [field for field in required if field not in chosen]
    if missing:
        raise InvalidImport(f"--map lacks {', '.join(missing)}, which a {type or 'row'} needs; {columns_hint}")


def _required(type: str) -> list[str]:
    defaulted = {*DEFAULTS.get(type, {}), GENERATED_IDS.get(type)}
    fields = [field.name for field in msgspec.structs.fields(TYPES[type]) if field.required]
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
