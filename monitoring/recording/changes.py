"""Changes that people and commands make to users, roles, keys and prices are entries of the journal."""

from collections.abc import Iterable
from time import time
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import Group
from django.db.models import Model

from monitoring.events.envelope import OWN_SOURCE_PREFIX, Event, digest
from monitoring.events.internal import Actor, Changed, Values, difference
from monitoring.people.models import ApiKey, User
from monitoring.recording.record import commit

SOURCE = f"{OWN_SOURCE_PREFIX}changes"
PRIVATE = frozenset({"username", "first_name", "last_name", "email", "owner_id"})
"""Fields of a user that identify a person."""
RECORDED: dict[type[Model], tuple[str, ...]] = {
    User: (*sorted(PRIVATE), "is_active", "is_staff", "is_superuser"),
    Group: ("name",),
    ApiKey: ("name", "scopes", "rate", "burst", "revoked"),
}
RELATED: dict[type[Model], tuple[str, ...]] = {User: ("groups", "user_permissions"), Group: ("permissions",)}


def record_change(
    actor: Actor,
    object: Model,
    before: Values | None,
    *,
    deleted: bool = False,
    password: bool = False,
    reason: str | None = None,
) -> None:
    """Record what `change_of` gives. Part of the transaction that is open, if one is."""
    record_changes([change_of(actor, object, before, deleted=deleted, password=password, reason=reason)])


def change_of(
    actor: Actor,
    object: Model,
    before: Values | None,
    *,
    deleted: bool = False,
    password: bool = False,
    reason: str | None = None,
) -> Event | None:
    """The event of a user, a role or an API key that was made, changed or deleted; `before` is its state then
    (`state_of`), None where it was not there. None where nothing differs."""
    after = None if deleted else state_of(object)
    if password and before and after:
        before, after = {**before, "password": "old"}, {**after, "password": "new"}
    private = PRIVATE if isinstance(object, User) else frozenset()
    return change(actor, object._meta.model_name or "", object.pk, before, after, private, reason)


def record_changes(made: Iterable[Event | None]) -> None:
    """Append what `change` gave."""
    events = [event for event in made if event]
    if events:
        commit(events)


def state_of(object: Model) -> dict[str, Any]:
    """The fields of a user, a role or an API key that are recorded: no secret, no hash of one."""
    state = {name: _plain(getattr(object, name)) for name in RECORDED[type(object)]}
    for name in RELATED.get(type(object), ()):
        state[name] = sorted(str(one) for one in getattr(object, name).all())
    return state


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float | None) else str(value)


def change(
    actor: Actor,
    object: str,
    key: object,
    before: Values | None,
    after: Values | None,
    private: frozenset[str] = frozenset(),
    reason: str | None = None,
) -> Event | None:
    """The event of an object's change: `before` and `after` are its fields' values, None where it was not there; those
    named in `private` identify a person. None where nothing differs. A value is what JSON can hold, and no secret."""
    found = difference(before, after)
    if not found:
        return None
    type = "created" if before is None else "deleted" if after is None else "changed"
    public = {name: pair for name, pair in found.items() if name not in private}
    sealed = {name: pair for name, pair in found.items() if name in private}
    data = Changed(object=object, object_key=str(key), changes=public, private=sealed or None)
    id = uuid4().hex
    return Event(SOURCE, id, type, int(time() * 1e6), data, digest(SOURCE, id), actor=actor, reason=reason)
