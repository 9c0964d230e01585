"""The heartbeat: what it leaves after each way in which a process, a clock or a database fails."""

from collections.abc import Sequence

import pytest

from monitoring.health.gaps import BOTH, PIPELINE, RESUMED, STARTED, WEB
from monitoring.health.heartbeat import MAX_UNSAVED, Clocks, Heartbeat, Run
from monitoring.health.reading import (
    DISK,
    FAILING,
    HEALTH_FIGURES,
    QUEUE,
    SILENCE,
    FiguresRow,
    Reading,
    Tally,
    points,
    refusals,
    row_key,
)  # fmt: skip

HOUR = 3_600


class Machine:
    """A machine with its clocks, a process that measures, and a table."""

    def __init__(self, now: float = HOUR) -> None:
        self.now, self.steady, self.keys, self.down = now, 0.0, 0, False
        self.reading = Reading(100, 0.0, {})
        self.runs: dict[int, Run] = {}
        self.slots: dict[tuple[int, int], Tally] = {}
        self.heart = Heartbeat(BOTH, lambda: self.reading, self.save, self.new_key, Clocks(self.wall, self.clock))

    def wall(self) -> float:
        return self.now

    def clock(self) -> float:
        return self.steady

    def new_key(self) -> int:
        self.keys += 1
        return self.keys

    def save(self, process: int, run: Run, tallies: Sequence[Tally]) -> None:
        if self.down:
            raise OSError("gone")
        self.runs[run.key] = run
        self.slots |= {(tally.width, tally.start): tally for tally in tallies}

    def beat(self, after: float = 10.0, jump: float = 0.0, ended: bool = False) -> None:
        self.now, self.steady = self.now + after + jump, self.steady + after
        self.heart.beat(ended)

    @property
    def times(self) -> list[tuple[str, int, int, bool]]:
        second = 1_000_000
        return [(run.reason, run.started // second, run.beat // second, run.ended) for run in self.runs.values()]


def test_a_run_moves_on_and_says_its_end() -> None:
    machine = Machine()
    for _ in range(3):
        machine.beat()
    assert machine.times == [(STARTED, HOUR + 10, HOUR + 30, False)]
    machine.beat(ended=True)
    assert machine.times == [(STARTED, HOUR + 10, HOUR + 40, True)]


def test_a_machine_that_slept_begins_another_run() -> None:
    machine = Machine()
    machine.beat()
    machine.beat(3_000)
    assert machine.times == [(STARTED, HOUR + 10, HOUR + 10, False), (RESUMED, HOUR + 3_010, HOUR + 3_010, False)]


@pytest.mark.parametrize("jump", [7_200, -7_200])
def test_a_clock_that_jumps_makes_no_gap(jump: float) -> None:
    machine = Machine(10 * HOUR)
    machine.beat()
    machine.beat(jump=jump)
    ((reason, started, beat, _),) = machine.times
    assert (reason, started, beat) == (STARTED, min(10 * HOUR + 10, 10 * HOUR + 20 + jump), 10 * HOUR + 20 + jump)


def test_what_a_database_that_was_down_did_not_hear_is_stored_later_as_another_run() -> None:
    machine = Machine()
    machine.beat()
    machine.down = True
    machine.reading = Reading(100, 0.0, {"refused 503": 4})
    for _ in range(12):
        with pytest.raises(OSError, match="gone"):
            machine.beat()
    machine.down = False
    machine.beat()
    assert machine.times == [(STARTED, HOUR + 10, HOUR + 10, False), (RESUMED, HOUR + 140, HOUR + 140, False)]
    assert sum(tally.counts["refused 503"] for slot, tally in machine.slots.items() if slot[0] == 60) == 4
    assert [start for width, start in machine.slots if width == 60] == [HOUR, HOUR + 60, HOUR + 120]


def test_what_waits_for_the_database_is_bounded() -> None:
    machine = Machine()
    machine.down = True
    for _ in range(1_000):
        with pytest.raises(OSError, match="gone"):
            machine.beat(60)
    machine.down = False
    machine.beat()
    assert len(machine.slots) <= MAX_UNSAVED


def test_a_minute_holds_the_largest_delay_and_what_was_counted_in_it() -> None:
    machine = Machine()
    machine.beat()
    for lag, refused in ((1.5, 1), (0.2, 3), (0.0, 3)):
        machine.reading = Reading(1_000, machine.reading.cpu + 2.0, {"refused 401": refused}, lag, 60.0)
        machine.beat()
    minute = machine.slots[60, HOUR]
    assert (minute.lag, minute.newest_age, minute.counts) == (1_500, 60_000, {"refused 401": 3})
    assert (minute.ran, minute.memory, minute.cpu) == (30_000, 30_000_000, 6_000)
    assert machine.slots[3_600, HOUR].counts == {"refused 401": 3}


def test_a_minute_holds_the_largest_of_each_level_and_those_that_are_unknown_are_left_out() -> None:
    machine = Machine()
    for levels in ({}, {QUEUE: 5, DISK: 0.5}, {QUEUE: 2, f"{SILENCE}rest": 30.0}):
        machine.reading = Reading(100, 0.0, {}, levels=levels)
        machine.beat()
    assert machine.slots[60, HOUR].levels == {QUEUE: 5, DISK: 0.5, f"{SILENCE}rest": 30.0}


def test_what_was_counted_before_the_first_heartbeat_counts() -> None:
    machine = Machine()
    machine.reading = Reading(100, 5.0, {"refused 401": 3})
    machine.beat()
    minute = machine.slots[60, HOUR]
    assert (minute.counts, minute.cpu, minute.ran) == ({"refused 401": 3}, 0, 0)


def row(role: str, start: int, ran: int, **more: object) -> FiguresRow:
    known = {"lag": None, "newest_age": None, "memory": 100 * ran, "cpu": ran // 2, "counts": {}}
    return FiguresRow(role=role, start=start, ran=ran, **(known | more))  # type: ignore[arg-type]


def test_processes_side_by_side_add_up_and_those_that_follow_each_other_do_not() -> None:
    (beside,) = points([row(WEB, 0, 60_000), row(PIPELINE, 0, 60_000)], 60)
    assert (beside.memory, beside.cpu) == (200, 1.0)
    (two,) = points([row(WEB, 0, 60_000), row(WEB, 0, 60_000)], 60)
    assert (two.memory, two.cpu) == (200, 1.0)
    (after,) = points([row(BOTH, 0, 20_000), row(BOTH, 0, 30_000)], 60)
    assert (after.memory, after.cpu) == (100, 0.5)


def test_a_step_holds_the_largest_delay_of_all_processes_and_all_that_was_refused() -> None:
    rows = [
        row(WEB, 0, 60_000, counts={"refused 401": 2, "refused 503": 1, "rejected": 5, "events rest": 9}),
        row(PIPELINE, 0, 60_000, lag=1_500, newest_age=9_000),
        row(PIPELINE, 60, 60_000, lag=500),
        row(WEB, 120, 0, counts={"dropped": 1, "turned away": 2}),
    ]
    first, second = points(rows, 120)
    assert (first.t, first.lag, first.newest_age, first.refused, first.rejected) == (0, 1.5, 9.0, 3, 5)
    assert (second.t, second.lag, second.memory, second.dropped) == (120, None, None, 3)
    assert refusals(rows) == {"401": 2, "503": 1}


def test_a_level_is_the_largest_of_a_step_and_unknown_in_rows_that_were_stored_before_it_was_measured() -> None:
    rows = [
        row(PIPELINE, 0, 60_000),
        row(PIPELINE, 60, 60_000, levels={QUEUE: 7, DISK: 0.5, FAILING: 0, f"{SILENCE}otlp": 61.0}),
        row(BOTH, 90, 30_000, levels={QUEUE: 3, FAILING: 2, f"{SILENCE}rest": 5.0}),
    ]
    old, new = points(rows, 60)
    assert (old.queue, old.disk, old.failing, old.silences) == (None, None, None, {})
    assert HEALTH_FIGURES["source_silence"](old) is None
    assert (new.queue, new.disk, new.failing, new.silences) == (7, 0.5, 2, {"otlp": 61.0, "rest": 5.0})
    assert HEALTH_FIGURES["source_silence"](new) == 61.0


def test_a_gap_is_a_point_of_its_own_in_which_everything_else_is_unknown() -> None:
    before, gap = points([row(BOTH, 0, 60_000)], 60, {60: 45})
    assert (before.t, before.gap, before.refused) == (0, 0, 0)
    assert (gap.t, gap.gap, gap.refused, gap.rejected, gap.dropped, gap.memory) == (60, 45, None, None, None, None)


def test_the_key_of_a_row_names_process_width_and_start() -> None:
    keys = {row_key(process, width, start) for process in (1, 2) for width in (60, 3_600) for start in (0, 3_600)}
    assert len(keys) == 8
    assert all(0 <= key < 2**63 for key in keys)
