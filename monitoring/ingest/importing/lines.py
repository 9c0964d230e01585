"""The interface of file formats: a reader yields the events, or a reason, for each line. Pure."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from monitoring.ingest.sources.cloud_event import CloudEvent


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file (`number` counts from 1) with its CloudEvents, or the problem with it. A row of a table may have
    several lines (`count`). `invalid` names dropped values."""

    number: int
    events: tuple[CloudEvent, ...]
    problem: str | None = None
    count: int = 1
    invalid: tuple[str, ...] = ()


class InvalidImport(ValueError):
    """The file does not have its format, or the options do not fit; the message is for the user."""


class LineSource(Iterator[str]):
    """Yields some of a file's lines; `number` is that of the last one in the whole file."""

    number: int


def numbered(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Yields each line with its number in the file. Anything but a LineSource is the whole file."""
    if not isinstance(lines, LineSource):
        yield from enumerate(lines, 1)
        return
    for text in lines:
        yield lines.number, text


def parse_lines(lines: Iterable[str], parse: Callable[[int, str], tuple[CloudEvent, ...]]) -> Iterator[Line]:
    """Yields a Line for every line that is not blank. `parse` raises ValueError with a reason that quotes no
    content."""
    for number, text in numbered(lines):
        text = text.strip().removeprefix("\ufeff")
        try:
            events = parse(number, text) if text else ()
        except ValueError as error:
            yield Line(number, (), str(error))
        else:
            if events:
                yield Line(number, events)


def read_object(text: str) -> dict[str, Any]:
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


def _read_tolerantly(text: str, reason: str) -> Any:
    try:
        return json.loads(text, parse_constant=lambda constant: constant)
    except (ValueError, RecursionError):
        raise ValueError(f"not readable as JSON: {reason}") from None
