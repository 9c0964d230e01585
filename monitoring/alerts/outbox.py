"""The outbox: messages are written in the transaction of the change that they tell, and sent afterwards.

Rows with one `message_id` are one message. The id begins with rule, receiver, kind and severity, and ends with a random
number.
"""

import logging
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import msgspec
from django.conf import settings
from django.db import transaction

from monitoring.alerts import models
from monitoring.alerts.delivery.message import Part
from monitoring.alerts.receiver import Options
from monitoring.alerts.receivers import options_of
from monitoring.db.transactions import transactional
from monitoring.events.envelope import instant
from monitoring.messaging.wiring import the_notifier
from sbdash.fields import new_key

log = logging.getLogger(__name__)
QUEUED = "alert messages"
"""Notification: a message was queued."""
WAITING, SENT, DEAD = "waiting", "sent", "dead"
ESCALATE = "escalate"
"""Stands for the kind in the ids of escalations."""
MOMENT = 1.0
"""Seconds within which alerts fire at the same moment. An alert that joins a message too late, while it is sent, is a
message of its own (`claims.claim`)."""
JOIN_MARGIN = 2.0
"""Seconds before a message is due in which no other alert joins it, since it may be sent at the same time."""
DAY = 86_400
encode_part, decode_part = msgspec.json.Encoder().encode, msgspec.json.Decoder(Part).decode


class Outbox(NamedTuple):
    """Messages of the outbox by state. `failing`: those that wait, and failed at least once."""

    waiting: int
    dead: int
    failing: int


def queue(
    alert: models.Alert,
    kind: Literal["firing", "resolved"],
    receivers: Sequence[str],
    words: str,
    url: str,
    now: float,
    *,
    threshold: float | None = None,
    silenced: bool = False,
) -> int:
    """Writes a message about an alert for each receiver, and those of escalations, due later. Returns how many rows.

    Call it in the transaction that changes the alert. Alerts of one rule within MOMENT are one message. `now` in s
    since 1970, `words` a sentence, `url` a link to the moment. Nothing is written if `silenced`. "resolved" goes to
    those who were told that it fires, whatever `receivers` says, and takes back waiting reminders and escalations.
    """
    if kind == "resolved":
        take_back(alert)
    if silenced:
        return 0
    named = _by_name()
    part = _part(alert, words, url, threshold)
    chosen = _told(alert, named) if kind == "resolved" else _chosen(receivers, named)
    rows = []
    for row in chosen:
        open = _open_message(alert, row, kind, now)
        due = open.due / 1e6 if open else now + options_of(row).group_seconds
        rows.append(new_row(alert.key, row.key, kind, part, now, due, _id(open, alert, row, kind)))
    if kind == "firing":
        rows += _escalations(alert, chosen, named, part, now)
    models.Delivery.objects.bulk_create(rows)
    if rows:
        transaction.on_commit(announce)
    return len(rows)


def announce() -> None:
    """Wakes the senders of all processes."""
    the_notifier().publish(QUEUED)


def take_back(alert: models.Alert) -> None:
    """Deletes reminders and escalations of an alert that are waiting, as when it was acknowledged or has ended."""
    waiting = models.Delivery.objects.filter(alert=alert.key, state=WAITING)
    gone = [key for key, message in waiting.values_list("key", "message") if decode_part(message).is_conditional]
    if gone:
        models.Delivery.objects.filter(key__in=gone).delete()


def outbox() -> Outbox:
    """Returns how many rows wait, were given up, and are failing."""
    waiting, dead = (models.Delivery.objects.filter(state=state) for state in (WAITING, DEAD))
    return Outbox(waiting.count(), dead.count(), waiting.exclude(error="").count())


@transactional
def delete_old_messages(now: float) -> int:
    """Deletes messages that were sent or given up STATISTICS_RETENTION_DAYS ago. Returns how many."""
    before = int((now - settings.STATISTICS_RETENTION_DAYS * DAY) * 1e6)
    old = models.Delivery.objects.filter(state__in=(SENT, DEAD), created__lt=before)
    return old.delete()[0]


def new_row(
    alert: int, receiver: int, kind: str, part: Part, now: float, due: float, message_id: str
) -> models.Delivery:
    """Returns a row of the outbox, not yet stored."""
    return models.Delivery(
        key=new_key(), message_id=message_id, receiver=receiver, alert=alert, kind=kind,
        message=encode_part(part).decode(), due=int(due * 1e6), created=int(now * 1e6),
    )  # fmt: skip


def new_message_id(prefix: str) -> str:
    """Returns an id that begins with `prefix`, of 64 characters at most."""
    return f"{prefix}{new_key():x}"


def _open_message(alert: models.Alert, receiver: models.Receiver, word: str, now: float) -> models.Delivery | None:
    """Returns a row of a message about the same rule that an alert can join: one of the same moment, or one that is not
    due yet."""
    alike = models.Delivery.objects.filter(
        receiver=receiver.key, state=WAITING, attempts=0, message_id__startswith=_prefix(alert, receiver, word)
    )
    same_moment = alike.filter(created__gte=int((now - MOMENT) * 1e6)).first()
    if same_moment or word == ESCALATE:
        return same_moment
    return alike.filter(due__gt=int((now + JOIN_MARGIN) * 1e6)).first()


def _id(open: models.Delivery | None, alert: models.Alert, receiver: models.Receiver, word: str) -> str:
    return open.message_id if open else new_message_id(_prefix(alert, receiver, word))


def _prefix(alert: models.Alert, receiver: models.Receiver, word: str) -> str:
    return f"{alert.rule:x}-{receiver.key:x}-{word}-{alert.severity}-"


def _escalations(
    alert: models.Alert,
    told: Sequence[models.Receiver],
    named: dict[str, models.Receiver],
    part: Part,
    now: float,
) -> Iterator[models.Delivery]:
    """Yields the rows of receivers that are told if nobody acknowledges, and of those to which they escalate."""
    known = {row.name for row in told}
    steps = [(row, 0) for row in told]
    while steps:
        row, minutes = steps.pop(0)
        options: Options = options_of(row)
        target = named.get(options.escalate_to or "")
        if target is None or target.name in known:
            continue
        known.add(target.name)
        after = minutes + options.escalate_after_minutes
        steps.append((target, after))
        id = _id(_open_message(alert, target, ESCALATE, now), alert, target, ESCALATE)
        escalated = msgspec.structs.replace(part, escalated_from=row.name)
        yield new_row(alert.key, target.key, "firing", escalated, now, now + after * 60, id)


def _told(alert: models.Alert, named: dict[str, models.Receiver]) -> list[models.Receiver]:
    """Returns the receivers to which a message that the alert fires was sent, or will be."""
    told = models.Delivery.objects.filter(alert=alert.key, kind="firing", state__in=(SENT, WAITING))
    keys = set(told.values_list("receiver", flat=True))
    return [row for row in named.values() if row.key in keys]


def _chosen(names: Sequence[str], named: dict[str, models.Receiver]) -> list[models.Receiver]:
    """Returns the receivers that a rule names. One that does not exist is logged."""
    for name in names:
        if name not in named:
            log.warning("a rule names the receiver %r, which does not exist", name)
    return [named[name] for name in dict.fromkeys(names) if name in named]


def _by_name() -> dict[str, models.Receiver]:
    return {row.name: row for row in models.Receiver.objects.all()}


def _part(alert: models.Alert, words: str, url: str, threshold: float | None) -> Part:
    return Part(
        str(alert.key), alert.name, alert.figure, alert.scope, alert.severity, threshold, alert.peak,
        instant(alert.start), instant(alert.end), url, words,
    )  # fmt: skip
