"""The app, and the checks that there is a database, and one that keeps what it was given, before anything starts."""

from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connection

ALONE = (
    "DATABASE_URL names a MongoDB that is no replica set and so has no transactions: start it with --replSet, "
    "and call rs.initiate() once; one member is enough"
)


class JournalConfig(AppConfig):
    name = "monitoring.journal"


@register
def database(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Whether sbdash runs on what DATABASE_URL names, and its driver is installed."""
    return [Error(settings.DATABASE_TROUBLE, id="sbdash.E002")] if settings.DATABASE_TROUBLE else []


@register
def redis(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Whether REDIS_URL is an address of a Redis."""
    known = not settings.REDIS_URL or settings.REDIS_URL.startswith(("redis://", "rediss://", "unix://"))
    words = "REDIS_URL is no address of a Redis: redis://host:6379/0, or rediss:// with TLS"
    return [] if known else [Error(words, id="sbdash.E004")]


@register(Tags.database)
def replica_set(app_configs: Any, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Whether MongoDB has transactions; asked by `migrate`, as is everything for which a database must answer."""
    features: Any = connection.features
    if not databases or not settings.ON_MONGODB or features._supports_transactions:
        return []
    return [Error(ALONE, id="sbdash.E003")]
