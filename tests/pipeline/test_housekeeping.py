"""Jobs that are done because time passes: one that fails ends no other, says so once, and is told where people look."""

import logging
import threading

import pytest

from monitoring.pipeline.housekeeping import Job, Jobs


def test_a_job_that_fails_is_told_each_time_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    faults, told = [ValueError("odd"), ValueError("odd"), None, None], list[tuple[str, str]]()

    def work(stopping: object) -> None:
        if fault := faults.pop(0):
            raise fault

    job = Job("check", work, lambda name, error: told.append((name, error)))
    with caplog.at_level(logging.WARNING):
        assert [job.step(lambda: False) for _ in range(4)] == [False, False, True, True]
    assert told == [("check", "ValueError: odd"), ("check", "ValueError: odd"), ("check", "")]
    assert [record.message for record in caplog.records] == ["job check failed; retrying", "job check recovered"]


def test_what_a_database_that_is_gone_did_not_hear_is_told_later() -> None:
    heard: list[str] = []

    def tell(name: str, error: str) -> None:
        heard.append(error)
        if len(heard) == 1:
            raise OSError("gone")

    job = Job("check", lambda stopping: None, tell)
    assert job.step(lambda: False)
    assert job.step(lambda: False)
    assert job.step(lambda: False)
    assert heard == ["", ""]


def test_a_job_that_fails_or_takes_long_keeps_no_other_from_its_turn() -> None:
    done, closed = threading.Event(), threading.Event()

    def fails(stopping: object) -> None:
        raise ValueError("odd")

    def waits(stopping: object) -> None:
        assert done.wait(10)

    works = {"fails": fails, "waits": waits, "does": lambda stopping: done.set()}
    jobs = Jobs([Job(name, work, lambda *told: None) for name, work in works.items()], 0.01, closed.set)
    jobs.start()
    assert done.wait(10)
    assert closed.wait(10)
    jobs.stop()
