"""Finds gaps: sbdash did not run, a source fell silent, the processing delay was long. Pure.

The input is what heartbeats left in the tables, so gaps are known after any restart. All times are s since 1970.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from monitoring.health.layer import NOT_RUNNING, Gap, TimeMark

MAX_SILENCE = 60
"""Seconds between two heartbeats above which the time between them is a gap. Heartbeats come each 10 s."""
MAX_LAG = 30.0
"""Seconds of processing delay above which a stretch counts as late."""
MIN_PAUSE, USUAL_FACTOR, LEARNED = 900, 3, 86_400
"""A source is silent when it sent nothing for MIN_PAUSE seconds and for USUAL_FACTOR times the longest pause of the
LEARNED seconds before. A source that began to send later than that is not judged yet."""
WEB, PIPELINE, BOTH = "web", "pipeline", "both"
STARTED, RESUMED = "started", "resumed"
RESUMED_WORDS = "sbdash could not work: its database did not answer, or the machine slept"
PIPELINE_WORDS = "the pipeline was not running: events were kept, and counted later"
WEB_WORDS = "no web server of sbdash was running: no event could be received"
Stretch = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Interval:
    """A time in which a process ran. `reason` says what came before it: STARTED, or RESUMED after a silence of the same
    process. `ended`: the process said that it ends."""

    role: str
    reason: str
    start: int
    end: int
    ended: bool = False


def downs(runs: Iterable[Interval], now: int) -> list[Gap]:
    """Returns the stretches in which sbdash, its pipeline or its web server did not run, in order. There is no gap
    before the first run. A gap that still lasts ends `now`."""
    known = sorted(runs, key=lambda run: run.start)
    found = [Gap(start, end, "down", _words(last, after)) for start, end, last, after in _holes(known, now)]
    nothing = [(gap.start, gap.end) for gap in found]
    for role, words in ((PIPELINE, PIPELINE_WORDS), (WEB, WEB_WORDS)):
        of_role = [run for run in known if run.role in (role, BOTH)]
        for start, end, _, _ in _holes(of_role, now):
            found += [Gap(*left, "down", words) for left in without((start, end), nothing) if _long(left)]
    return sorted(found, key=lambda gap: (gap.start, gap.end))


def _words(last: Interval, after: Interval | None) -> str:
    if after and after.reason == RESUMED:
        return RESUMED_WORDS
    return f"{NOT_RUNNING}: {'it was stopped' if last.ended else 'it was killed, it crashed, or the machine stopped'}"


def _long(stretch: Stretch) -> bool:
    return stretch[1] - stretch[0] > MAX_SILENCE


def _holes(runs: Sequence[Interval], now: int) -> Iterator[tuple[int, int, Interval, Interval | None]]:
    """Yields the times without a run between the runs, which are in order, each with the runs before and after it."""
    last: Interval | None = None
    for run in runs:
        if last and _long((last.end, run.start)):
            yield last.end, run.start, last, run
        last = run if last is None or run.end >= last.end else last
    if last and _long((last.end, now)):
        yield last.end, now, last, None


def without(stretch: Stretch, others: Sequence[Stretch]) -> list[Stretch]:
    """Returns the parts of a stretch that are in none of the others, which are in order."""
    left, (start, end) = list[Stretch](), stretch
    for first, last in others:
        if last <= start or first >= end:
            continue
        if first > start:
            left.append((start, first))
        start = max(start, last)
    return [*left, (start, end)] if start < end else left


def seconds_by_step(stretches: Iterable[Stretch], step: int) -> dict[int, int]:
    """Returns how many seconds of each step of `step` s the stretches cover, which may overlap, by the step's start."""
    found, reach = dict[int, int](), 0
    for first, end in sorted(stretches):
        start = max(first, reach)
        reach = max(reach, end)
        for at in range(start - start % step, end, step):
            found[at] = found.get(at, 0) + min(end, at + step) - max(start, at)
    return found


def restarts(runs: Iterable[Interval]) -> list[TimeMark]:
    """Returns a mark for each start after the first. Processes that start within MAX_SILENCE are one restart."""
    marks, reach, begun = list[TimeMark](), None, None
    for run in sorted(runs, key=lambda run: run.start):
        if run.reason == STARTED:
            if reach is not None and begun is not None and run.start - begun > MAX_SILENCE:
                off = max(0, run.start - reach)
                marks.append(TimeMark(run.start, "restart", f"sbdash restarted{f' after {off} s' if off else ''}"))
            begun = run.start if begun is None or run.start - begun > MAX_SILENCE else begun
        reach = run.end if reach is None else max(reach, run.end)
    return marks


def stretches(starts: Iterable[int], width: int) -> list[Stretch]:
    """Returns neighbouring slots of `width` s, which are in order, as one stretch."""
    found = list[Stretch]()
    for start in starts:
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], start + width
        else:
            found.append((start, start + width))
    return found


def late(lags: Sequence[tuple[int, float]], width: int) -> list[Gap]:
    """Returns the stretches with a processing delay over MAX_LAG. `lags` are (start, longest delay) of slots, in
    order."""
    over = dict(slot for slot in lags if slot[1] > MAX_LAG)
    return [
        Gap(start, end, "lag", f"processing delay of up to {max(over[t] for t in over if start <= t < end):.0f} s")
        for start, end in stretches(over, width)
    ]


def silences(starts: Sequence[int], width: int, away: Sequence[Stretch], now: int) -> list[Stretch]:
    """Returns the stretches in which a source was silent. `starts` are the slots in which it sent, in order; the time
    `away`, in which sbdash did not run, does not count."""
    found, ends, lengths = list[Stretch](), list[int](), list[int]()
    slots = [*starts, now] if starts else []
    for before, after in pairwise(slots):
        pause = before + width, after
        length = sum(end - start for start, end in without(pause, away)) if after > before + width else 0
        usual = max(lengths[bisect_left(ends, pause[0] - LEARNED) : bisect_right(ends, pause[0])], default=0)
        if starts[0] <= pause[0] - LEARNED and length >= MIN_PAUSE and length > USUAL_FACTOR * usual:
            found.append(pause)
        elif length:
            ends.append(after)
            lengths.append(length)
    return found
