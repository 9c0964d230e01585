"""Any CSV table: a map says from which column each field of an event comes, or which constant it is. Pure.

`--map time=created,session_id=chat,status:=completed`. What no column gives is made of the file's name and the line's
number (`id`, and `message_id` of a message), so that it is the same in every run.
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
from monitoring.ingest.importing.lines import Line, Unfit
from monitoring.ingest.importing.table import Row, Table
from monitoring.ingest.sources.cloud_event import CloudEvent, cloud_event, read_moment, write_time

ATTRIBUTES = ("time", "type", "id")
CONTENT = frozenset({"content", "text", "title", "prompt", "body", "message_text", "question", "answer"})
"""Columns that hold what people said, going by their name."""
GIVEN = {"message": {"status": "completed"}}
"""What a field is where the table does not say."""
MADE = {"message": "message_id"}
"""The id that a row's number can stand for; anywhere else it names something that exists already."""

Read = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Cell:
    """Where a field comes from: a column of the table, or a constant."""

    column: str | None
    constant: str = ""


CsvMap = Mapping[str, Cell]


def parse_map(texts: Sequence[str]) -> CsvMap:
    """The words after --map. A part with a comma in it is put in double quotes. Raises Unfit."""
    found: dict[str, Cell] = {}
    for part in (part for text in texts for part in next(csv.reader([text], skipinitialspace=True), [])):
        field, equals, value = (word.strip() for word in part.partition("="))
        constant = field.endswith(":")
        field = field.removesuffix(":").strip()
        if not (field and equals and value):
            raise Unfit(f"--map: {part!r} is neither field=column nor field:=value")
        if field in found:
            raise Unfit(f"--map: {field} is there twice")
        if field.lower() in CONTENT or (not constant and value.lower() in CONTENT):
            raise Unfit(f"--map: {part}: what people said is never kept here, so no column that holds it is read")
        found[field] = Cell(None, value) if constant else Cell(value)
    return found


def read(chosen: CsvMap, type: str, delimiter: str | None, lines: Iterable[str], name: str) -> Iterator[Line]:
    """One event for each row, with the source `file:NAME`. Raises Unfit when map and header do not go together."""
    table = Table(lines, delimiter)
    plan = Plan.of(chosen, type, table.header.columns, table.header.of or name)
    for row in table:
        try:
            yield Line(row.line, () if row.problem else (plan.event(row),), row.problem, row.count)
        except ValueError as error:
            yield Line(row.line, (), str(error), row.count)


@dataclass(frozen=True, slots=True)
class Plan:
    """A map that goes with a table: the column's number, or None and a constant, for each field."""

    name: str
    type: str
    cells: Mapping[str, tuple[int | None, str]]

    @classmethod
    def of(cls, chosen: CsvMap, type: str, columns: Sequence[str], name: str) -> "Plan":
        there = f"the columns are: {', '.join(columns)}"
        if not chosen:
            raise Unfit(f"--map is missing, as in --map time=COLUMN,session_id=COLUMN; {there}")
        several = chosen.get("type", Cell(None, type))
        if several.column is None:
            type = several.constant
            if type not in TYPES:
                raise Unfit(f"--map: type: unknown {type!r}; known: {', '.join(TYPES)}")
        _check_fields(chosen, None if several.column else type, there)
        for field, cell in chosen.items():
            if cell.column is not None and columns.count(cell.column) != 1:
                how = "stands twice in" if cell.column in columns else "is not in"
                raise Unfit(f"--map: {field}={cell.column}: this column {how} the file; {there}")
        return cls(name, type, {field: _place(cell, columns) for field, cell in chosen.items()})

    def event(self, row: Row) -> CloudEvent:
        """Raises ValueError with the field, and the reason."""
        given = {field: row.cells[n] if n is not None else words for field, (n, words) in self.cells.items()}
        made = f"{self.name}:{row.number}"
        time, id, type = given.pop("time"), given.pop("id", made), given.pop("type", self.type)
        if type not in TYPES:
            raise ValueError("type: unknown")
        readers = READERS[type]
        known = {field: readers[field](text) for field, text in given.items() if text and field in readers}
        data = GIVEN.get(type, {}) | known
        own = MADE.get(type)
        if own and own not in given:
            data[own] = made
        if not time:
            raise ValueError("time: missing")
        return cloud_event(f"file:{self.name}", id, type, write_time(read_moment("time", time)), data)


def _place(cell: Cell, columns: Sequence[str]) -> tuple[int | None, str]:
    return (None, cell.constant) if cell.column is None else (columns.index(cell.column), "")


def _check_fields(chosen: CsvMap, type: str | None, there: str) -> None:
    """Every field is one of the type's (of any type's, where a column tells it), and none is missing."""
    types = [type] if type else list(TYPES)
    fields = {field: None for name in types for field in READERS[name]}
    for field in chosen:
        if field not in fields and field not in ATTRIBUTES:
            known = ", ".join([*ATTRIBUTES, *fields])
            raise Unfit(f"--map: {type or 'an event'} has no field {field!r}; it has: {known}; {there}")
    wanted = ["time", *(_required(type) if type else ())]
    missing = [field for field in wanted if field not in chosen]
    if missing:
        raise Unfit(f"--map lacks {', '.join(missing)}, which a {type or 'row'} needs; {there}")


def _required(type: str) -> list[str]:
    given = {*GIVEN.get(type, {}), MADE.get(type)}
    fields = [field.name for field in msgspec.structs.fields(TYPES[type]) if field.required]
    return [field for field in [*fields, *([REQUIRED[type]] if type in REQUIRED else [])] if field not in given]


def _number(text: str) -> object:
    """The word null is an empty cell."""
    return None if text.lower() == "null" else as_number(text)


def _moment(field: str, text: str) -> str:
    """What is no time stays as it stands: where the field may be left out, it is, and is counted."""
    try:
        return write_time(read_moment(field, text))
    except ValueError:
        return text


def _readers(type: str) -> dict[str, Read]:
    """How a cell becomes each field of a type. What is no single value cannot come from a cell."""
    found: dict[str, Read] = {}
    for field in msgspec.structs.fields(TYPES[type]):
        kind = inspect.type_info(field.type)
        kinds = kind.types if isinstance(kind, inspect.UnionType) else (kind,)
        if any(isinstance(one, inspect.DateTimeType) for one in kinds):
            found[field.name] = partial(_moment, field.name)
        elif any(isinstance(one, inspect.LiteralType) for one in kinds):
            found[field.name] = str.lower
        elif any(isinstance(one, inspect.IntType | inspect.FloatType) for one in kinds):
            found[field.name] = _number
        elif any(isinstance(one, inspect.StrType) for one in kinds):
            found[field.name] = str
    return found


READERS = {type: _readers(type) for type in TYPES}
