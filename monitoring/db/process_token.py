"""Process tokens: names of processes in the database, and the check whether such a process is gone. Pure."""

import os
from functools import cache
from hashlib import sha256
from pathlib import Path
from socket import gethostname

BOOT_ID, PID_NAMESPACE = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")
"""Linux only: these identify this boot of the machine, and this container."""


@cache
def host_token() -> str:
    """Returns a name for this host or container since its start: the scope in which process ids are unique."""
    boot = BOOT_ID.read_text().strip() if BOOT_ID.exists() else ""
    namespace = os.readlink(PID_NAMESPACE) if PID_NAMESPACE.is_symlink() else ""
    return f"{gethostname()[:24]}/{sha256(f'{gethostname()} {boot} {namespace}'.encode()).hexdigest()[:12]}"


def process_token(process: int) -> str:
    """Returns the token of the process with this id on this host."""
    return f"{host_token()}:{process}"


def is_process_gone(token: str) -> bool:
    """True if the token is of this host and the process has ended, so that its leases and locks are void. False for a
    process of another host: its state is unknown here."""
    host, _, process = token.rpartition(":")
    if host != host_token() or not process.isdecimal():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
