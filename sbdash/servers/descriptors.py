"""How many files and sockets this process may have open, and who gets how many of them. Pure."""

import logging
import resource

log = logging.getLogger(__name__)
WANTED = 65_536
"""Descriptors that a process asks for, where the hard limit lets it."""
OWN = 256
"""Descriptors kept for databases, files, Redis and threads; at most a quarter of all."""
FOR_REQUESTS = 128
"""Connections that live sockets leave to requests; at most an eighth of all descriptors."""
UNLIMITED = 1_048_576
"""What "no limit" is taken for."""


def limit() -> int:
    """Descriptors that this process may have open (RLIMIT_NOFILE, soft)."""
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return UNLIMITED if soft == resource.RLIM_INFINITY else min(soft, UNLIMITED)


def raise_limit(sockets: int = 0) -> None:
    """Raise the soft limit to what is wanted and so many live sockets need, as far as the hard limit goes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = max(WANTED, sockets + OWN + FOR_REQUESTS)
    reachable = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft == resource.RLIM_INFINITY or soft >= reachable:
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (reachable, hard))
    except (OSError, ValueError) as error:
        log.warning("the limit of open files stays at %d: %s", soft, error)


def most_connections() -> int:
    """Connections that may be open at the same time."""
    return max(1, limit() - min(OWN, limit() // 4))


def most_sockets(wanted: int) -> int:
    """Live sockets that may be open at the same time: as many as wanted, or as the descriptors allow."""
    return max(1, min(wanted, most_connections() - min(FOR_REQUESTS, limit() // 8)))


def report(wanted: int) -> None:
    """Say in the log where fewer live sockets fit than are wanted."""
    if most_sockets(wanted) < wanted:
        log.warning(
            "the hard limit of open files is %d: %d connections and %d live sockets fit, LIVE_SOCKETS wants %d; "
            "raise it (ulimit -Hn, systemd's LimitNOFILE, ulimits in docker-compose.yml)",
            limit(), most_connections(), most_sockets(wanted), wanted,
        )  # fmt: skip
