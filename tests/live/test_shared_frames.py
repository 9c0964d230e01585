"""Frames and series that were made for one are kept for the others: under a key that holds the position."""

import json
import re
from collections.abc import Callable, Iterator

import pytest
from redis_server import Redis
from running import Server, free_port, talk

Fresh = Callable[..., Server]


@pytest.fixture
def redis() -> Iterator[Redis]:
    made = Redis().start()
    yield made
    made.stop()


def found_in_redis(server: Server) -> int:
    """Asked of the page for Prometheus: health itself looks up what every process counts once in five seconds."""
    found = re.search(rb"^sbdash_cache_redis_hits_total (\d+)", server.call("GET", "/metrics").body, re.MULTILINE)
    assert found is not None
    return int(found[1])


def asked(server: Server, to: str) -> list[dict[str, float]]:
    found: list[dict[str, float]] = server.get(f"/api/v1/metrics/messages?to={to}&step=60").json["points"]
    return found


def test_what_one_process_made_another_finds_until_something_new_comes(fresh: Fresh, redis: Redis) -> None:
    one = fresh("postgresql", REDIS_URL=redis.url)
    other = Server(one.folder, one.database, one.extra, free_port()).start()
    try:
        one.take(talk("shared", "alice"))
        to = "2100-01-01T00:00:00Z"
        first = asked(one, f"{to}&from=2099-12-31T23:00:00Z")
        before = found_in_redis(other)
        assert asked(other, f"{to}&from=2099-12-31T23:00:00Z") == first
        assert found_in_redis(other) == before + 1
        one.take(talk("newer", "alice"))
        asked(other, f"{to}&from=2099-12-31T23:00:00Z")
        assert found_in_redis(other) == before + 1, "another position is another key"
    finally:
        other.stop()


def test_a_new_figure_is_never_hidden_by_a_kept_one(server: Server) -> None:
    for turn in range(3):
        server.take(talk(f"never-hidden-{turn}", "alice"))
        minutes = server.get("/api/v1/metrics/messages?step=60").json["points"]
        again = server.get("/api/v1/metrics/messages?step=60").json["points"]
        assert json.dumps(minutes) == json.dumps(again)
        assert sum(sum(point["value"].values()) for point in minutes) >= 4 * (turn + 1)
