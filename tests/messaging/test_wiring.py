"""One bell and one cache for each process, as the settings say."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from redis_server import Redis
from running import until

from monitoring.messaging.wiring import the_cache, the_notifier


@pytest.fixture
def anew() -> Iterator[None]:
    """Neither was asked for yet."""
    the_notifier.cache_clear()
    the_cache.cache_clear()
    yield
    the_notifier.cache_clear()
    the_cache.cache_clear()


@pytest.mark.usefixtures("anew")
def test_without_an_address_everything_stays_in_the_process(settings: Any) -> None:
    settings.REDIS_URL = ""
    heard: list[float] = []
    the_notifier().subscribe("journal", lambda: heard.append(time.monotonic()))
    the_notifier().start()
    the_notifier().publish("journal")
    assert len(heard) == 1
    assert the_cache().get_or_set(("x",), lambda: b"made", 60) == b"made"
    assert the_cache().get_or_set(("x",), lambda: b"anew", 60) == b"made"
    assert not the_notifier().connected


@pytest.mark.usefixtures("anew")
def test_with_an_address_both_use_it_under_the_installations_prefix(settings: Any, redis: Redis) -> None:
    settings.REDIS_URL, settings.REDIS_PREFIX = redis.url, "this-one"
    bell = the_notifier()
    bell.start()
    until(lambda: bell.connected, 5, "the connection")
    assert redis.ask("PUBSUB", "CHANNELS", "*") == [b"this-one:bell"]
    the_cache().get_or_set(("x",), lambda: b"made", 60)
    assert [key.startswith(b"this-one:kept:") for key in redis.ask("KEYS", "*")] == [True]
    assert the_notifier() is bell
    bell.stop()
    assert the_cache()._behind is not None
    the_cache()._behind.close()
