"""The messages of the outbox as people see them, and dead ones sent again."""

from time import time
from typing import Literal, cast

from django.db import transaction
from django.db.models import Max, Q

from monitoring.alerts import models
from monitoring.alerts.outbox import DEAD, WAITING, announce, decode_part
from monitoring.alerts.receivers import receivers
from monitoring.alerts.rows import Deliveries, Delivery, ReceiverNow
from monitoring.alerts.rule import Invalid
from monitoring.db.transactions import transactional
from monitoring.events.envelope import instant
from monitoring.events.internal import Actor
from monitoring.recording.changes import change, record_changes

MAX_PAGE = 500
State = Literal["", "waiting", "sent", "dead"]


def deliveries(
    state: State = "", alert: int | None = None, before: tuple[int, int] | None = None, limit: int = MAX_PAGE
) -> Deliveries:
    """Returns messages, the newest first, MAX_PAGE at most: all, or those in one state or of one alert. `before` is
    (time of creation in µs, key) of the last one of the page before."""
    rows = models.Delivery.objects.order_by("-created", "-key")
    rows = rows.filter(alert=alert) if alert is not None else rows
    rows = rows.filter(state=state) if state else rows
    if before:
        rows = rows.filter(Q(created__lt=before[0]) | Q(created=before[0], key__lt=before[1]))
    size = min(limit, MAX_PAGE)
    found = list(rows[:size])
    names = dict(models.Receiver.objects.values_list("key", "name"))
    following = f"{found[-1].created}.{found[-1].key}" if len(found) == size else None
    return Deliveries([_shown(row, names.get(row.receiver)) for row in found], following)


def receivers_now() -> list[ReceiverNow]:
    """Returns all receivers by name, each with the last message to it."""
    newest = models.Delivery.objects.values("receiver").annotate(last=Max("created")).values_list("receiver", "last")
    wanted = Q(key__in=[])
    for receiver, created in newest:
        wanted |= Q(receiver=receiver, created=created)
    names = dict(models.Receiver.objects.values_list("key", "name"))
    last = {names.get(row.receiver): row for row in models.Delivery.objects.filter(wanted).order_by("key")}
    return [ReceiverNow(one, _shown(row, one.name) if (row := last.get(one.name)) else None) for one in receivers()]


@transactional
def retry_dead(message_id: str, actor: Actor) -> int:
    """Lets a dead message be sent again, with all attempts, and records it. Returns how many alerts it tells, 0 if
    there is no dead message of this id. Raises Invalid if its receiver was deleted."""
    dead = models.Delivery.objects.filter(message_id=message_id, state=DEAD).exclude(kind="test")
    row = dead.first()
    if row is None:
        return 0
    if not models.Receiver.objects.filter(key=row.receiver).exists():
        raise Invalid("id: the receiver of this message was deleted, so it cannot be sent")
    record_changes([change(actor, "message", message_id, {"state": DEAD}, {"state": WAITING})])
    number = dead.update(state=WAITING, attempts=0, due=int(time() * 1e6))
    transaction.on_commit(announce)
    return number


def _shown(row: models.Delivery, receiver: str | None) -> Delivery:
    return Delivery(
        row.message_id, receiver, None if row.alert is None else str(row.alert), decode_part(row.message).rule,
        cast(Literal["firing", "resolved", "test"], row.kind), cast(Literal["waiting", "sent", "dead"], row.state),
        row.attempts, instant(row.created), instant(row.due) if row.state == WAITING else None, instant(row.sent),
        row.error,
    )  # fmt: skip
