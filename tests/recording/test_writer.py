"""Group commit, with a fake journal whose commits the test releases."""

import logging
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from typing import Any

import pytest

from monitoring.recording.writer import MAX_GROUP_EVENTS, Failed, Full, Outcome, Writer


class Journal:
    """A fake journal. A commit waits for `open`; `groups` has all commits. An event is any value; `bad` cannot be
    written."""

    def __init__(self) -> None:
        self.groups: list[list[Any]] = []
        self.written: list[Any] = []
        self.open, self.busy = threading.Event(), threading.Event()
        self.open.set()

    def commit(self, events: Sequence[Any]) -> tuple[list[bool], int]:
        self.busy.set()
        assert self.open.wait(10)
        self.groups.append(list(events))
        if "bad" in events:
            raise OSError("no room")
        new = [event not in self.written for event in events]
        self.written += [event for event in events if event not in self.written]
        return new, len(self.written)

    def close(self) -> None:
        self.open.clear()
        self.busy.clear()


@pytest.fixture
def journal() -> Journal:
    return Journal()


@pytest.fixture
def writer(journal: Journal) -> Iterator[Writer]:
    made = Writer(journal.commit, max_events=10_000, max_bytes=1_000_000)
    made.start()
    yield made
    journal.open.set()
    made.stop()


def hold(writer: Writer, journal: Journal) -> "Future[Outcome]":
    """Submits a request whose commit waits, so that later requests are queued."""
    journal.close()
    first = writer.submit(["first"], 5)
    assert journal.busy.wait(5)
    return first


def test_queued_requests_are_written_together(writer: Writer, journal: Journal) -> None:
    first = hold(writer, journal)
    others = [writer.submit([number], 1) for number in range(20)]
    journal.open.set()
    assert [one.result(5).new for one in [first, *others]] == [[True]] * 21
    assert journal.groups == [["first"], list(range(20))]


def test_a_request_is_acknowledged_after_the_commit(writer: Writer, journal: Journal) -> None:
    first = hold(writer, journal)
    with pytest.raises(TimeoutError):
        first.result(0.1)
    journal.open.set()
    assert first.result(5) == Outcome([True], 1)
    assert journal.written == ["first"]


def test_each_request_gets_the_results_of_its_own_events(writer: Writer, journal: Journal) -> None:
    hold(writer, journal)
    one, two, none = writer.submit(["a", "first", "b"], 3), writer.submit(["c"], 1), writer.submit([], 0)
    journal.open.set()
    assert one.result(5).new == [True, False, True]
    assert two.result(5).new == [True]
    assert none.result(5).new == []


def test_a_full_queue_refuses_and_accepts_again_when_it_is_empty(journal: Journal) -> None:
    small = Writer(journal.commit, max_events=3, max_bytes=1_000)
    small.start()
    hold(small, journal)
    waiting = small.submit(["a", "b"], 10)
    with pytest.raises(Full):
        small.submit(["c", "d"], 10)
    with pytest.raises(Full):
        small.submit(["c"], 999)
    assert small.depth == 2
    journal.open.set()
    assert waiting.result(5).new == [True, True]
    assert small.submit(list(range(50)), 5_000).result(5).new == [True] * 50, "a large request alone is accepted"
    small.stop()


def test_a_request_that_cannot_be_written_fails_alone(
    writer: Writer, journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    hold(writer, journal)
    one, bad, two = (writer.submit([event], 1) for event in ("a", "bad", "b"))
    with caplog.at_level(logging.CRITICAL):
        journal.open.set()
        with pytest.raises(Failed, match="no room"):
            bad.result(5)
        assert one.result(5).new == [True]
        assert two.result(5).new == [True]
    assert journal.written == ["first", "a", "b"]


def test_a_cancelled_request_harms_no_other(writer: Writer, journal: Journal, caplog: pytest.LogCaptureFixture) -> None:
    hold(writer, journal)
    gone, other = writer.submit(["a"], 1), writer.submit(["b"], 1)
    gone.cancel()
    with caplog.at_level(logging.CRITICAL):
        journal.open.set()
        assert other.result(5).new == [True], "it is new"
        assert writer.submit(["c"], 1).result(5).new == [True], "the writer goes on"


def test_a_callback_that_fails_does_not_undo_the_commit(
    writer: Writer, journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(position: int) -> None:
        raise RuntimeError("a callback that fails")

    writer.after = fail
    with caplog.at_level(logging.CRITICAL):
        assert writer.submit(["a"], 1).result(5).new == [True]
        assert writer.submit(["b"], 1).result(5).new == [True]


def test_a_group_has_a_bound(writer: Writer, journal: Journal) -> None:
    hold(writer, journal)
    half = MAX_GROUP_EVENTS // 2 + 1
    waiting = [writer.submit(list(range(turn * half, (turn + 1) * half)), 1) for turn in range(3)]
    journal.open.set()
    assert all(all(one.result(5).new) for one in waiting)
    assert [len(group) for group in journal.groups] == [1, half, half, half]


def test_after_each_commit_the_position_is_passed_to_the_callback(writer: Writer) -> None:
    positions: list[int] = []
    writer.after = positions.append
    writer.submit(["a"], 1).result(5)
    writer.submit(["b", "c"], 1).result(5)
    writer.stop()
    assert positions == [1, 3]


def test_stop_writes_queued_requests_and_accepts_no_more(journal: Journal) -> None:
    made = Writer(journal.commit, 100, 1_000)
    made.start()
    hold(made, journal)
    waiting = made.submit(["a"], 1)
    ending = threading.Thread(target=made.stop)
    ending.start()
    journal.open.set()
    ending.join(5)
    assert waiting.result(0).new == [True]
    with pytest.raises(Full):
        made.submit(["b"], 1)
