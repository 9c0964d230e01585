"""The interface of file formats: a reader yields the events, or a reason, for each line. Pure."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from monitoring.ingest.sources.cloud_event import CloudEvent


@dataclass(frozen=True, slots=True)
class RawLine:
    """A line as it stands in the file, with its line ending; `number` counts from 1. A line with a problem cannot be
    read: `text` is empty if it is too long, and has surrogates for bytes that are not UTF-8."""

    number: int
    text: str
    problem: str | None = None


Raw = TypeVar("Raw", bound=RawLine)


@dataclass(frozen=True, slots=True)
class Line:
    """A line, or the lines of a table's row, with its CloudEvents, or the problem with it. `invalid` names dropped
    values."""

    raw: RawLine
    events: tuple[CloudEvent, ...] = ()
    problem: str | None = None
    invalid: tuple[str, ...] = ()


class InvalidImport(ValueError):
    """The file does not have its format, or the options do not fit; the message is for the user."""


def parse_lines(lines: Iterable[Raw], parse: Callable[[Raw], Line]) -> Iterator[Line]:
    """Yields a Line for every line that has events or a problem. `parse` raises ValueError with a reason that quotes no
    content."""
    for raw in lines:
        if raw.problem:
            yield Line(raw, problem=raw.problem)
        elif raw.text.strip():
            try:
                line = parse(raw)
            except ValueError as error:
                line = Line(raw, problem=str(error))
            if line.events or line.problem:
                yield line


def read_object(text: str) -> CloudEvent:
    """Returns the JSON object on a line; NaN, which Python writes, becomes a string. Raises ValueError."""
    try:
        parsed = msgspec.json.decode(text)
    except UnicodeError:
        raise ValueError("not readable as UTF-8") from None
    except (msgspec.DecodeError, RecursionError) as error:
        parsed = _read_tolerantly(text, str(error))
    if not isinstance(parsed, dict):
        raise ValueError("not a JSON object")
    return parsed


def _read_tolerantly(text: str, reason: str) -> object:
    try:
        return json.loads(text, parse_constant=lambda constant: constant)
    except (ValueError, RecursionError):
        raise ValueError(f"not readable as JSON: {reason}") from None
