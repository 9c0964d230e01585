"""A Redis server for each test that uses one."""

from collections.abc import Iterator

import pytest
from redis_server import Redis


@pytest.fixture
def redis() -> Iterator[Redis]:
    made = Redis().start()
    yield made
    made.stop()
