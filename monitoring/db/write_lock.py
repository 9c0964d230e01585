"""Pure. A fair (first in, first out) write lock for SQLite, among threads and among processes. SQLite's own lock is not
fair: its waiters poll."""

import fcntl
import os
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path


class ThreadLock:
    """A lock among the threads of a process; they acquire it in the order of their requests."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiters: deque[threading.Event] = deque()
        self._locked = False

    @contextmanager
    def __call__(self) -> Iterator[None]:
        self._acquire()
        try:
            yield
        finally:
            self._release()

    def _acquire(self) -> None:
        with self._guard:
            if not self._locked:
                self._locked = True
                return
            acquired = threading.Event()
            self._waiters.append(acquired)
        acquired.wait()

    def _release(self) -> None:
        with self._guard:
            if self._waiters:
                self._waiters.popleft().set()
            else:
                self._locked = False


class ProcessLock:
    """A lock among processes, for one thread of each at a time. The system releases the lock of a process that dies.

    The lock consists of two files (flock(2)). A process that waits for `-turn` holds `-next`, so that the last holder
    of `-turn` cannot acquire it again before that process.
    """

    def __init__(self, database: Path) -> None:
        self._turn, self._next = (_open(database, suffix) for suffix in ("-turn", "-next"))

    @contextmanager
    def __call__(self) -> Iterator[None]:
        fcntl.flock(self._next, fcntl.LOCK_EX)
        try:
            fcntl.flock(self._turn, fcntl.LOCK_EX)
        finally:
            fcntl.flock(self._next, fcntl.LOCK_UN)
        try:
            yield
        finally:
            fcntl.flock(self._turn, fcntl.LOCK_UN)


def _open(database: Path, suffix: str) -> int:
    return os.open(database.with_name(database.name + suffix), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


@cache
def process_lock(database: Path) -> ProcessLock:
    """Returns this process's lock of a database file."""
    return ProcessLock(database)


_thread_lock = ThreadLock()


@contextmanager
def write_lock(database: str) -> Iterator[None]:
    """Holds the write lock of a SQLite file. A database in memory has one process, and needs no lock among
    processes."""
    with _thread_lock():
        path = Path(database)
        if not path.is_absolute():
            yield
            return
        with process_lock(path)():
            yield
