"""Builds the instructions that the overview shows while there are no events."""

import json

from django.conf import settings

from monitoring.events.internal import INTERNAL_TYPES
from monitoring.journal.models import Entry


def onboarding(url: str) -> dict[str, object]:
    """Template context for staff: how to send the first event. Has the ingest key only while there are no events."""
    empty = is_empty()
    return {"empty": empty, "url": url, "key": first_run_key() if empty else ""}


def is_empty() -> bool:
    """Returns whether the journal has no events, apart from those that sbdash itself recorded."""
    return not Entry.objects.exclude(type__in=list(INTERNAL_TYPES)).exists()


def first_run_key() -> str:
    """The ingest key of the first run, empty if its file does not exist."""
    try:
        return str(json.loads(settings.FIRST_RUN_FILE.read_text())["ingest_key"])
    except (OSError, ValueError, KeyError):
        return ""
