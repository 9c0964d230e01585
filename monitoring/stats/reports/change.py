"""Detects that answers have become slower, with a one-sided CUSUM on ranks. Pure.

Each answer scores the rank of its response time among those of the day before (mid-rank, 0 to 1), minus one half, minus
an allowance: score = rank - 0.5 - ALLOWANCE. The sum S = max(0, S + score) is reported as a change while it exceeds
LIMIT. While answers are as fast as before, ranks are uniform whatever the distribution of response times, so the rate
of false alarms is the same for all models and machines (E. S. Page, Biometrika 41, 1954, 100-115; on ranks: C. Park, M.
R. Reynolds Jr., Sequential Analysis 6, 1987). docs/figures.md has that rate and the delays, as measured, and the effect
of dependence between consecutive answers.

Answers of one minute are scored together, because their order is unknown. S is evaluated at the ends of minutes only,
where it is never greater than with single answers.
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
from monitoring.stats.reports.responses import sum_counts

ALLOWANCE = 0.1
"""Half of the mean shift in rank that is detected fastest."""
LIMIT = 5.0
MAX_SCORE = 2 * LIMIT
"""Upper bound of S, so that a recovery is detected about as fast as a change."""
MIN_BASELINE_ANSWERS = 200
"""Minimum answers in the baseline. With fewer, its ranks are too uncertain."""
BASELINE_HOURS, WATCHED_HOURS = 24, 6
"""The watched time is the present hour and the hours before it, WATCHED_HOURS in all. The baseline is the
BASELINE_HOURS before."""
Histogram = Mapping[int, int]


class Ranks:
    """Ranks of histogram buckets among the answers of a baseline."""

    def __init__(self, baseline: Histogram) -> None:
        self._buckets = sorted(baseline)
        self._below = [0, *accumulate(baseline[bucket] for bucket in self._buckets)]
        self._known: dict[int, float] = {}
        self.total = self._below[-1]

    def rank(self, bucket: int) -> float:
        """Returns the mid-rank of a bucket, 0 to 1: the share of answers below it, and half of those in it."""
        known = self._known.get(bucket)
        if known is None:
            below = self._below[bisect_left(self._buckets, bucket)]
            known = (below + self._below[bisect_right(self._buckets, bucket)]) / (2 * self.total)
            self._known[bucket] = known
        return known

    def score(self, answers: Histogram) -> float:
        """Returns the sum of the scores of these answers."""
        return sum(amount * (self.rank(bucket) - 0.5 - ALLOWANCE) for bucket, amount in answers.items())


@dataclass(frozen=True, slots=True)
class Minute:
    """Response times of one minute; `start` in s."""

    start: int
    waits: Histogram


@dataclass(frozen=True, slots=True)
class CusumState:
    """S at the end, and the first minute (s) since which it has been above zero."""

    score: float
    since: int | None


def cusum(ranks: Ranks, minutes: Iterable[Minute]) -> CusumState:
    """Returns S after the minutes, which are in order."""
    score, since = 0.0, None
    for minute in minutes:
        score = min(MAX_SCORE, max(0.0, score + ranks.score(minute.waits)))
        if score == 0:
            since = None
        elif since is None:
            since = minute.start
    return CusumState(score, since)


class Change(Shape, frozen=True):
    """Result of the comparison with the baseline."""

    state: Literal["steady", "slower", "unknown"]
    since: Moment | None
    score: float | None
    limit: float | None
    baseline_p50: Seconds | None
    now_p50: Seconds | None
    answers: Count
    words: str


class Degradation(Change, frozen=True, kw_only=True):
    """Result of comparing the answers from `from` to `to` with those from `baseline_from` to `from`. `week_p50` is the
    median of the same hour a week before."""

    week_p50: Seconds | None
    start: Moment = field(name="from")
    to: Moment
    baseline_from: Moment


def change(baseline: Histogram, minutes: Sequence[Minute]) -> Change:
    """Compares the watched minutes with the baseline.

    `state` is "slower" while S exceeds the limit, "unknown" if the baseline is too small or there are no answers since,
    else "steady". `now_p50` is the median since the change, or of the whole watched time.
    """
    answers, before = sum(sum(minute.waits.values()) for minute in minutes), sum(baseline.values())
    usual, since, score = quantile(baseline, 0.5), None, None
    state: Literal["steady", "slower", "unknown"] = "unknown"
    if before < MIN_BASELINE_ANSWERS:
        words = f"{before:,} answers in the {BASELINE_HOURS} hours before; a comparison needs {MIN_BASELINE_ANSWERS}."
    elif not answers:
        words = f"No answer in the last {WATCHED_HOURS} hours."
    else:
        end = cusum(Ranks(baseline), minutes)
        state, score = "steady", end.score
        words = f"Response times are steady compared with the {BASELINE_HOURS} hours before."
        if score > LIMIT:
            state, since = "slower", end.since
            words = f"Response times are higher than in the {BASELINE_HOURS} hours before, "
            words += "for longer than chance explains."
    now = quantile(sum_counts(minute.waits for minute in minutes if since is None or minute.start >= since), 0.5)
    at = None if since is None else instant(since * 1_000_000)
    return Change(state, at, score, LIMIT, usual, now, answers, words)
