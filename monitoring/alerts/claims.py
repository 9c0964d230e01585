"""Messages of the outbox that are due: claimed by one process, put off, dropped, marked as sent or failed."""

from collections.abc import Callable, Collection, Sequence
from random import uniform
from typing import NamedTuple, cast

from django.db.models import F, QuerySet
from msgspec import structs

from monitoring.alerts import models
from monitoring.alerts.delivery.message import MAX_PARTS, Kind, Message, Part
from monitoring.alerts.outbox import DEAD, SENT, WAITING, decode_part, new_message_id, new_row
from monitoring.alerts.receivers import options_of
from monitoring.db.transactions import transactional
from monitoring.events.envelope import instant
from monitoring.messaging.backoff import Backoff

LEASE_SECONDS = 120.0
"""Seconds after which a message is sent again whose sender has died: longer than any kind takes to send."""
FIRST_PAUSE, LONGEST_PAUSE, JITTER = 5.0, 3_600.0, 0.25
"""Seconds between two attempts, which double, and the share by which they vary."""
MAX_ATTEMPTS = 33
"""They take 24 h with these pauses."""
MIN_ORDER_PAUSE, MAX_ORDER_PAUSE = 1.0, 60.0
"""Seconds after which "resolved" looks again for a "firing" that has not been sent."""
SILENCED_PAUSE = 300.0
"""Seconds after which a reminder of a silenced alert looks again."""
MAX_DUE = 500
Rows = list[models.Delivery]
Silenced = Callable[[models.Alert], bool]


class Claim(NamedTuple):
    """A message that this process sends, and its rows."""

    message: Message
    rows: Rows


def due(now: float, skipped: Collection[int]) -> dict[int, Rows]:
    """Returns one row of each message that is due, the first ones, by receiver. Receivers in `skipped` are left out."""
    waiting = models.Delivery.objects.filter(state=WAITING, due__lte=int(now * 1e6))
    if skipped:
        waiting = waiting.exclude(receiver__in=list(skipped))
    found: dict[int, dict[str, models.Delivery]] = {}
    for row in waiting.order_by("due", "created")[:MAX_DUE]:
        found.setdefault(row.receiver, {}).setdefault(row.message_id, row)
    return {receiver: list(rows.values()) for receiver, rows in found.items()}


@transactional
def claim(row: models.Delivery, receiver: models.Receiver, now: float, silenced: Silenced) -> Claim | None:
    """Returns the message of a row that is due; None if another process has it, or if it is put off or dropped."""
    same = models.Delivery.objects.filter(message_id=row.message_id)
    rows = list(same.filter(state=WAITING, attempts=row.attempts, due=row.due).order_by("created", "key"))
    rows, parts = _current(rows, now, silenced)
    if not rows:
        return None
    put_off = _quiet_until(receiver, parts, now) or _after_firing(rows, now)
    if put_off:
        _unchanged(rows).update(due=int(put_off * 1e6))
        return None
    id = row.message_id
    if not row.attempts and same.exclude(attempts=0).exists():  # it joined a message that was sent meanwhile
        id = new_message_id(f"{id.rpartition('-')[0]}-")
    if not _unchanged(rows).update(due=int((now + LEASE_SECONDS) * 1e6), attempts=F("attempts") + 1, message_id=id):
        return None
    truncated = max(0, len(parts) - MAX_PARTS)
    at = instant(rows[0].created)
    return Claim(Message(id, cast(Kind, row.kind), at, receiver.name, parts[:MAX_PARTS], truncated), rows)


@transactional
def mark_sent(claimed: Claim, receiver: models.Receiver, now: float) -> None:
    """Marks a message as sent, and queues its reminder."""
    keys = [row.key for row in claimed.rows]
    models.Delivery.objects.filter(key__in=keys).update(state=SENT, sent=int(now * 1e6), error="")
    repeat = options_of(receiver).repeat_seconds
    if claimed.message.kind != "firing" or not repeat:
        return
    id = new_message_id(f"{claimed.message.id.partition('-')[0]}-{receiver.key:x}-repeat-")
    open = _open_alerts(claimed.rows)
    reminders = []
    for row in claimed.rows:
        part = decode_part(row.message)
        if row.alert is not None and row.alert in open:
            again = structs.replace(part, reminder=part.reminder + 1, escalated_from="")
            reminders.append(new_row(row.alert, receiver.key, "firing", again, now, now + repeat, id))
    models.Delivery.objects.bulk_create(reminders)


@transactional
def mark_failed(rows: Rows, error: str, now: float, retry_after: float = 0.0) -> bool:
    """Stores an error, and when the next attempt is due, at least `retry_after` s from now. Returns False if there is
    none: the message is given up."""
    attempts = rows[0].attempts + 1
    again, wait = attempts < MAX_ATTEMPTS, max(pause(attempts), retry_after)
    values = {"error": error[:300], "state": WAITING if again else DEAD, "due": int((now + wait) * 1e6)}
    models.Delivery.objects.filter(key__in=[row.key for row in rows]).update(**values)
    return again


@transactional
def give_up(row: models.Delivery, error: str) -> None:
    """Marks a message as dead."""
    models.Delivery.objects.filter(message_id=row.message_id, state=WAITING).update(state=DEAD, error=error[:300])


def pause(attempts: int) -> float:
    """Returns the seconds until the next attempt, with jitter."""
    backoff = Backoff(FIRST_PAUSE, LONGEST_PAUSE)
    for _ in range(attempts):
        backoff.next()
    return backoff.pause * uniform(1 - JITTER, 1 + JITTER)  # noqa: S311  spreads attempts, keeps no secret


def _current(rows: Rows, now: float, silenced: Silenced) -> tuple[Rows, list[Part]]:
    """Returns the rows that are still to be sent, with their parts. A reminder or an escalation is deleted if its alert
    has ended or was acknowledged, and put off while its alert is silenced."""
    parts = {row.key: decode_part(row.message) for row in rows}
    if not any(part.is_conditional for part in parts.values()):
        return rows, list(parts.values())
    open = _open_alerts(rows)
    quiet = {key for key, alert in open.items() if silenced(alert)}
    gone = [row.key for row in rows if row.alert not in open]
    models.Delivery.objects.filter(key__in=gone).delete()
    _unchanged([row for row in rows if row.alert in quiet]).update(due=int((now + SILENCED_PAUSE) * 1e6))
    kept = [row for row in rows if row.alert is not None and row.alert in open and row.alert not in quiet]
    return kept, [structs.replace(parts[row.key], peak=open[row.alert or 0].peak) for row in kept]


def _open_alerts(rows: Rows) -> dict[int, models.Alert]:
    """Returns the alerts of rows that fire and were not acknowledged, by key."""
    keys = [row.alert for row in rows if row.alert is not None]
    open = models.Alert.objects.filter(key__in=keys, end=None, acknowledged_at=None, withdrawn=False)
    return {alert.key: alert for alert in open}


def _quiet_until(receiver: models.Receiver, parts: Sequence[Part], now: float) -> float | None:
    """Returns the end of the receiver's quiet hours, if the message waits for it."""
    quiet = options_of(receiver).quiet_hours
    if quiet is None or any(part.severity == "critical" for part in parts):
        return None
    return quiet.end_after(now)


def _after_firing(rows: Rows, now: float) -> float | None:
    """Returns when "resolved" is due again, while a "firing" of the same alerts waits for the same receiver."""
    if rows[0].kind != "resolved":
        return None
    alerts = [row.alert for row in rows if row.alert is not None]
    firing = models.Delivery.objects.filter(
        alert__in=alerts, receiver=rows[0].receiver, kind="firing", state=WAITING
    ).order_by("due")
    first = firing.first()
    return None if first is None else min(max(first.due / 1e6, now + MIN_ORDER_PAUSE), now + MAX_ORDER_PAUSE)


def _unchanged(rows: Rows) -> QuerySet[models.Delivery]:
    """Returns the rows of one message, as long as no other process has changed them."""
    if not rows:
        return models.Delivery.objects.none()
    keys = [row.key for row in rows]
    return models.Delivery.objects.filter(key__in=keys, state=WAITING, attempts=rows[0].attempts, due=rows[0].due)
