"""How one speaks with Redis here: no retries behind one's back, and nothing that waits for long. Pure. The library
is loaded where REDIS_URL is set."""

from typing import Any


def client(url: str, connect: float, answer: float) -> Any:
    """A client that is connected when it is first asked. Waits `connect` and `answer` seconds at most, whatever the
    URL says. ValueError for a URL that is none."""
    from redis import ConnectionPool, Redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    pool = ConnectionPool.from_url(url, driver_info=None)
    pool.connection_kwargs |= {
        "socket_connect_timeout": connect,
        "socket_timeout": answer,
        "retry": Retry(NoBackoff(), 0),
        "health_check_interval": 0,
        "decode_responses": False,
    }
    return Redis(connection_pool=pool)


def unreachable() -> tuple[type[Exception], ...]:
    """The errors of a Redis that does not answer."""
    from redis import exceptions

    return exceptions.ConnectionError, exceptions.TimeoutError, OSError
