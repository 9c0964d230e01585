"""What every file source yields: for each line, the events it holds or the reason it holds none. Pure."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from monitoring.ingest.sources.cloud_event import CloudEvent


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file (`number` counts from 1): its CloudEvents, or what is wrong with it. A row of a table may
    stand on several (`count`). `odd` names what was left out because it could not be read."""

    number: int
    events: tuple[CloudEvent, ...]
    problem: str | None = None
    count: int = 1
    odd: tuple[str, ...] = ()


class Unfit(ValueError):
    """The file as a whole is not what its format says; the text is for the person who chose it."""


class Part(Iterator[str]):
    """Some of a file's lines; `number` is that of the line given last, counted in the whole file."""

    number: int


def numbered(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Each line with its number in the file. What is not a Part is the whole file."""
    if not isinstance(lines, Part):
        yield from enumerate(lines, 1)
        return
    for text in lines:
        yield lines.number, text


def each(lines: Iterable[str], parse: Callable[[int, str], tuple[CloudEvent, ...]]) -> Iterator[Line]:
    """A Line for every line that says something. `parse` raises ValueError with a reason, never with the content."""
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
    """The JSON object on a line; ValueError where there is none. NaN, which Python writes, is a word."""
    try:
        found = msgspec.json.decode(text)
    except UnicodeError:
        raise ValueError("not readable as UTF-8") from None
    except (msgspec.DecodeError, RecursionError) as error:
        found = _read_tolerantly(text, str(error))
    if not isinstance(found, dict):
        raise ValueError("not a JSON object")
    return found


def _read_tolerantly(text: str, reason: str) -> Any:
    try:
        return json.loads(text, parse_constant=lambda word: word)
    except (ValueError, RecursionError):
        raise ValueError(f"not readable as JSON: {reason}") from None
