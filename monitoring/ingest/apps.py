"""The app, and the check of its settings before anything starts."""

from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from monitoring.ingest.sources.mongo.address import Unusable, database_of


class IngestConfig(AppConfig):
    name = "monitoring.ingest"


@register
def chat_database(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Whether the follower's settings lead to a database."""
    if not settings.CHAT_MONGODB_URL:
        return []
    try:
        database_of(settings.CHAT_MONGODB_URL, settings.CHAT_MONGODB_DATABASE)
    except Unusable as error:
        return [Error(str(error), id="sbdash.E001")]
    return []
