"""Receivers in the database. Addresses and secrets are sealed; each change is an entry of the journal."""

from typing import cast

import msgspec
from django.conf import settings
from msgspec import UNSET, Struct, structs

from monitoring.alerts import models
from monitoring.alerts.receiver import Kind, NewReceiver, Options, Receiver, shown, valid
from monitoring.alerts.rule import Invalid
from monitoring.alerts.rules import rules
from monitoring.db.transactions import transactional
from monitoring.events.internal import Actor
from monitoring.people.store import open_secret, seal_secret
from monitoring.recording.changes import change, record_changes
from monitoring.recording.record import redactor
from sbdash.fields import new_key

MAX_RECEIVERS = 200
MAX_NAMED = 5
"""The most rules and receivers that a refusal names."""
_options = msgspec.json.Decoder(Options)


class Opened(Struct, frozen=True):
    """A receiver with its address and its secret, for the sender alone. Never log it."""

    kind: Kind
    to: str
    secret: str

    def __repr__(self) -> str:
        return f"Opened({self.kind})"

    __str__ = __repr__


def receivers() -> list[Receiver]:
    """Returns all receivers by name, as they are shown."""
    return [_shown(row) for row in models.Receiver.objects.order_by("name")]


def save_receiver(new: NewReceiver, by: str, actor: Actor) -> Receiver:
    """Creates a receiver, or changes the one with this name, and records the change. Raises Invalid."""
    return _save(valid(new, settings.ALERT_PRIVATE_RECEIVERS), by, actor)


@transactional
def _save(new: NewReceiver, by: str, actor: Actor) -> Receiver:
    known = models.Receiver.objects.filter(name=new.name).first()
    row = known or _created(new)
    before, opened_before = _recorded(known) if known else None, opened(row)
    _check_others(new)
    if row.kind != new.kind and new.to is UNSET:
        raise Invalid("to: another kind of receiver needs its address")
    _change(row, new, by)
    row.save()
    after, opened_after = _recorded(row), opened(row)
    for name, field in (("address", "to"), ("secret", "secret")):
        if before is not None and getattr(opened_before, field) != getattr(opened_after, field):
            before, after = before | {name: "old"}, after | {name: "new"}
    record_changes([change(actor, "receiver", row.key, before, after)])
    return _shown(row)


def _change(row: models.Receiver, new: NewReceiver, by: str) -> None:
    """Sets the fields that `new` has."""
    row.kind, row.saved_by = new.kind, by
    if isinstance(new.to, str):
        row.to, row.shown = _sealed(row, "to", new.to), shown(new.kind, new.to)[:300]
    if isinstance(new.secret, str):
        row.secret = _sealed(row, "secret", new.secret)
    if isinstance(new.options, Options):
        row.options = msgspec.json.encode(new.options).decode()


def _created(new: NewReceiver) -> models.Receiver:
    if new.to is UNSET:
        raise Invalid("to: a new receiver needs an address")
    if models.Receiver.objects.count() >= MAX_RECEIVERS:
        raise Invalid(f"name: there are {MAX_RECEIVERS} receivers already; delete one")
    return models.Receiver(key=new_key(), name=new.name)


def _check_others(new: NewReceiver) -> None:
    target = new.options.escalate_to if isinstance(new.options, Options) else None
    if target and not models.Receiver.objects.filter(name=target).exists():
        raise Invalid(f"escalate_to: there is no receiver {target!r}")


@transactional
def delete_receiver(name: str, actor: Actor) -> bool:
    """Deletes a receiver, and records it. Its waiting messages are not sent. Returns False if there is none. Raises
    Invalid if rules or other receivers name it."""
    row = models.Receiver.objects.filter(name=name).first()
    if row is None:
        return False
    _check_unused(name)
    waiting = models.Delivery.objects.filter(receiver=row.key, state="waiting")
    waiting.update(state="dead", error="the receiver was deleted")
    record_changes([change(actor, "receiver", row.key, _recorded(row), None)])
    row.delete()
    return True


def _check_unused(name: str) -> None:
    using = [f"the rule {known.rule.name!r}" for known in rules().values() if name in known.rule.receivers]
    using += [f"the receiver {one.name!r}" for one in receivers() if one.options.escalate_to == name]
    if using:
        more = f" and {len(using) - MAX_NAMED} more" if len(using) > MAX_NAMED else ""
        verb = "names" if len(using) == 1 else "name"
        raise Invalid(f"{', '.join(using[:MAX_NAMED])}{more} {verb} the receiver {name!r}; take it out there first")


def opened(row: models.Receiver) -> Opened:
    """Returns the address and the secret of a receiver."""
    return Opened(cast(Kind, row.kind), _text(row, "to"), _text(row, "secret"))


def options_of(row: models.Receiver) -> Options:
    return _options.decode(row.options)


def _text(row: models.Receiver, field: str) -> str:
    sealed: str = getattr(row, field)
    return open_secret(f"receiver {row.key} {field}", sealed) if sealed else ""


def _sealed(row: models.Receiver, field: str, text: str) -> str:
    return seal_secret(f"receiver {row.key} {field}", text) if text else ""


def _shown(row: models.Receiver) -> Receiver:
    return Receiver(row.name, cast(Kind, row.kind), row.shown, bool(row.secret), options_of(row))


def _recorded(row: models.Receiver) -> dict[str, object]:
    """Returns the fields that the journal may have. An e-mail address in a name is hashed."""
    options, name = options_of(row), redactor().name
    if options.escalate_to:
        options = structs.replace(options, escalate_to=name(options.escalate_to))
    receiver = structs.replace(_shown(row), name=name(row.name), options=options)
    found: dict[str, object] = msgspec.to_builtins(receiver)
    return found
