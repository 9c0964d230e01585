"""The notifier and the cache of this process, built from the settings."""

from functools import cache

from django.conf import settings

from monitoring.messaging.cache import Cache
from monitoring.messaging.notifier import Notifier
from monitoring.messaging.redis_cache import RedisCache

MAX_CACHE_ENTRIES, MAX_CACHE_BYTES = 500, 8_000_000
"""Values and bytes that one process stores at most."""
MAX_SHARED_BYTES = 1_000_000
"""Bytes of the largest value that is sent to Redis."""


@cache
def the_notifier() -> Notifier:
    """Returns the notifier of this process. It receives from other processes once it is started."""
    return Notifier(settings.REDIS_URL, settings.REDIS_PREFIX)


@cache
def the_cache() -> Cache:
    """Returns the cache of this process."""
    url = settings.REDIS_URL
    redis = RedisCache(url, settings.REDIS_PREFIX, MAX_SHARED_BYTES) if url else None
    return Cache(redis, MAX_CACHE_ENTRIES, MAX_CACHE_BYTES)
