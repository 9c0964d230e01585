"""Reads and writes rows of the security stage."""

from collections.abc import Sequence
from dataclasses import astuple, fields

import msgspec

from monitoring.db.transactions import driver
from monitoring.people.access import visible_to
from monitoring.people.viewer import Viewer
from monitoring.security import models
from monitoring.security.event import SecurityEvent

_NAMES = [field.name for field in fields(SecurityEvent)]
"""Columns. The last one, `details`, holds JSON."""


def save(events: Sequence[SecurityEvent]) -> None:
    """Insert the events. Those with a key that exists are skipped."""
    rows = [(*astuple(event)[:-1], msgspec.json.encode(event.details).decode()) for event in events]
    driver().insert_ignore("security_securityevent", _NAMES, rows)


def security_events(viewer: Viewer, limit: int, before: int | None = None) -> list[SecurityEvent]:
    """Returns the newest events that this viewer may see. `before` is the key of the last one of the previous page."""
    rows = visible_to(viewer, models.SecurityEvent.objects.all())
    if before is not None:
        rows = rows.filter(key__lt=before)
    newest = rows.order_by("-key").values(*_NAMES)[:limit]
    return [SecurityEvent(**row | {"details": msgspec.json.decode(row["details"])}) for row in newest]
