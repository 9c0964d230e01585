"""The messages of the outbox as people see them, and dead ones sent again."""

from typing import Literal, cast

from django.db.models import Max, Q

from monitoring.alerts import models
from monitoring.alerts.outbox import DEAD, WAITING, announce, decode_part
from monitoring.alerts.receivers import receivers
from monitoring.alerts.rows import Delivery, ReceiverNow
from monitoring.db.transactions import transactional
from monitoring.events.envelope import instant

MAX_LISTED = 200


def deliveries(alert: int | None = None, state: str | None = None, limit: int = MAX_LISTED) -> list[Delivery]:
    """Returns the newest messages, of one alert or in one state if given."""
    rows = models.Delivery.objects.order_by("-created", "-key")
    rows = rows.filter(alert=alert) if alert is not None else rows
    rows = rows.filter(state=state) if state is not None else rows
    names = dict(models.Receiver.objects.values_list("key", "name"))
    return [_shown(row, names.get(row.receiver)) for row in rows[:limit]]


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
def retry_dead(receiver: str) -> int:
    """Lets the dead messages of a receiver be sent again. Returns how many rows."""
    row = models.Receiver.objects.filter(name=receiver).first()
    if row is None:
        return 0
    dead = models.Delivery.objects.filter(receiver=row.key, state=DEAD).exclude(kind="test")
    number = dead.update(state=WAITING, attempts=0)
    announce()
    return number


def _shown(row: models.Delivery, receiver: str | None) -> Delivery:
    return Delivery(
        row.message_id, receiver, None if row.alert is None else str(row.alert), decode_part(row.message).rule,
        cast(Literal["firing", "resolved", "test"], row.kind), cast(Literal["waiting", "sent", "dead"], row.state),
        row.attempts, instant(row.created), instant(row.due) if row.state == WAITING else None, instant(row.sent),
        row.error,
    )  # fmt: skip
