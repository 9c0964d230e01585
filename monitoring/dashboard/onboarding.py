"""What the overview says while it is empty."""

import json

from django.conf import settings

from monitoring.events.internal import INTERNAL_TYPES
from monitoring.journal.models import Entry


def teach(url: str) -> dict[str, object]:
    """How to send the first event. The key of the first run is shown only while nothing has come, and only to staff."""
    empty = is_empty()
    return {"empty": empty, "url": url, "key": first_key() if empty else ""}


def is_empty() -> bool:
    """Whether no event has come yet; what sbdash itself recorded does not count."""
    return not Entry.objects.exclude(type__in=list(INTERNAL_TYPES)).exists()


def first_key() -> str:
    """The ingest key that `make run` made; empty when its file is gone."""
    try:
        return str(json.loads(settings.FIRST_RUN_FILE.read_text())["ingest_key"])
    except (OSError, ValueError, KeyError):
        return ""
