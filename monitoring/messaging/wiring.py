"""This process's bell and cache, wired to the settings."""

from functools import cache

from django.conf import settings

from monitoring.messaging.cache import Cache
from monitoring.messaging.notifier import Notifier
from monitoring.messaging.redis_cache import RedisCache

ENTRIES, SIZE = 500, 8_000_000
"""Values and bytes that one process keeps at most."""
LARGEST = 1_000_000
"""Bytes of a value above which it is not sent to Redis."""


@cache
def the_notifier() -> Notifier:
    """One for each process; who wants to hear other processes starts it."""
    return Notifier(settings.REDIS_URL, settings.REDIS_PREFIX)


@cache
def the_cache() -> Cache:
    """One for each process."""
    url = settings.REDIS_URL
    return Cache(RedisCache(url, settings.REDIS_PREFIX, LARGEST) if url else None, ENTRIES, SIZE)
