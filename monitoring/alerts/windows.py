"""Values of a figure over a sliding window, from its parts in steps. Pure.

A sample at `t` covers the window that ends with the step from `t`: [t + step - window, t + step). Parts are known by
the start of their step (s). Sums are of integers, so a value is the same wherever the samples begin. Time and memory
grow with the number of steps, not with the window.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from itertools import accumulate

from monitoring.alerts.figure import Figure, Histogram, Part
from monitoring.alerts.state import Sample
from monitoring.stats.histogram import bucket_of, middle
from monitoring.stats.message import MAX_DURATION_MICROS

Numbers = Mapping[int, tuple[float, ...]]
BUCKETS = bucket_of(MAX_DURATION_MICROS) + 2


def samples(figure: Figure, parts: Mapping[int, Part], times: range, window: int) -> list[Sample]:
    """Returns a sample for each of `times` (starts of steps, s). Without data a sum is 0, any other value None."""
    if not times:
        return []
    if figure.kind == "quantile":
        return list(zip(times, _quantiles(figure.share, parts, times, window), strict=True))  # type: ignore[arg-type]
    numbers: Numbers = parts  # type: ignore[assignment]
    if figure.kind == "maximum":
        return list(zip(times, _maxima(numbers, times, window), strict=True))
    over = _sums(numbers, 0, times, window)
    if figure.kind == "sum":
        return [(at, total / figure.divisor) for at, total in zip(times, over, strict=True)]
    under = _sums(numbers, 1, times, window)
    rows = zip(times, over, under, strict=True)
    return [(at, total / count / figure.divisor if count else None) for at, total, count in rows]


def _sums(parts: Numbers, place: int, times: range, window: int) -> list[float]:
    """The sum of the numbers at `place` of each window, as differences of running sums."""
    step, first = times.step, times.start + times.step - window
    values: list[float] = [0] * ((times.start - first) // step + len(times))
    for at, numbers in parts.items():
        if first <= at <= times[-1]:
            values[(at - first) // step] = numbers[place]
    running, width = list(accumulate(values, initial=0)), window // step
    return [running[end] - running[end - width] for end in range(width, width + len(times))]


def _maxima(parts: Numbers, times: range, window: int) -> Iterator[float | None]:
    """The largest number of a window: a queue of candidates, each smaller than the one before it."""
    queue: deque[int] = deque()
    for at in range(times.start + times.step - window, times.stop, times.step):
        while queue and queue[0] <= at - window:
            queue.popleft()
        if at in parts:
            while queue and parts[queue[-1]][0] <= parts[at][0]:
                queue.pop()
            queue.append(at)
        if at >= times.start:
            yield parts[queue[0]][0] if queue else None


def _quantiles(share: float, parts: Mapping[int, Histogram], times: range, window: int) -> Iterator[float | None]:
    """The quantile of each window by nearest rank. A cursor stays at its bucket: `below` answers lie in lower ones, and
    a step moves it as far as the quantile moves."""
    first = times.start + times.step - window
    counts, total, cursor, below = [0] * BUCKETS, 0, 0, 0
    kept: float | None = None
    for at in range(first, times.stop, times.step):
        entered, left = parts.get(at), parts.get(at - window) if at - window >= first else None
        for bucket, amount in entered.items() if entered else ():
            counts[bucket] += amount
            total += amount
            if bucket < cursor:
                below += amount
        for bucket, amount in left.items() if left else ():
            counts[bucket] -= amount
            total -= amount
            if bucket < cursor:
                below -= amount
        if entered or left:
            rank = max(1, -int(-share * total // 1))
            while below >= rank:
                cursor -= 1
                below -= counts[cursor]
            while total and below + counts[cursor] < rank:
                below += counts[cursor]
                cursor += 1
            kept = middle(cursor) if total else None
        if at >= times.start:
            yield kept
