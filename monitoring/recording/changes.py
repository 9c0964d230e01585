"""Recording of changes that users and commands make to users, roles, API keys and prices."""

from collections.abc import Iterable
from datetime import datetime
from time import time
from uuid import uuid4

from django.contrib.auth.models import Group
from django.db.models import Model

from monitoring.events.envelope import OWN_SOURCE_PREFIX, Event, digest
from monitoring.events.internal import Actor, Changed, Values, difference
from monitoring.people.models import ApiKey, User
from monitoring.recording.record import commit, redactor

SOURCE = f"{OWN_SOURCE_PREFIX}changes"
PRIVATE = frozenset({"username", "first_name", "last_name", "email", "owner_id"})
"""Fields of a user that identify a person; they are sealed."""
RECORDED: dict[type[Model], tuple[str, ...]] = {
    User: (*sorted(PRIVATE), "is_active", "is_staff", "is_superuser", "date_joined", "last_login"),
    Group: ("name",),
    ApiKey: ("name", "scopes", "rate", "burst", "revoked"),
}
RELATED: dict[type[Model], tuple[str, ...]] = {User: ("groups", "user_permissions"), Group: ("permissions",)}


def record_change(
    actor: Actor, row: Model, before: Values | None, *, deleted: bool = False, password: bool = False
) -> None:
    """Records the change of a row (`change_of`), as a part of the open transaction if there is one."""
    record_changes([change_of(actor, row, before, deleted=deleted, password=password)])


def change_of(
    actor: Actor, row: Model, before: Values | None, *, deleted: bool = False, password: bool = False
) -> Event | None:
    """Returns the event of a user, a role or an API key that was created, changed or deleted; None if nothing differs.
    `before` is its earlier state (`state_of`), None if it did not exist."""
    after = None if deleted else state_of(row)
    if password and before and after:
        before, after = {**before, "password": "old"}, {**after, "password": "new"}
    return change(
        actor, row._meta.model_name or "", row.pk, before, after, PRIVATE if isinstance(row, User) else frozenset()
    )


def record_changes(changes: Iterable[Event | None]) -> int:
    """Appends the events of `change`. None is ignored. Returns the size of the journal, 0 if nothing was appended."""
    events = [event for event in changes if event]
    return commit(events)[1] if events else 0


def state_of(row: Model) -> dict[str, object]:
    """Returns the recorded fields of a user, a role or an API key: no secret, and no hash of one. A role has the keys
    of its members. An address in the name of a role or a key is hashed."""
    state = {name: _plain(getattr(row, name)) for name in RECORDED[type(row)]}
    for name in RELATED.get(type(row), ()):
        state[name] = sorted(str(related) for related in getattr(row, name).all())
    if isinstance(row, Group):
        state["members"] = sorted(User.objects.filter(groups=row).values_list("pk", flat=True))
    if "name" in state:
        state["name"] = redactor().name(str(state["name"]))
    return state


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")  # a form gives no more
    return value if isinstance(value, str | int | float | None) else str(value)


def change(
    actor: Actor,
    kind: str,
    key: object,
    before: Values | None,
    after: Values | None,
    private: frozenset[str] = frozenset(),
) -> Event | None:
    """Returns the event of a change; None if nothing differs. `before` and `after` are the values of the object's
    fields, None if it does not exist. The fields in `private` identify a person. Values must be JSON values, and not
    secrets."""
    differences = difference(before, after)
    if not differences:
        return None
    type = "created" if before is None else "deleted" if after is None else "changed"
    sealed = {name: differences.pop(name) for name in sorted(private & differences.keys())}
    data = Changed(object=kind, object_key=str(key), changes=differences, private=sealed or None)
    id = uuid4().hex
    return Event(SOURCE, id, type, int(time() * 1e6), data, digest(SOURCE, id), actor=actor)
