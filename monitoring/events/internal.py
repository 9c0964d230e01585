"""What sbdash itself says in the journal: changes that people and commands make. No door decodes these types. Pure."""

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct

from monitoring.events.vocabulary import Data, Id


class Actor(Struct, frozen=True, omit_defaults=True):
    """Who acted: a user of sbdash (`key` is the user's), a command (`name` is its own), or the clock."""

    kind: Literal["user", "command", "clock"]
    key: int | None = None
    name: str | None = None


CLOCK = Actor("clock")


class Changed(Data, frozen=True, kw_only=True, omit_defaults=True):
    """An object that was made, changed or deleted. `changes` has the old and the new value of each field that differs;
    None where the object was not there. Of a secret it has no value, but that it changed. `private` are changes that
    identify a person: they are sealed with the key of the user `object_key`."""

    object: str
    object_key: Id
    changes: dict[str, tuple[Any, Any]]
    private: dict[str, tuple[Any, Any]] | None = None


INTERNAL_TYPES: dict[str, type[Data]] = {"created": Changed, "changed": Changed, "deleted": Changed}
Values = Mapping[str, Any]


def difference(before: Values | None, after: Values | None) -> dict[str, tuple[Any, Any]]:
    """The fields that differ, each with its old and its new value."""
    old, new = before or {}, after or {}
    names = sorted(old.keys() | new.keys())
    return {name: (old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)}
