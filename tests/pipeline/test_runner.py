"""Stages side by side: one that trips backs off and says so once, and holds nobody up."""

import logging
import threading
import time
from collections.abc import Callable

import pytest

from monitoring.pipeline.runner import FIRST_BACKOFF, MAX_BACKOFF, Runner, Worker


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


def test_a_stage_that_trips_backs_off_longer_and_longer_up_to_a_bound() -> None:
    stage, now, pauses = Stage(5), 100.0, []
    worker = Worker("stats", stage.advance)
    stage.broken = "no disk"
    for _ in range(10):
        assert not worker.step(now)
        pauses.append(worker.not_before - now)
        now = worker.not_before
    assert pauses[:4] == [FIRST_BACKOFF, FIRST_BACKOFF * 2, FIRST_BACKOFF * 4, FIRST_BACKOFF * 8]
    assert pauses[-1] == MAX_BACKOFF


def test_while_it_backs_off_it_is_left_alone() -> None:
    stage = Stage(5)
    stage.broken = "no disk"
    worker = Worker("stats", stage.advance)
    worker.step(100.0)
    for _ in range(50):
        worker.step(100.0 + FIRST_BACKOFF * 0.9)
    assert stage.calls == 1


def test_it_says_so_once_and_again_when_something_else_is_wrong(caplog: pytest.LogCaptureFixture) -> None:
    stage, now = Stage(5), 100.0
    worker = Worker("stats", stage.advance)
    for stage.broken in ["no disk"] * 5 + ["no table"] * 3:
        worker.step(now)
        now = worker.not_before
    said = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert [one.getMessage() for one in said] == ["stage stats failed; it backs off and retries"] * 2


def test_when_it_goes_on_it_says_so_and_forgets_its_pause(caplog: pytest.LogCaptureFixture) -> None:
    stage = Stage(5)
    stage.broken = "no disk"
    worker = Worker("stats", stage.advance)
    for _ in range(4):
        worker.step(worker.not_before)
    stage.broken = ""
    assert worker.step(worker.not_before)
    assert "stage stats recovered" in caplog.text
    assert worker.pause == 0
    stage.broken = "no disk"
    worker.step(1_000.0)
    assert worker.not_before == 1_000.0 + FIRST_BACKOFF


def test_a_stage_that_trips_once_and_then_has_nothing_to_do_is_well_again(caplog: pytest.LogCaptureFixture) -> None:
    """Else an hour later the next trip begins with the long pause of the last one."""
    stage = Stage(0)
    stage.broken = "no disk"
    worker = Worker("stats", stage.advance)
    for _ in range(8):
        worker.step(worker.not_before)
    stage.broken = ""
    worker.step(worker.not_before)
    stage.broken = "no disk"
    worker.step(10_000.0)
    assert worker.not_before == 10_000.0 + FIRST_BACKOFF


def test_a_broken_stage_does_not_hold_up_the_others(caplog: pytest.LogCaptureFixture) -> None:
    broken, well, closed = Stage(5), Stage(200), threading.Event()
    broken.broken = "no disk"
    runner = Runner([Worker("broken", broken.advance), Worker("well", well.advance)], nothing, closed.set)
    runner.start()
    until(lambda: well.batches < 0)
    runner.stop()
    assert broken.calls == 1
    assert closed.is_set()


def test_a_slow_stage_holds_up_no_other() -> None:
    go_on, well = threading.Event(), Stage(200)
    runner = Runner([Worker("slow", lambda: go_on.wait(5)), Worker("well", well.advance)], nothing, nothing)
    runner.start()
    until(lambda: well.batches < 0)
    assert not go_on.is_set()
    go_on.set()
    runner.stop()


def test_what_was_held_is_given_back_once_when_all_have_ended() -> None:
    left, closed = [], []
    workers = [Worker(name, Stage(5).advance) for name in ("one", "other")]
    runner = Runner(workers, nothing, lambda: closed.append(len(left)), lambda: left.append(len(closed)))
    runner.start()
    runner.stop()
    assert (closed, left) == ([0, 0], [2])


def test_wake_wakes_it_at_once() -> None:
    stage = Stage(0)
    runner = Runner([Worker("stats", stage.advance)], nothing, nothing)
    runner.start()
    until(lambda: stage.calls >= 1)
    calls, begin = stage.calls, time.monotonic()
    runner.wake()
    until(lambda: stage.calls > calls)
    assert time.monotonic() - begin < 0.2
    runner.stop()


def test_it_ends_after_its_batch_and_closes() -> None:
    inside, go_on, closed = threading.Event(), threading.Event(), []

    def advance() -> bool:
        inside.set()
        go_on.wait(5)
        return True

    runner = Runner([Worker("stats", advance)], nothing, lambda: closed.append(True))
    runner.start()
    assert inside.wait(5)
    runner.end()
    assert not closed
    go_on.set()
    runner.stop()
    assert closed == [True]


def test_stopping_one_that_never_started_is_no_fault() -> None:
    Runner([], nothing, nothing).stop()


def test_a_beginning_that_trips_does_not_end_the_pipeline_for_ever(caplog: pytest.LogCaptureFixture) -> None:
    """A database that is locked, or away, for a moment."""
    stage, falls = Stage(3), [OSError("database is locked")]

    def begin() -> None:
        if falls:
            raise falls.pop()

    runner = Runner([Worker("stats", stage.advance)], begin, nothing)
    runner.start()
    until(lambda: stage.batches < 0)
    runner.stop()
