"""What the overview says while it is empty."""

import json

from django.conf import settings

from monitoring.journal import store as journal


def teach(url: str) -> dict[str, object]:
    """How to send the first event. The key of the first run is shown only while nothing has come, and only to staff."""
    empty = is_empty()
    return {"empty": empty, "url": url, "key": first_key() if empty else ""}


def is_empty() -> bool:
    """Whether nothing has come yet."""
    return journal.size() == 0


def first_key() -> str:
    """The ingest key that `make run` made; empty when its file is gone."""
    try:
        return str(json.loads(settings.FIRST_RUN_FILE.read_text())["ingest_key"])
    except (OSError, ValueError, KeyError):
        return ""
