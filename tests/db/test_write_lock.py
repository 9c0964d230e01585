"""Turns are given in the order of asking, among threads and among processes."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from running import ROOT, until

from monitoring.db.write_lock import Queue, Turn, turn


def test_whoever_asked_first_is_next() -> None:
    turn, order = Turn(), []

    def work(number: int) -> None:
        with turn():
            order.append(number)

    with turn():
        workers = []
        for number in range(12):
            workers.append(threading.Thread(target=work, args=[number]))
            workers[-1].start()
            while len(turn._waiting) <= number:
                time.sleep(0.001)
    for worker in workers:
        worker.join(5)
    assert order == list(range(12))


def test_one_who_asks_again_and_again_starves_nobody() -> None:
    turn, stopping, turns = Turn(), threading.Event(), {"greedy": 0, "modest": 0}

    def greedy() -> None:
        while not stopping.is_set():
            with turn():
                turns["greedy"] += 1
                time.sleep(0.001)

    worker = threading.Thread(target=greedy)
    worker.start()
    for _ in range(30):
        with turn():
            turns["modest"] += 1
        time.sleep(0.001)
    stopping.set()
    worker.join(5)
    assert turns["modest"] == 30
    assert turns["greedy"] < 300


def test_only_one_has_the_turn_and_who_falls_gives_it_back() -> None:
    turn, inside, most = Turn(), 0, 0

    def work() -> None:
        nonlocal inside, most
        for number in range(40):
            try:
                with turn():
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
    with turn():
        pass
    with pytest.raises(KeyError), turn():
        raise KeyError


GREEDY = """
import sys, time
from pathlib import Path
from monitoring.db.write_lock import Queue
database = Path(sys.argv[1])
queue, turns = Queue(database), 0
while True:
    with queue():
        turns += 1
        database.write_text(str(turns))
        time.sleep(0.002)
"""


@pytest.fixture
def greedy(tmp_path: Path) -> Iterator["tuple[Path, subprocess.Popen[bytes]]"]:
    """A process that takes its turn again and again, and writes down how often."""
    database = tmp_path / "turns"
    process = subprocess.Popen([sys.executable, "-c", GREEDY, str(database)], cwd=ROOT)
    until(lambda: database.exists() and database.read_text())
    yield database, process
    process.kill()
    process.wait()


def test_a_process_that_asks_again_and_again_starves_no_other(greedy: "tuple[Path, subprocess.Popen[bytes]]") -> None:
    database, _ = greedy
    queue, turns = Queue(database), []
    for _ in range(20):
        before = int(database.read_text() or 0)
        with queue():
            turns.append(int(database.read_text()) - before)
    assert sorted(turns)[len(turns) // 2] <= 3, turns  # who is held up before asking may miss more


def test_the_turn_of_a_process_that_dies_is_given_back(greedy: "tuple[Path, subprocess.Popen[bytes]]") -> None:
    database, process = greedy
    process.kill()
    process.wait()
    with Queue(database)():
        last = database.read_text()
    with turn(str(database)):
        assert database.read_text() == last
