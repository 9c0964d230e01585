"""How a process is called in the database, and whether it still lives, as far as this host can tell. Pure."""

import os
from functools import cache
from hashlib import sha256
from pathlib import Path
from socket import gethostname

PLACE = (Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid"))
"""What tells this start of this machine, and this container, from any other; where there is Linux."""


@cache
def here() -> str:
    """The name of this host, or container, since it started: process ids mean something only in it."""
    boot = PLACE[0].read_text().strip() if PLACE[0].exists() else ""
    namespace = os.readlink(PLACE[1]) if PLACE[1].is_symlink() else ""
    return f"{gethostname()[:24]}/{sha256(f'{gethostname()} {boot} {namespace}'.encode()).hexdigest()[:12]}"


def process_token(process: int) -> str:
    """The name of a process here."""
    return f"{here()}:{process}"


def is_process_gone(name: str) -> bool:
    """Whether this was a process here, and is no more: nobody needs to wait for what it held."""
    place, _, process = name.rpartition(":")
    if place != here() or not process.isdecimal():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
