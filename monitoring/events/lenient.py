"""What of an event's data can be read, field by field: one odd value costs that value, not the event. Pure."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

import msgspec
from msgspec import inspect

from monitoring.events.numbers import read_amount, read_count
from monitoring.events.vocabulary import REQUIRED, TYPES, is_storable

Read = Callable[[Any], Any]


class Field(NamedTuple):
    """How a value of a field is read (None: it cannot be), and whether an event is nothing without it."""

    read: Read
    number: bool
    required: bool


class Fit(NamedTuple):
    """The data without what cannot be read; the names of the fields that were left out so; how many unknown ones."""

    data: Any
    unread: tuple[str, ...] = ()
    dropped: int = 0


def with_numbers(type: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """The data with its numbers as numbers; what cannot be read stays as it was sent."""
    return {name: _number(_FIELDS[type].get(name), value) for name, value in data.items()}


def _number(field: Field | None, value: Any) -> Any:
    found = field.read(value) if field is not None and field.number else None
    return value if found is None else found


def fit(type: str, data: Mapping[str, Any], earliest: datetime, latest: datetime) -> Fit:
    """What of the data can be read. A required field stays as it was sent; a time that is optional lies from `earliest`
    to `latest`."""
    fields, kept, unread = _FIELDS[type], dict[str, Any](), list[str]()
    for name, value in data.items():
        field = fields.get(name)
        if field is None or value is None:
            continue
        found = field.read(value)
        if found is None or (isinstance(found, datetime) and not earliest <= found <= latest):
            found = value if field.required else None
        if found is None:
            unread.append(name)
        else:
            kept[name] = found
    return Fit(kept, tuple(unread), sum(name not in fields for name in data))


def _converted(kind: Any, value: Any) -> Any:
    try:
        found = msgspec.convert(value, kind)
    except (msgspec.ValidationError, UnicodeError, RecursionError):
        return None
    return found if is_storable(value) else None


def _fields(type: str) -> dict[str, Field]:
    found = {}
    for field in msgspec.structs.fields(TYPES[type]):
        kind = inspect.type_info(field.type)
        one = next((of for of in getattr(kind, "types", (kind,)) if not isinstance(of, inspect.NoneType)), kind)
        required = field.required or REQUIRED.get(type) == field.name
        number = isinstance(one, inspect.IntType | inspect.FloatType)
        found[field.name] = Field(_reader(one, field.type), number, required)
    return found


def _reader(kind: inspect.Type, annotated: Any) -> Read:
    if isinstance(kind, inspect.IntType) and kind.le is not None:
        return partial(read_count, most=kind.le)
    if isinstance(kind, inspect.FloatType) and kind.le is not None:
        return partial(read_amount, most=kind.le)
    return partial(_converted, annotated)


_FIELDS = {type: _fields(type) for type in TYPES}
