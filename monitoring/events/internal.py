"""Event types that only sbdash writes: changes by users and commands. No ingest protocol accepts them. Pure."""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from monitoring.events.vocabulary import Data, Id


class Actor(Struct, frozen=True, omit_defaults=True):
    """The actor of an event: a user of sbdash or an API key (`key` is its primary key), a command (`name`), or the
    clock."""

    kind: Literal["user", "key", "command", "clock"]
    key: int | None = None
    name: str | None = None


CLOCK = Actor("clock")


Change = tuple[object, object]
"""The old and the new value of a field, which are JSON values."""


class Changed(Data, frozen=True, kw_only=True, omit_defaults=True):
    """An object was created, changed or deleted. `changes` maps each field that differs to its old and new value; the
    old value of a created object and the new value of a deleted one are None. For a secret it records the change
    without the values. `private` contains changes that identify a person; they are sealed with the key of the user
    `object_key`."""

    object: str
    object_key: Id
    changes: dict[str, Change]
    private: dict[str, Change] | None = None


INTERNAL_TYPES: dict[str, type[Data]] = {"created": Changed, "changed": Changed, "deleted": Changed}
Values = Mapping[str, object]


def difference(before: Values | None, after: Values | None) -> dict[str, Change]:
    """Returns the old and the new value of each field that differs."""
    old, new = before or {}, after or {}
    names = sorted(old.keys() | new.keys())
    return {name: (old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)}
