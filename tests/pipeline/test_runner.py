"""Stages side by side: one that trips backs off and says so once, and holds nobody up."""

import logging
import threading
import time
from collections.abc import Callable

import pytest

from monitoring.pipeline.runner import FIRST_BACKOFF, IDLE_INTERVAL, MAX_BACKOFF, Runner, Worker


class Stage:
    """Does so many batches, and trips while it is broken."""

    def __init__(self, batches: int = 0) -> None:
        self.batches, self.calls, self.broken = batches, 0, ""

    def advance(self) -> bool:
        self.calls += 1
        if self.broken:
            raise OSError(self.broken)
        self.batches -= 1
        return self.batches >= 0


def nothing() -> None:
    pass


def until(found: Callable[[], bool]) -> None:
    end = time.monotonic() + 5
    while not found():
        assert time.monotonic() < end
        time.sleep(0.005)


def stop(runner: Runner) -> None:
    runner.end()
    runner.wait()


def test_a_stage_that_trips_backs_off_longer_and_longer_up_to_a_bound() -> None:
    stage = Stage(5)
    worker = Worker("stage stats", stage.advance)
    stage.broken = "no disk"
    pauses = [worker.step() for _ in range(10)]
    assert pauses[:4] == [FIRST_BACKOFF, FIRST_BACKOFF * 2, FIRST_BACKOFF * 4, FIRST_BACKOFF * 8]
    assert pauses[-1] == MAX_BACKOFF


def test_a_job_backs_off_from_twice_its_interval_and_never_below_its_interval() -> None:
    stage = Stage(5)
    stage.broken = "no disk"
    worker = Worker("job check", stage.advance, interval=60.0, max_backoff=600.0)
    assert [worker.step() for _ in range(5)] == [120.0, 240.0, 480.0, 600.0, 600.0]
    assert Worker("job check", stage.advance, interval=900.0, max_backoff=600.0).step() == 900.0


def test_while_it_backs_off_it_is_left_alone() -> None:
    stage = Stage(5)
    stage.broken = "no disk"
    runner = Runner([Worker("stage stats", stage.advance)], nothing)
    runner.start()
    until(lambda: stage.calls == 1)
    for _ in range(20):
        runner.wake()
        time.sleep(0.005)
    assert stage.calls == 1
    stop(runner)


def test_it_says_so_once_and_again_when_something_else_is_wrong(caplog: pytest.LogCaptureFixture) -> None:
    stage = Stage(5)
    worker = Worker("stage stats", stage.advance)
    for stage.broken in ["no disk"] * 5 + ["no table"] * 3:
        worker.step()
    said = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert [one.getMessage() for one in said] == ["stage stats failed; it backs off and retries"] * 2


def test_when_it_goes_on_it_says_so_and_forgets_its_pause(caplog: pytest.LogCaptureFixture) -> None:
    stage = Stage(5)
    stage.broken = "no disk"
    worker = Worker("stage stats", stage.advance)
    for _ in range(4):
        worker.step()
    stage.broken = ""
    assert worker.step() == 0.0
    assert "stage stats recovered" in caplog.text
    stage.broken = "no disk"
    assert worker.step() == FIRST_BACKOFF


def test_a_stage_that_trips_once_and_then_has_nothing_to_do_is_well_again(caplog: pytest.LogCaptureFixture) -> None:
    """Else an hour later the next trip begins with the long pause of the last one."""
    stage = Stage(0)
    stage.broken = "no disk"
    worker = Worker("stage stats", stage.advance)
    for _ in range(8):
        worker.step()
    stage.broken = ""
    assert worker.step() == IDLE_INTERVAL
    stage.broken = "no disk"
    assert worker.step() == FIRST_BACKOFF


def test_a_broken_stage_does_not_hold_up_the_others(caplog: pytest.LogCaptureFixture) -> None:
    broken, well, closed = Stage(5), Stage(200), threading.Event()
    broken.broken = "no disk"
    runner = Runner([Worker("broken", broken.advance), Worker("well", well.advance)], closed.set)
    runner.start()
    until(lambda: well.batches < 0)
    stop(runner)
    assert broken.calls == 1
    assert closed.is_set()


def test_a_slow_stage_holds_up_no_other() -> None:
    go_on, well = threading.Event(), Stage(200)
    runner = Runner([Worker("slow", lambda: go_on.wait(5)), Worker("well", well.advance)], nothing)
    runner.start()
    until(lambda: well.batches < 0)
    assert not go_on.is_set()
    go_on.set()
    stop(runner)


def test_what_was_held_is_given_back_once_when_all_have_ended() -> None:
    left, closed = [], []
    workers = [Worker(name, Stage(5).advance) for name in ("one", "other")]
    runner = Runner(workers, lambda: closed.append(len(left)), lambda: left.append(len(closed)))
    runner.start()
    stop(runner)
    assert (closed, left) == ([0, 0], [2])


def test_wake_wakes_it_at_once() -> None:
    stage = Stage(0)
    runner = Runner([Worker("stats", stage.advance)], nothing)
    runner.start()
    until(lambda: stage.calls >= 1)
    calls, begin = stage.calls, time.monotonic()
    runner.wake()
    until(lambda: stage.calls > calls)
    assert time.monotonic() - begin < 0.2
    stop(runner)


def test_it_ends_after_its_batch_and_closes() -> None:
    inside, go_on, closed = threading.Event(), threading.Event(), []

    def advance() -> bool:
        inside.set()
        go_on.wait(5)
        return True

    runner = Runner([Worker("stats", advance)], lambda: closed.append(True))
    runner.start()
    assert inside.wait(5)
    runner.end()
    assert not closed
    go_on.set()
    stop(runner)
    assert closed == [True]


def test_stopping_one_that_never_started_is_no_fault() -> None:
    stop(Runner([], nothing))


def test_a_periodic_one_waits_for_its_time_and_is_not_woken() -> None:
    """Its work says that more is waiting, each time."""
    periodic, late = Stage(200), Stage(200)
    workers = [
        Worker("job", periodic.advance, interval=0.2, is_periodic=True),
        Worker("late", late.advance, interval=0.2, is_periodic=True, delay=60.0),
    ]
    runner, began = Runner(workers, nothing), time.monotonic()
    runner.start()
    while periodic.calls < 3:
        runner.wake()
        time.sleep(0.005)
    assert time.monotonic() - began >= 0.4
    assert late.calls == 0
    stop(runner)
