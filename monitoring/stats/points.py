"""Converts buckets into chart points and values of one metric. Pure."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from monitoring.stats.bucket import BucketRow
from monitoring.stats.figures import Figure, Point, bucket_figures, figure, total
from monitoring.stats.metrics import Metric


def points(rows: Iterable[BucketRow], step: int, after: int | None, now: float | None = None) -> list[Point]:
    """Returns chart points.

    With `after` (a position), only points that changed since then, and points that start after `now` (s): at the time
    of their change they may have been too far ahead to be sent.
    """
    result = []
    for start, members in _by_step(rows, step):
        ahead = now is not None and start > now
        if after is None or ahead or any(row.position > after for row in members):
            result.append(bucket_figures(start, total(row.counts for row in members)))
    return result


def values(metric: Metric, rows: Iterable[BucketRow], step: int) -> list[tuple[int, Figure]]:
    """Returns (start in s, value) of one metric, for each step that has buckets."""
    return [
        (start, figure(metric, total((row.counts for row in members), (metric,))))
        for start, members in _by_step(rows, step)
    ]


def _by_step(rows: Iterable[BucketRow], step: int) -> Iterator[tuple[int, list[BucketRow]]]:
    return ((start, list(group)) for start, group in groupby(rows, key=lambda row: row.start - row.start % step))
