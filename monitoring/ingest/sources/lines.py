"""What every file source yields: for each line, the events it holds or the reason it holds none."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

CloudEvent = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file (`number` counts from 1): its CloudEvents, or what is wrong with it."""

    number: int
    events: tuple[CloudEvent, ...]
    problem: str | None = None


def each(lines: Iterable[str], parse: Callable[[int, str], tuple[CloudEvent, ...]]) -> Iterator[Line]:
    """A Line for every line that says something. `parse` raises ValueError with a reason, never with the content."""
    for number, text in enumerate(lines, 1):
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
    """The JSON object on a line; ValueError where there is none."""
    try:
        found = msgspec.json.decode(text)
    except UnicodeError:
        raise ValueError("not readable as UTF-8") from None
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(f"not readable as JSON: {error}") from None
    if not isinstance(found, dict):
        raise ValueError("not a JSON object")
    return found


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


def write_time(moment: datetime) -> str:
    """ISO 8601 with microseconds and a Z."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
