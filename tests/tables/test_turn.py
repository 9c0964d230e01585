"""Turns are given in the order of asking."""

import threading
import time

import pytest

from monitoring.tables.turn import Turn


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
