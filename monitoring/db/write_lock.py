"""Pure. A fair lock for writers, first come, first served, among threads and among processes: SQLite's own goes to
whoever polls at the right moment."""

import fcntl
import os
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path


class Turn:
    """A lock inside one process that is handed over in the order of asking."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._taken = False

    @contextmanager
    def __call__(self) -> Iterator[None]:
        self._take()
        try:
            yield
        finally:
            self._give()

    def _take(self) -> None:
        with self._guard:
            if not self._taken:
                self._taken = True
                return
            mine = threading.Event()
            self._waiting.append(mine)
        mine.wait()

    def _give(self) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._taken = False


class Queue:
    """A lock among processes, for one thread of each at a time; the system gives back what a process held that died.

    Two files (flock): a process that waits for `turn` holds `next`, so that the last holder of `turn` cannot take it
    again before that process.
    """

    def __init__(self, database: Path) -> None:
        self._turn, self._next = (_opened(database, end) for end in ("-turn", "-next"))

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


def _opened(database: Path, end: str) -> int:
    return os.open(database.with_name(database.name + end), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


@cache
def queue(database: Path) -> Queue:
    """One for each process and database."""
    return Queue(database)


_threads = Turn()


@contextmanager
def turn(database: str) -> Iterator[None]:
    """This thread's turn to write to SQLite's file of this name; one in memory belongs to one process."""
    with _threads():
        path = Path(database)
        if not path.is_absolute():
            yield
            return
        with queue(path)():
            yield
