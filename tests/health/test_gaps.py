"""Gaps, found in what heartbeats left: exact times and words, for every way in which processes end."""

import pytest

from monitoring.health.gaps import (
    BOTH,
    LEARNED,
    MAX_LAG,
    MIN_PAUSE,
    PIPELINE,
    PIPELINE_WORDS,
    RESUMED,
    RESUMED_WORDS,
    STARTED,
    WEB,
    WEB_WORDS,
    Interval,
    downs,
    late,
    restarts,
    seconds_by_step,
    silences,
    stretches,
    without,
)
from monitoring.health.layer import MAX_GAPS, MAX_MARKS, NOT_RUNNING, Gap, Layer, TimeMark, layer, owners_layer
from monitoring.health.reading import HOUR, MINUTE, FiguresRow
from monitoring.health.silence import SilenceMeter

STOPPED = f"{NOT_RUNNING}: it was stopped"
KILLED = f"{NOT_RUNNING}: it was killed, it crashed, or the machine stopped"


def both(start: int, end: int, ended: bool = False, reason: str = STARTED) -> Interval:
    return Interval(BOTH, reason, start, end, ended)


def test_nothing_is_a_gap_before_the_first_run_nor_while_it_runs() -> None:
    assert downs([], 1_000) == []
    assert downs([both(500, 990)], 1_000) == []


def test_a_stop_and_a_start_are_a_gap_with_its_reason() -> None:
    assert downs([both(0, 100, ended=True), both(230, 400)], 400) == [Gap(100, 230, "down", STOPPED)]
    assert downs([both(0, 100), both(230, 400)], 400) == [Gap(100, 230, "down", KILLED)]


def test_a_minute_without_a_heartbeat_is_no_gap_and_a_second_more_is() -> None:
    assert downs([both(0, 100), both(160, 400)], 400) == []
    assert downs([both(0, 100), both(161, 400)], 400) == [Gap(100, 161, "down", KILLED)]


def test_a_gap_that_lasts_ends_now() -> None:
    assert downs([both(0, 100, ended=True)], 400) == [Gap(100, 400, "down", STOPPED)]


def test_a_process_that_was_silent_and_goes_on_says_so() -> None:
    assert downs([both(0, 100), both(300, 400, reason=RESUMED)], 400) == [Gap(100, 300, "down", RESUMED_WORDS)]


def test_sbdash_is_down_only_while_no_process_runs() -> None:
    runs = [Interval(WEB, STARTED, 0, 1_000), *(Interval(PIPELINE, STARTED, t, t + 500) for t in (0, 100, 450))]
    assert downs(runs, 1_000) == []
    assert downs([both(0, 300), both(200, 500), both(700, 900)], 900) == [Gap(500, 700, "down", KILLED)]


def test_a_pipeline_that_ends_alone_and_a_web_server_that_ends_alone_are_told_apart() -> None:
    web, pipeline = Interval(WEB, STARTED, 0, 1_000), Interval(PIPELINE, STARTED, 2, 400)
    assert downs([web, pipeline], 1_000) == [Gap(400, 1_000, "down", PIPELINE_WORDS)]
    runs = [Interval(WEB, STARTED, 0, 300), Interval(PIPELINE, STARTED, 0, 1_000), Interval(WEB, STARTED, 600, 1_000)]
    assert downs(runs, 1_000) == [Gap(300, 600, "down", WEB_WORDS)]


def test_the_pipeline_that_starts_seconds_after_the_server_makes_no_second_gap() -> None:
    runs = [
        Interval(WEB, STARTED, 0, 100, True), Interval(PIPELINE, STARTED, 3, 99, True),
        Interval(WEB, STARTED, 300, 500), Interval(PIPELINE, STARTED, 304, 500),
    ]  # fmt: skip
    assert downs(runs, 500) == [Gap(100, 300, "down", STOPPED)]


def test_the_part_of_an_outage_in_which_only_the_pipeline_was_missing_has_its_own_words() -> None:
    runs = [both(0, 100, True), Interval(WEB, STARTED, 300, 900), Interval(PIPELINE, STARTED, 700, 900)]
    assert downs(runs, 900) == [Gap(100, 300, "down", STOPPED), Gap(300, 700, "down", PIPELINE_WORDS)]


@pytest.mark.parametrize(
    ("others", "left"),
    [
        ([], [(10, 20)]),
        ([(0, 10), (20, 30)], [(10, 20)]),
        ([(12, 14), (16, 17)], [(10, 12), (14, 16), (17, 20)]),
        ([(0, 30)], []),
        ([(5, 12), (18, 25)], [(12, 18)]),
    ],
)
def test_what_is_left_of_a_stretch(others: list[tuple[int, int]], left: list[tuple[int, int]]) -> None:
    assert without((10, 20), others) == left


def test_a_start_is_a_mark_unless_it_is_the_first_and_processes_that_start_together_are_one() -> None:
    runs = [
        Interval(WEB, STARTED, 0, 100), Interval(PIPELINE, STARTED, 3, 100),
        Interval(WEB, STARTED, 230, 400), Interval(PIPELINE, STARTED, 234, 400),
        Interval(WEB, RESUMED, 600, 700),
        Interval(PIPELINE, STARTED, 650, 700),
    ]  # fmt: skip
    assert [(mark.at, mark.words) for mark in restarts(runs)] == [
        (230, "sbdash restarted after 130 s"),
        (650, "sbdash restarted"),
    ]


def test_the_seconds_of_gaps_count_once_in_each_step_where_they_overlap() -> None:
    assert seconds_by_step([(100, 250), (200, 240), (230, 300)], 60) == {60: 20, 120: 60, 180: 60, 240: 60}
    assert seconds_by_step([(0, 10), (10, 20)], 60) == {0: 20}
    assert seconds_by_step([], 60) == {}


def test_a_source_is_silent_from_its_last_event_on_and_one_that_never_sent_is_unknown() -> None:
    now = 40 * LEARNED + 630
    rows = {
        HOUR: [heard(now - 3 * LEARNED - 30, "loki"), heard(now - 8 * LEARNED, "loki", "files")],
        MINUTE: [heard(now - 630, "rest"), heard(now - 5_430, "otlp", "rest")],
    }

    def read(width: int, start: int, end: int) -> list[FiguresRow]:
        return [row for row in rows[width] if start <= row.start < end]

    meter = SilenceMeter(read, 90 * LEARNED)
    ages = {"loki": 3 * LEARNED + 30 - 3_600, "otlp": 5_370, "rest": 570}
    assert meter(now) == ages
    rows[HOUR].clear()
    rows[MINUTE] = [heard(now - 60, "otlp"), heard(now, "rest", number=0)]
    assert meter(now + 30) == {"loki": ages["loki"] + 30, "otlp": 30, "rest": 600}
    rows[MINUTE] = [heard(now + 30, "rest")]
    assert meter(now + 40)["rest"] == 0


def heard(start: int, *sources: str, number: int = 3) -> FiguresRow:
    return FiguresRow(BOTH, start, 60_000, None, None, 0, 0, {f"events {name}": number for name in sources})


def test_neighbouring_slots_are_one_stretch() -> None:
    assert stretches([0, 60, 120, 300], 60) == [(0, 180), (300, 360)]


def test_a_long_processing_delay_is_a_gap_and_says_how_long_it_was() -> None:
    lags = [(0, 1.0), (60, MAX_LAG), (120, 31.0), (180, 47.4), (240, 2.0), (600, 100.0)]
    assert late(lags, 60) == [
        Gap(120, 240, "lag", "processing delay of up to 47 s"),
        Gap(600, 660, "lag", "processing delay of up to 100 s"),
    ]


MINUTES = list(range(0, LEARNED + 3_600, 60))
"""A source that sends each minute for a day and an hour."""


def test_a_source_that_always_sends_is_silent_after_a_quarter_of_an_hour() -> None:
    end = MINUTES[-1] + 60
    assert silences(MINUTES, 60, [], end + MIN_PAUSE - 1) == []
    assert silences(MINUTES, 60, [], end + MIN_PAUSE) == [(end, end + MIN_PAUSE)]
    later = end + 3_600
    assert silences([*MINUTES, later], 60, [], later + 60) == [(end, later)]


def test_a_source_is_not_judged_before_a_day_is_known() -> None:
    assert silences(MINUTES[:1_000], 60, [], MINUTES[1_000] + 10_000) == []
    assert silences([], 60, [], 10_000) == []


def test_a_pause_is_usual_up_to_three_times_the_longest_of_the_day_before() -> None:
    night = [t for t in range(0, 3 * LEARNED, 60) if t % LEARNED >= 8 * 3_600]
    end = night[-1] + 60
    assert silences(night, 60, [], end + 24 * 3_600) == []
    assert silences(night, 60, [], end + 24 * 3_600 + 1) == [(end, end + 24 * 3_600 + 1)]


def test_a_silence_does_not_become_usual() -> None:
    first, second = MINUTES[-1] + 60, MINUTES[-1] + 60 + 4_000
    slots = [*MINUTES, *range(second, second + 3_600, 60)]
    end = slots[-1] + 60
    assert silences(slots, 60, [], end + 4_000) == [(first, second), (end, end + 4_000)]


def test_the_time_in_which_sbdash_did_not_run_is_no_silence() -> None:
    end = MINUTES[-1] + 60
    away = [(end + 10, end + 3_000)]
    assert silences([*MINUTES, end + 3_060], 60, away, end + 3_120) == []
    assert silences(MINUTES, 60, away, end + 3_000 + MIN_PAUSE) == [(end, end + 3_000 + MIN_PAUSE)]


def test_a_layer_is_bounded_by_the_longest_gaps_and_the_newest_marks() -> None:
    gaps = [Gap(t * 1_000, t * 1_000 + t, "down", "") for t in range(1, 200)]
    marks = [TimeMark(t, "note", "") for t in range(10_000)]
    made = layer(gaps, marks)
    assert [gap.seconds for gap in made.gaps] == list(range(200 - MAX_GAPS, 200))
    assert [mark.at for mark in made.marks] == list(range(10_000 - MAX_MARKS, 10_000))


def test_a_short_stop_is_not_pushed_out_by_longer_silences_and_a_restart_not_by_deploys() -> None:
    stop = Gap(5, 6, "down", STOPPED)
    silences = [Gap(at * 10_000, at * 10_000 + 3_600, "silent", "HTTP") for at in range(MAX_GAPS)]
    marks = [TimeMark(1, "restart", "after 5 s"), *(TimeMark(at, "deploy", "x") for at in range(2, 2 + MAX_MARKS))]
    assert stop in layer([*silences, stop], marks).gaps
    owners = owners_layer([*silences, stop], marks)
    assert [(gap.start, gap.kind) for gap in owners.gaps] == [(5, "down")]
    assert [mark.at for mark in owners.marks] == [1]


def test_an_owner_sees_that_sbdash_did_not_run_and_nothing_of_sources_or_others() -> None:
    gaps = [Gap(0, 100, "down", STOPPED), Gap(200, 300, "silent", "HTTP"), Gap(300, 400, "lag", "delay")]
    marks = [
        TimeMark(1, "deploy", "secret 4.2", "https://ci"),
        TimeMark(2, "restart", "after 5 s"),
        TimeMark(3, "settings", "A: 1"),
    ]
    assert owners_layer(gaps, marks) == Layer(
        [Gap(0, 100, "down", NOT_RUNNING)], [TimeMark(2, "restart", "sbdash restarted")]
    )
