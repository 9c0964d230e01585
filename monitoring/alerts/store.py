"""Reads and writes alerts, and what people do with them. What a person does is an entry of the journal too."""

from collections.abc import Collection, Iterable
from time import time
from typing import Literal, Protocol

from django.db.models import Count, Max, Q, QuerySet

from monitoring.alerts import models
from monitoring.alerts.changes import Change, Known, Place
from monitoring.alerts.outbox import take_back
from monitoring.alerts.rows import AlertRow, Alerts
from monitoring.alerts.rules import KnownRule, rules
from monitoring.db.transactions import transactional
from monitoring.events.envelope import instant
from monitoring.events.internal import Actor
from monitoring.recording.changes import change as entry
from monitoring.recording.changes import record_changes
from sbdash.fields import new_key

MAX_PAGE = 500
RECENT_MICROS = 900 * 10**6
"""An alert that is found later than this after its start sends no message."""


class Tell(Protocol):
    """Queues the messages of a change, in its transaction. `known` is None if the rule is gone."""

    def __call__(self, known: KnownRule | None, alert: models.Alert, kind: Literal["firing", "resolved"]) -> None: ...


def evaluation() -> models.Evaluation:
    """Returns until when alerts are final. The row is created if it is missing."""
    return models.Evaluation.objects.get_or_create(key=1)[0]


@transactional
def remember(until: int, position: int) -> None:
    """Stores until when (s) alerts are final, and the position of the statistics that were evaluated."""
    models.Evaluation.objects.filter(key=1).update(until=until, position=position)


def known_alerts(rule: KnownRule, since: int) -> dict[Place, Known]:
    """Returns the alerts of this version of a rule that have not ended before `since` (µs), and the last one that has,
    by place."""
    rows = models.Alert.objects.filter(rule=rule.key, version=rule.version)
    columns = "scope", "start", "key", "end", "peak", "withdrawn"
    found = rows.filter(Q(end__isnull=True) | Q(end__gte=since)).values_list(*columns)
    return {(scope, start): Known(*alert) for scope, start, *alert in found}


@transactional
def save_changes(rule: KnownRule, made: Iterable[Change], now: int, tell: Tell) -> dict[Place, Known]:
    """Stores the changes of a rule's alerts, and their messages, in one transaction; `now` in µs. Returns the changed
    alerts by place."""
    return {change.place: _save(rule, change, now, tell) for change in made}


def _save(rule: KnownRule, change: Change, now: int, tell: Tell) -> Known:
    is_news = now - change.place[1] <= RECENT_MICROS
    known = Known(change.key or new_key(), change.end, change.peak, change.kind == "withdrawn")
    values = {"end": known.end, "peak": known.peak, "withdrawn": known.withdrawn, "changed": now}
    if change.kind == "fired":
        scope, start = change.place
        alert = models.Alert.objects.create(
            key=known.key, rule=rule.key, version=rule.version, name=rule.rule.name, figure=rule.rule.figure,
            scope=scope, severity=rule.rule.severity, start=start, notified=is_news, **values,
        )  # fmt: skip
        if is_news:
            tell(rule, alert, "firing")
    else:
        models.Alert.objects.filter(key=known.key).update(**values)
        alert = models.Alert.objects.get(key=known.key)
    if alert.notified and change.kind in ("ended", "withdrawn"):
        tell(rule, alert, "resolved")
    if alert.notified and change.kind == "reopened":
        tell(rule, alert, "firing")
    return known


@transactional
def end_alerts_except(rules: Collection[tuple[int, int]], now: int, tell: Tell) -> int:
    """Ends the firing alerts of rules that are gone or changed, and tells those who were told that they fire; `rules`
    are (key, version) of those in force. Returns how many. `now` in µs."""
    firing = models.Alert.objects.filter(end__isnull=True)
    gone = [key for key, *rule in firing.values_list("key", "rule", "version") if tuple(rule) not in rules]
    models.Alert.objects.filter(key__in=gone).update(end=now, changed=now)
    for alert in models.Alert.objects.filter(key__in=gone, notified=True):
        tell(None, alert, "resolved")
    return len(gone)


def alerts(
    state: Literal["", "firing", "past"], rule: int | None, before: tuple[int, int] | None, limit: int
) -> Alerts:
    """Returns alerts, the newest first, MAX_PAGE at most. `before` is (start, key) of the last one of the page
    before."""
    rows: QuerySet[models.Alert] = models.Alert.objects.order_by("-start", "-key")
    if state:
        rows = rows.filter(end__isnull=state == "firing")
    if rule is not None:
        rows = rows.filter(rule=rule)
    if before:
        rows = rows.filter(Q(start__lt=before[0]) | Q(start=before[0], key__lt=before[1]))
    size = min(limit, MAX_PAGE)
    found = list(rows[:size])
    following = f"{found[-1].start}.{found[-1].key}" if len(found) == size else None
    return Alerts([row_of(alert) for alert in found], following)


def firing_by_rule() -> dict[str, int]:
    """Returns the number of firing alerts of each enabled rule, by the rule's name."""
    firing = models.Alert.objects.filter(end__isnull=True, withdrawn=False).order_by()
    counts = dict(firing.values_list("rule").annotate(number=Count("key")))
    return {known.rule.name: counts.get(known.key, 0) for known in rules().values() if known.rule.enabled}


def firing_by_severity() -> dict[str, int]:
    """Returns how many alerts fire, by severity."""
    rows = models.Alert.objects.filter(end__isnull=True).values("severity").annotate(number=Count("key"))
    return dict(rows.values_list("severity", "number"))


def last_change() -> int:
    """Returns when an alert changed last, µs since 1970; 0 without any."""
    found: int | None = models.Alert.objects.aggregate(last=Max("changed"))["last"]
    return found or 0


def row_of(alert: models.Alert) -> AlertRow:
    return AlertRow(
        alert.key, alert.rule, alert.name, alert.figure, alert.scope, "firing" if alert.end is None else "past",
        instant(alert.start) or "", instant(alert.end), alert.peak, alert.severity, alert.acknowledged_by or None,
        alert.marked or None, alert.withdrawn,
    )  # fmt: skip


def find(key: int) -> models.Alert | None:
    return models.Alert.objects.filter(key=key).first()


@transactional
def acknowledge(key: int, by: str, actor: Actor) -> models.Alert | None:
    """Says who takes care of an alert: the first one stays. Its reminders and escalations end. Returns the alert; None
    if there is none."""
    alert = find(key)
    if alert is None or alert.acknowledged_by:
        return alert
    now = int(time() * 1e6)
    record_changes([entry(actor, "alert", key, {"acknowledged": False}, {"acknowledged": True})])
    models.Alert.objects.filter(key=key).update(acknowledged_by=by, acknowledged_at=now, changed=now)
    take_back(alert)
    return find(key)


@transactional
def mark(key: int, marked: Literal["true", "false", ""], actor: Actor) -> models.Alert | None:
    """Marks an alert as a true or a false alarm, or takes the mark away. Returns it; None if there is none."""
    alert = find(key)
    if alert is None or alert.marked == marked:
        return alert
    record_changes([entry(actor, "alert", key, {"marked": alert.marked}, {"marked": marked})])
    models.Alert.objects.filter(key=key).update(marked=marked, changed=int(time() * 1e6))
    return find(key)
