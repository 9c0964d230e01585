"""Whether answers have become slower: a one-sided CUSUM on ranks. Pure.

Each answer scores where its response time stands among those of the day before (its mid-rank, 0 to 1), less one half,
less an allowance: score = rank - 0.5 - ALLOWANCE. S = max(0, S + score) says how much slowness has gathered, and is
told when it goes over LIMIT. While answers are as fast as before, ranks are uniform whatever the response times'
distribution, so that the rate of false alarms is the same for every model and machine (E. S. Page, Biometrika 41,
1954, 100-115; on ranks: C. Park, M. R. Reynolds Jr., Sequential Analysis 6, 1987). docs/figures.md has that rate and
the delays, measured, and what it does where one answer's time says something of the next one's.

Answers of a minute are scored together, for their order is not known: S is taken at the ends of minutes alone, where it
is never more than if they had come one by one.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

from msgspec import field

from monitoring.events.envelope import instant
from monitoring.events.shape import Count, Moment, Seconds, Shape
from monitoring.stats.histogram import quantile
from monitoring.stats.reports.responses import together

ALLOWANCE = 0.1
"""Half the mean shift in rank that is to be found soonest."""
LIMIT = 5.0
MOST = 2 * LIMIT
"""S grows no further, so that a recovery is seen about as soon as a change."""
FEWEST = 200
"""Answers in the baseline; with fewer, its ranks are too uncertain to tell."""
BASELINE_HOURS, WATCHED_HOURS = 24, 6
"""The watched time is the present hour and those before it, WATCHED_HOURS in all."""
Histogram = Mapping[int, int]


class Ranks:
    """Where a bucket stands among the answers of a baseline."""

    def __init__(self, baseline: Histogram) -> None:
        self._buckets = sorted(baseline)
        self._below = [0, *accumulate(baseline[bucket] for bucket in self._buckets)]
        self._known: dict[int, float] = {}
        self.total = self._below[-1]

    def rank(self, bucket: int) -> float:
        """The share of answers below it, and half of those in it; 0 to 1."""
        known = self._known.get(bucket)
        if known is None:
            below = self._below[bisect_left(self._buckets, bucket)]
            known = (below + self._below[bisect_right(self._buckets, bucket)]) / (2 * self.total)
            self._known[bucket] = known
        return known

    def score(self, answers: Histogram) -> float:
        """What these answers add to S, before it is kept from going under zero."""
        return sum(amount * (self.rank(bucket) - 0.5 - ALLOWANCE) for bucket, amount in answers.items())


@dataclass(frozen=True, slots=True)
class Minute:
    """Response times of one minute; `start` in s."""

    start: int
    waits: Histogram


@dataclass(frozen=True, slots=True)
class Watched:
    """S at the end, and the first minute (s) of the time since which it has not been zero."""

    score: float
    since: int | None


def watch(ranks: Ranks, minutes: Iterable[Minute]) -> Watched:
    """S over minutes in order."""
    score, since = 0.0, None
    for minute in minutes:
        score = min(MOST, max(0.0, score + ranks.score(minute.waits)))
        if score == 0:
            since = None
        elif since is None:
            since = minute.start
    return Watched(score, since)


class Change(Shape, frozen=True):
    """Whether answers have become slower."""

    state: Literal["steady", "slower", "unknown"]
    since: Moment | None
    score: float | None
    limit: float | None
    baseline_p50: Seconds | None
    now_p50: Seconds | None
    answers: Count
    words: str


class Degradation(Change, frozen=True, kw_only=True):
    """Whether answers have become slower: those from `from` to `to`, against those from `baseline_from` to `from`."""

    start: Moment = field(name="from")
    to: Moment
    baseline_from: Moment


def change(baseline: Histogram, minutes: Sequence[Minute]) -> Change:
    """What the report says: "slower" while S is over the limit, "unknown" where the baseline is too small or nothing
    has been answered since, else "steady". `now_p50` is of the time since the change, or of all that is watched."""
    answers, before = sum(sum(minute.waits.values()) for minute in minutes), sum(baseline.values())
    if before < FEWEST or not answers:
        return _unknown(before, answers, quantile(baseline, 0.5), _half(minutes))
    found = watch(Ranks(baseline), minutes)
    since = found.since if found.score > LIMIT else None
    return Change(
        state="steady" if since is None else "slower",
        since=None if since is None else instant(since * 1_000_000),
        score=found.score,
        limit=LIMIT,
        baseline_p50=quantile(baseline, 0.5),
        now_p50=_half(minute for minute in minutes if since is None or minute.start >= since),
        answers=answers,
        words=_words(since is not None),
    )


def _words(slower: bool) -> str:
    if slower:
        return f"Response times rank higher than in the {BASELINE_HOURS} hours before, for longer than chance explains."
    return f"Response times rank about as in the {BASELINE_HOURS} hours before."


def _unknown(before: int, answers: int, was: float | None, now: float | None) -> Change:
    few = f"{before:,} answers in the {BASELINE_HOURS} hours before; a comparison needs {FEWEST}."
    none = f"No answer in the last {WATCHED_HOURS} hours."
    return Change("unknown", None, None, LIMIT, was, now, answers, few if before < FEWEST else none)


def _half(minutes: Iterable[Minute]) -> float | None:
    return quantile(together(minute.waits for minute in minutes), 0.5)
