"""One notifier and one cache for each process, built from the settings."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from redis_server import Redis
from running import until

from monitoring.messaging.wiring import the_cache, the_notifier


@pytest.fixture
def fresh() -> Iterator[None]:
    """Discards the notifier and the cache of this process before and after the test."""
    the_notifier.cache_clear()
    the_cache.cache_clear()
    yield
    the_notifier.cache_clear()
    the_cache.cache_clear()


@pytest.mark.usefixtures("fresh")
def test_without_a_redis_url_everything_stays_in_the_process(settings: Any) -> None:
    settings.REDIS_URL = ""
    calls: list[float] = []
    the_notifier().subscribe("journal", lambda: calls.append(time.monotonic()))
    the_notifier().start()
    the_notifier().publish("journal")
    assert len(calls) == 1
    assert the_cache().get_or_set(("x",), lambda: b"made", 60) == b"made"
    assert the_cache().get_or_set(("x",), lambda: b"made again", 60) == b"made"
    assert not the_notifier().connected


@pytest.mark.usefixtures("fresh")
def test_with_a_redis_url_both_use_it_under_the_prefix_of_the_installation(settings: Any, redis: Redis) -> None:
    settings.REDIS_URL, settings.REDIS_PREFIX = redis.url, "this-one"
    notifier = the_notifier()
    notifier.start()
    until(lambda: notifier.connected, 5, "the connection")
    assert redis.ask("PUBSUB", "CHANNELS", "*") == [b"this-one:bell"]
    the_cache().get_or_set(("x",), lambda: b"made", 60)
    assert [key.startswith(b"this-one:kept:") for key in redis.ask("KEYS", "*")] == [True]
    assert the_notifier() is notifier
    notifier.stop()
    assert the_cache()._redis is not None
    the_cache()._redis.close()
