"""Buckets as the points of a chart, and a metric's value in each. Pure."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from monitoring.stats.bucket import BucketRow
from monitoring.stats.figures import Figure, Point, bucket_figures, figure, total
from monitoring.stats.metrics import Metric


def points(rows: Iterable[BucketRow], step: int, after: int | None, now: float | None = None) -> list[Point]:
    """The points of the charts; with `after`, only those in which something changed since that position, and those that
    start after `now` (s): when they changed they may have been too far ahead to be told."""
    made = []
    for start, members in _by_step(rows, step):
        ahead = now is not None and start > now
        if after is None or ahead or any(row.position > after for row in members):
            made.append(bucket_figures(start, total(row.counts for row in members)))
    return made


def values(metric: Metric, rows: Iterable[BucketRow], step: int) -> list[tuple[int, Figure]]:
    """(start in s, value) of one metric, of the steps in which there are buckets."""
    return [
        (start, figure(metric, total((row.counts for row in members), (metric,))))
        for start, members in _by_step(rows, step)
    ]


def _by_step(rows: Iterable[BucketRow], step: int) -> Iterator[tuple[int, list[BucketRow]]]:
    return ((start, list(group)) for start, group in groupby(rows, key=lambda row: row.start - row.start % step))
