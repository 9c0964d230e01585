"""Jobs that are done because time passes: one that fails ends no other, says so once, and is told where people look."""

import logging
import threading

import pytest

from monitoring.pipeline.runner import Runner, Worker


def test_a_job_that_fails_is_told_each_time_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    faults, told = [ValueError("odd"), ValueError("odd"), None, None], list[str]()

    def work() -> None:
        if fault := faults.pop(0):
            raise fault

    job = Worker("job check", work, interval=60.0, report=told.append)
    with caplog.at_level(logging.WARNING):
        assert [job.step() for _ in range(4)] == [60.0, 60.0, 60.0, 60.0]
    assert told == ["ValueError: odd", "ValueError: odd", ""]
    assert [record.message for record in caplog.records] == [
        "job check failed; it backs off and retries",
        "job check recovered",
    ]


def test_what_a_database_that_is_gone_did_not_hear_is_told_later() -> None:
    heard: list[str] = []

    def tell(error: str) -> None:
        heard.append(error)
        if len(heard) == 1:
            raise OSError("gone")

    job = Worker("job check", lambda: None, report=tell)
    for _ in range(3):
        job.step()
    assert (heard, job.error) == (["", ""], "")


def test_a_job_that_fails_or_takes_long_keeps_no_other_from_its_turn() -> None:
    done, closed = threading.Event(), threading.Event()

    def fails() -> None:
        raise ValueError("odd")

    def waits() -> None:
        assert done.wait(10)

    works = {"fails": fails, "waits": waits, "does": done.set}
    jobs = [Worker(name, work, 0.01, is_periodic=True, delay=0.01) for name, work in works.items()]
    runner = Runner(jobs, closed.set)
    runner.start()
    assert done.wait(10)
    runner.end()
    runner.wait()
    assert closed.is_set()
