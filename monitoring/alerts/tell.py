"""Queues the messages of an alert for the receivers of its rule, unless a silence is in force."""

from time import time
from typing import Literal

from django.conf import settings

from monitoring.alerts import models
from monitoring.alerts.outbox import queue
from monitoring.alerts.rule import Rule
from monitoring.alerts.rules import KnownRule
from monitoring.alerts.silences import in_force, is_silent
from sbdash.listening import url_of


def tell(known: KnownRule | None, alert: models.Alert, kind: Literal["firing", "resolved"]) -> None:
    """Call it in the transaction that changes the alert. `known` is None if the rule was changed or deleted."""
    if known is not None and not known.rule.receivers:
        return
    now, rule = time(), known.rule if known else None
    words = sentence(rule, alert) if rule else f"The rule {alert.name} was changed or deleted"
    url, silent = f"{site()}/alerts/?alert={alert.key}", is_silent(alert, in_force(now))
    receivers, threshold = (rule.receivers, rule.threshold) if rule else ((), None)
    queue(alert, kind, receivers, words, url, now, threshold=threshold, silenced=silent)


def site() -> str:
    """Returns the address with which links in messages begin: PUBLIC_URL, else the one at which `serve` listens."""
    return settings.PUBLIC_URL or url_of(settings.HOST, settings.PORT)


def sentence(rule: Rule, alert: models.Alert) -> str:
    """Returns what is wrong in one sentence: figure, scope, value, threshold, window."""
    value = "unknown" if alert.peak is None else number(alert.peak, rule.of.unit)
    scope = f" of {alert.scope}" if alert.scope else ""
    window = f", {duration(rule.window_seconds)}" if rule.window_seconds else ""
    return f"{rule.of.label}{scope}: {value} ({rule.comparison} {number(rule.threshold, rule.of.unit)}{window})"


def number(value: float, unit: str) -> str:
    """Returns a value with its unit, three digits."""
    if unit == "share":
        return f"{value * 100:.3g} %"
    if unit == "US$":
        return f"US$ {value:.3g}" if abs(value) < 1_000 else f"US$ {value:,.0f}"
    return f"{value:.3g} {unit}" if abs(value) < 1_000 else f"{value:,.0f} {unit}"


def duration(seconds: int) -> str:
    """Returns a duration in its largest whole unit."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
