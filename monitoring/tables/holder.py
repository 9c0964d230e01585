"""How a process is called in the database, and whether it still lives, as far as this host can tell. Pure."""

import os
from socket import gethostname


def holder(process: int) -> str:
    """The name of a process on this host."""
    return f"{gethostname()[:40]}:{process}"


def is_dead(name: str) -> bool:
    """Whether this was a process on this host, and is no more: nobody needs to wait for what it held."""
    host, _, process = name.rpartition(":")
    if host != gethostname()[:40] or not process.isdecimal():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
