"""Pure. A fair write lock for SQLite, among threads and among processes. SQLite's own lock is not fair: its waiters
poll."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def write_lock(database: str) -> Iterator[None]:
    """Holds the write lock of a SQLite file. The system releases it if the process dies.

    The lock consists of two files (flock(2)), which each acquisition opens anew: so it also excludes other threads. Who
    waits for `-turn` holds `-next`, so that the last holder of `-turn` cannot acquire it again before.
    """
    turn = _open(f"{database}-turn")
    try:
        following = _open(f"{database}-next")
        try:
            fcntl.flock(following, fcntl.LOCK_EX)
            fcntl.flock(turn, fcntl.LOCK_EX)
        finally:
            os.close(following)
        yield
    finally:
        fcntl.flock(turn, fcntl.LOCK_UN)  # a forked child may have the file open still
        os.close(turn)


def _open(path: str) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
