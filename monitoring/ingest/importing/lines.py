"""What every file source yields: for each line, the events it holds or the reason it holds none. Pure."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from monitoring.events.envelope import EPOCH

CloudEvent = dict[str, Any]
_NUMBER = re.compile(r"[0-9]{1,20}(\.[0-9]+)?")
_UNITS = ((10**9, 10**11), (10**6, 10**14), (10**3, 10**17), (1, 10**20))
"""A unit in ns, and the number at which the next smaller one begins: each reaches to the year 5138."""


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


def cloud_event(source: str, id: str, type: str, time: str, data: dict[str, Any]) -> CloudEvent:
    """A CloudEvents 1.0 event; fields of `data` that are None are left out."""
    known = {name: value for name, value in data.items() if value is not None}
    return {"specversion": "1.0", "id": id, "source": source, "type": type, "time": time, "data": known}


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


def read_time(field: str, value: object) -> datetime:
    """An ISO 8601 time in UTC; one without a zone is taken as UTC. Digits beyond the microsecond are cut off."""
    if not isinstance(value, str):
        raise ValueError(f"{field}: not a time")
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError(f"{field}: not a time") from None
    if not 1900 < moment.year < 9000:
        raise ValueError(f"{field}: the year {moment.year} cannot be")
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def read_moment(field: str, text: str) -> datetime:
    """A time as tables hold it: ISO 8601, or a number since 1970 whose size tells s, ms, µs or ns."""
    if not _NUMBER.fullmatch(text):
        return read_time(field, text)
    whole, _, part = text.partition(".")
    unit = next((unit for unit, end in _UNITS if int(whole) < end), None)
    if unit is None:
        raise ValueError(f"{field}: not a time")
    fraction = int(part[:9].ljust(9, "0"))
    return EPOCH + timedelta(microseconds=(int(whole) * 10**9 + fraction) * unit // 10**12)


def write_time(moment: datetime) -> str:
    """ISO 8601 with microseconds and a Z."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
