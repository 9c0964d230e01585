"""The form of Alertmanager's webhook, version 4, so that its receivers take a message unchanged. Pure."""

from collections.abc import Sequence

import msgspec

from monitoring.alerts.delivery.message import Message, Part
from monitoring.alerts.delivery.webhook import post

NOT_ENDED = "0001-01-01T00:00:00Z"
"""Alertmanager's `endsAt` of an alert that fires (Go's zero time)."""


def send(to: str, secret: str, message: Message, private: bool) -> None:
    """Posts a message. Raises Undeliverable."""
    post(to, secret, message.id, "application/json", msgspec.json.encode(form(message)), private)


def form(message: Message) -> dict[str, object]:
    """Returns the body. Alerts are grouped by rule."""
    first, status = message.first, "resolved" if message.kind == "resolved" else "firing"
    group = {"alertname": first.rule}
    return {
        "version": "4",
        "groupKey": f"{{}}:{{alertname={msgspec.json.encode(first.rule).decode()}}}",
        "truncatedAlerts": message.truncated,
        "status": status,
        "receiver": message.receiver,
        "groupLabels": group,
        "commonLabels": _common([_labels(part) for part in message.parts]),
        "commonAnnotations": _common([_annotations(part) for part in message.parts]),
        "externalURL": first.url.partition("/alerts/")[0],
        "alerts": [_alert(part, status) for part in message.parts],
    }


def _alert(part: Part, status: str) -> dict[str, object]:
    return {
        "status": status,
        "labels": _labels(part),
        "annotations": _annotations(part),
        "startsAt": part.start,
        "endsAt": part.end or NOT_ENDED,
        "generatorURL": part.url,
        "fingerprint": part.fingerprint,
    }


def _labels(part: Part) -> dict[str, str]:
    labels = {"alertname": part.rule, "severity": part.severity, "figure": part.figure, "scope": part.scope}
    return {name: text for name, text in labels.items() if text}


def _annotations(part: Part) -> dict[str, str]:
    numbers = {"threshold": part.threshold, "value": part.peak}
    known = {name: f"{number:g}" for name, number in numbers.items() if number is not None}
    return {"summary": part.words} | known


def _common(all_of: Sequence[dict[str, str]]) -> dict[str, str]:
    """Returns the pairs that all have."""
    return {name: text for name, text in all_of[0].items() if all(one.get(name) == text for one in all_of)}
