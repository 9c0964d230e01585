"""A Redis for each test that asks for one."""

from collections.abc import Iterator

import pytest
from redis_server import Redis


@pytest.fixture
def redis() -> Iterator[Redis]:
    made = Redis().start()
    yield made
    made.stop()
