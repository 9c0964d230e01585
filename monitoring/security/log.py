"""Reads and writes rows of the security stage."""

from collections.abc import Sequence
from dataclasses import astuple, fields
from typing import Any

import msgspec

from monitoring.db.transactions import driver
from monitoring.people.access import visible_to
from monitoring.people.viewer import Viewer
from monitoring.security import models
from monitoring.security.event import SecurityEvent

_NAMES = [field.name for field in fields(SecurityEvent)]


def save(events: Sequence[SecurityEvent]) -> None:
    """Insert the events. Those with a key that exists are skipped."""
    rows = [(*astuple(event)[:-1], msgspec.json.encode(event.details).decode()) for event in events]
    driver().insert_ignore("security_securityevent", _NAMES, rows)


def clear() -> None:
    models.SecurityEvent.objects.all().delete()


def security_events(viewer: Viewer, limit: int, before: int | None = None) -> list[SecurityEvent]:
    """Returns the newest events that this viewer may see. `before` is the key of the last one of the previous page."""
    rows = visible_to(viewer, models.SecurityEvent.objects.all())
    if before is not None:
        rows = rows.filter(key__lt=before)
    return [_event(row) for row in rows.order_by("-key").values_list(*_NAMES)[:limit]]


def _event(row: Sequence[Any]) -> SecurityEvent:
    named = dict(zip(_NAMES, row, strict=True))
    return SecurityEvent(**named | {"details": msgspec.json.decode(named["details"])})
