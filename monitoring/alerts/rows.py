"""Alerts, rules, silences, receivers and messages as REST and the page show them. Pure."""

from typing import Literal

from msgspec import Struct

from monitoring.alerts.receiver import Receiver
from monitoring.alerts.rule import Rule, Severity
from monitoring.events.shape import Count, Moment, Next, Shape


class RuleRow(Rule, frozen=True, kw_only=True):
    """A rule, and where its values come from: a setting, the shipped rules, or an administrator."""

    id: int
    version: int
    source: str
    setting: str | None
    position: int


class AlertRow(Shape, frozen=True, rename={"start": "from", "end": "to"}):
    """An alert: rule (`rule` is its id), scope name (empty for all), state `firing` or `past`, times, the most extreme
    value, who acknowledged it, and the mark: a true or a false alarm. `withdrawn`: later data took the reason away."""

    id: int
    rule: int
    name: str
    figure: str
    scope: str
    state: str
    start: Moment
    end: Moment | None
    peak: float | None
    severity: str
    acknowledged_by: str | None
    marked: str | None
    withdrawn: bool


class Alerts(Shape, frozen=True):
    """Alerts, the newest first, and the cursor of the next page."""

    alerts: list[AlertRow]
    next: Next | None


class AlertSpan(Shape, frozen=True, rename={"start": "from", "end": "to"}):
    """The time in which an alert fired, s since 1970; `to` is null while it fires. `scope` is empty for all."""

    id: int
    name: str
    figure: str
    scope: str
    severity: Severity
    start: int
    end: int | None


class AlertBands(Shape, frozen=True):
    """The newest alerts of a time, in order of time. `more`: older ones are left out."""

    alerts: list[AlertSpan]
    more: bool


class Match(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Alerts of this rule (its id), of this scope name, of this severity; what is left out matches all."""

    rule: int | None = None
    scope: str | None = None
    severity: Severity | None = None

    def fits(self, rule: int, scope: str, severity: str) -> bool:
        return self.rule in (None, rule) and self.scope in (None, scope) and self.severity in (None, severity)


class SilenceRow(Shape, frozen=True, rename={"start": "from", "end": "to"}):
    """A silence."""

    id: int
    match: Match
    start: Moment
    end: Moment
    reason: str
    by: str
    state: str


class Delivery(Shape, frozen=True):
    """A message about one alert to one receiver. `receiver` is null if it was deleted; `sent` and `due` are RFC 3339,
    `due` of the next attempt; `error` is that of the last one."""

    id: str
    receiver: str | None
    alert: str | None
    rule: str
    kind: Literal["firing", "resolved", "test"]
    state: Literal["waiting", "sent", "dead"]
    attempts: Count
    created: Moment
    due: Moment | None
    sent: Moment | None
    error: str


class Deliveries(Shape, frozen=True):
    """Messages about alerts, the newest first, and the cursor of the next page."""

    deliveries: list[Delivery]
    next: Next | None


class ReceiverNow(Shape, frozen=True):
    """A receiver, and the last message to it; null before the first."""

    receiver: Receiver
    last: Delivery | None
