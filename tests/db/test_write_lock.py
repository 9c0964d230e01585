"""The write lock is acquired in the order of the requests, among threads and among processes."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from running import ROOT, until

from monitoring.db.write_lock import write_lock


def waiters(database: Path) -> int:
    """The number of waiters for the two files of the lock (proc_locks(5): a line with an arrow each)."""
    files = {str(path.stat().st_ino) for path in database.parent.iterdir()}
    lines = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
    return sum(line[1] == "->" and line[6].rpartition(":")[2] in files for line in lines)


def test_threads_acquire_the_lock_in_the_order_of_their_requests(tmp_path: Path) -> None:
    database, order = tmp_path / "order", []

    def work(number: int) -> None:
        with write_lock(str(database)):
            order.append(number)

    with write_lock(str(database)):
        workers = []
        for number in range(12):
            workers.append(threading.Thread(target=work, args=[number]))
            workers[-1].start()
            until(lambda number=number: waiters(database) > number)
    for worker in workers:
        worker.join(5)
    assert order == list(range(12))


def test_a_thread_that_reacquires_the_lock_starves_no_other(tmp_path: Path) -> None:
    lock, stopping, turns = partial(write_lock, str(tmp_path / "greedy")), threading.Event(), {"greedy": 0, "modest": 0}

    def greedy() -> None:
        while not stopping.is_set():
            with lock():
                turns["greedy"] += 1
                time.sleep(0.001)

    worker = threading.Thread(target=greedy)
    worker.start()
    for _ in range(30):
        with lock():
            turns["modest"] += 1
        time.sleep(0.001)
    stopping.set()
    worker.join(5)
    assert turns["modest"] == 30
    assert turns["greedy"] < 300


def test_one_thread_holds_the_lock_and_an_error_releases_it(tmp_path: Path) -> None:
    lock, inside, most = partial(write_lock, str(tmp_path / "error")), 0, 0

    def work() -> None:
        nonlocal inside, most
        for number in range(40):
            try:
                with lock():
                    inside += 1
                    most = max(most, inside)
                    inside -= 1
                    if number % 3 == 0:
                        raise OSError
            except OSError:
                pass

    workers = [threading.Thread(target=work) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(10)
    assert most == 1
    with lock():
        pass
    with pytest.raises(KeyError), lock():
        raise KeyError


GREEDY = """
import sys, time
from pathlib import Path
from monitoring.db.write_lock import write_lock
database = Path(sys.argv[1])
turns = 0
while True:
    with write_lock(sys.argv[1]):
        turns += 1
        database.write_text(str(turns))
        time.sleep(0.002)
"""


@pytest.fixture
def greedy(tmp_path: Path) -> Iterator["tuple[Path, subprocess.Popen[bytes]]"]:
    """A process that acquires the lock again and again, and writes its count into the file."""
    database = tmp_path / "turns"
    process = subprocess.Popen([sys.executable, "-c", GREEDY, str(database)], cwd=ROOT)
    until(lambda: database.exists() and database.read_text())
    yield database, process
    process.kill()
    process.wait()


def test_a_process_that_reacquires_the_lock_starves_no_other(
    greedy: "tuple[Path, subprocess.Popen[bytes]]",
) -> None:
    database, _ = greedy
    turns: list[int] = []
    for _ in range(20):
        before = int(database.read_text() or 0)
        with write_lock(str(database)):
            turns.append(int(database.read_text()) - before)
    assert sorted(turns)[len(turns) // 2] <= 3, turns  # a delay before the request may add some


def test_the_lock_of_a_process_that_dies_is_released(greedy: "tuple[Path, subprocess.Popen[bytes]]") -> None:
    database, process = greedy
    process.kill()
    process.wait()
    with write_lock(str(database)):
        last = database.read_text()
    with write_lock(str(database)):
        assert database.read_text() == last
