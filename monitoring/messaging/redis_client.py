"""A Redis client with short timeouts and without retries. Pure. The library is imported only if REDIS_URL is set."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from redis import Redis


def redis_client(url: str, connect_timeout: float, socket_timeout: float) -> "Redis":
    """Returns a client that connects at its first command. The timeouts are seconds and override the URL's. Raises
    ValueError if the URL is invalid."""
    from redis import ConnectionPool, Redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    pool = ConnectionPool.from_url(url, driver_info=None)
    pool.connection_kwargs |= {
        "socket_connect_timeout": connect_timeout,
        "socket_timeout": socket_timeout,
        "retry": Retry(NoBackoff(), 0),
        "health_check_interval": 0,
        "decode_responses": False,
    }
    return Redis(connection_pool=pool)


def connection_errors() -> tuple[type[Exception], ...]:
    """The errors that mean that Redis does not answer."""
    from redis import exceptions

    return exceptions.ConnectionError, exceptions.TimeoutError, OSError
