"""Lenient decoding of an event's data: an invalid optional value is left out, and the event is kept. Pure."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import NamedTuple

import msgspec
from msgspec import inspect

from monitoring.events.numbers import read_amount, read_count
from monitoring.events.vocabulary import REQUIRED, TYPES, is_storable


class Field(NamedTuple):
    """The reader of a field's values (it returns None for an invalid one); `number` and `required` describe the
    field."""

    read: Callable[[object], object]
    number: bool
    required: bool


class Fit(NamedTuple):
    """Data without its invalid values; the names of the fields that were left out; the number of unknown fields."""

    data: object
    unread: tuple[str, ...] = ()
    dropped: int = 0


def with_numbers(type: str, data: Mapping[str, object]) -> dict[str, object]:
    """Returns the data with numeric fields converted to numbers. Invalid values are unchanged."""
    fields, converted = _FIELDS[type], dict(data)
    for name in data.keys() & fields.keys():
        if fields[name].number and (number := fields[name].read(data[name])) is not None:
            converted[name] = number
    return converted


def fit(type: str, data: Mapping[str, object], earliest: datetime, latest: datetime) -> Fit:
    """Returns the valid fields of the data. A required field is unchanged even if it is invalid. An optional time is
    invalid unless it is between `earliest` and `latest`."""
    fields, valid, unread = _FIELDS[type], dict[str, object](), list[str]()
    for name, value in data.items():
        field = fields.get(name)
        if field is None or value is None:
            continue
        result = field.read(value)
        if result is None or (isinstance(result, datetime) and not earliest <= result <= latest):
            result = value if field.required else None
        if result is None:
            unread.append(name)
        else:
            valid[name] = result
    return Fit(valid, tuple(unread), sum(name not in fields for name in data))


def _fields(type: str) -> dict[str, Field]:
    fields = {}
    for field in msgspec.structs.fields(TYPES[type]):
        kind = inspect.type_info(field.type)
        members = getattr(kind, "types", (kind,))
        kind = next((member for member in members if not isinstance(member, inspect.NoneType)), kind)
        required = field.required or REQUIRED.get(type) == field.name
        number = isinstance(kind, inspect.IntType | inspect.FloatType)
        fields[field.name] = Field(_reader(kind, field.type), number, required)
    return fields


def _reader(kind: inspect.Type, annotated: type[object]) -> Callable[[object], object]:
    if isinstance(kind, inspect.IntType) and kind.le is not None:
        return partial(read_count, maximum=kind.le)
    if isinstance(kind, inspect.FloatType) and kind.le is not None:
        return partial(read_amount, maximum=kind.le)
    return partial(_converted, annotated)


def _converted(kind: type[object], value: object) -> object:
    try:
        converted = msgspec.convert(value, kind)
    except (msgspec.ValidationError, UnicodeError, RecursionError):
        return None
    return converted if is_storable(value) else None


_FIELDS = {type: _fields(type) for type in TYPES}
