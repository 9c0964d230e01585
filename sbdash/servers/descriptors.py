"""Raises this process's limit of file descriptors, and divides them between connections and live sockets. Pure."""

import logging
import resource

log = logging.getLogger(__name__)
WANTED_DESCRIPTORS = 65_536
"""Descriptors that a process tries to get, as far as the hard limit allows."""
RESERVED_DESCRIPTORS = 256
"""Descriptors reserved for databases, files, Redis and threads; at most a quarter of all."""
REQUEST_CONNECTIONS = 128
"""Connections that live sockets leave to requests; at most an eighth of all descriptors."""
UNLIMITED = 1_048_576
"""The number that is used for "no limit"."""


def limit() -> int:
    """Descriptors that this process may have open (RLIMIT_NOFILE, soft)."""
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return UNLIMITED if soft == resource.RLIM_INFINITY else min(soft, UNLIMITED)


def raise_limit(sockets: int = 0) -> None:
    """Raises the soft limit to WANTED_DESCRIPTORS, or more for this many live sockets, as far as the hard limit
    allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = max(WANTED_DESCRIPTORS, sockets + RESERVED_DESCRIPTORS + REQUEST_CONNECTIONS)
    reachable = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft == resource.RLIM_INFINITY or soft >= reachable:
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (reachable, hard))
    except (OSError, ValueError) as error:
        log.warning("the limit of open files could not be raised from %d: %s", soft, error)


def max_connections() -> int:
    """Connections that may be open at the same time."""
    return max(1, limit() - min(RESERVED_DESCRIPTORS, limit() // 4))


def max_sockets(wanted: int) -> int:
    """Live sockets that may be open at the same time: `wanted`, or fewer if there are too few descriptors."""
    return max(1, min(wanted, max_connections() - min(REQUEST_CONNECTIONS, limit() // 8)))


def report(wanted: int) -> None:
    """Logs a warning if the descriptors allow fewer live sockets than `wanted`."""
    if max_sockets(wanted) < wanted:
        log.warning(
            "the hard limit of open files is %d: %d connections and %d live sockets fit, LIVE_SOCKETS wants %d; "
            "raise it (ulimit -Hn, systemd's LimitNOFILE, ulimits in docker-compose.yml)",
            limit(), max_connections(), max_sockets(wanted), wanted,
        )  # fmt: skip
