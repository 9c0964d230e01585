"""Builds the instructions that the overview shows while there are no events."""

import json
from typing import NamedTuple

from django.conf import settings

from monitoring.events.internal import INTERNAL_TYPES
from monitoring.journal.models import Entry


def onboarding(url: str, is_admin: bool) -> dict[str, object]:
    """Template context for staff: how to send the first event. Has the ingest key only for administrators, and only
    while there are no events."""
    empty = is_empty()
    key = first_run_key() if empty and is_admin else ""
    return {"empty": empty, "url": url, "key": key, "sources": sources(url)}


class Source(NamedTuple):
    """A way for events to come: what it is for, with what it begins, and the page of the docs about it."""

    name: str
    words: str
    begin: str
    doc: str


def sources(url: str) -> list[Source]:
    """The ways to connect an application at this address."""
    otlp, push = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", f"{url}/k/KEY/loki/api/v1/push"
    mongodb = "sbdash follows the database of the chat application"
    log = "the security log: log-ins, denials, rate limits"
    return [
        Source("HTTP", "the application reports each message itself", f"POST {url}/api/v1/events", "connect"),
        Source("OpenTelemetry", "spans of model calls", f"{otlp}={url}/v1/traces", "connect-otel"),
        Source("MongoDB", mongodb, "CHAT_MONGODB_URL=mongodb://…", "connect-mongodb"),
        Source("Loki", log, f"LOKI_URL={push}", "connect-loki"),
        Source("Files", "logs of earlier days, CSV and traces", "python manage.py import_events FILE", "connect-files"),
    ]


def is_empty() -> bool:
    """Returns whether the journal has no events, apart from those that sbdash itself recorded."""
    return not Entry.objects.exclude(type__in=list(INTERNAL_TYPES)).exists()


def first_run_key() -> str:
    """The ingest key of the first run, empty if its file does not exist."""
    try:
        return str(json.loads(settings.FIRST_RUN_FILE.read_text())["ingest_key"])
    except (OSError, ValueError, KeyError):
        return ""
