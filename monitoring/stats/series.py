"""A metric as a time series, for REST."""

from itertools import groupby
from math import ceil, floor
from time import time
from typing import NamedTuple

from django.conf import settings

from monitoring.stats.bucket import keeps
from monitoring.stats.errors import Unclear
from monitoring.stats.figures import Figure, figure, total
from monitoring.stats.metrics import Metric
from monitoring.stats.reader import buckets

MAX_POINTS = 5_000
"""Maximum number of points in one answer."""


class Span(NamedTuple):
    """Buckets of `width` s whose starts lie in [start, end), s, in steps of `step` s."""

    width: int
    start: int
    end: int
    step: int


def span_of(metric: Metric, start: float, end: float, step: int) -> Span:
    """Returns the buckets to read for [start, end] (s): the widest that divide `step` and are still retained.

    The span begins at the start of a step and ends at the end of a bucket, so that it contains the requested time.
    Raises Unclear.
    """
    kept = keeps(settings.STATISTICS_RETENTION_DAYS)
    widths = [width for width in metric.widths if step % width == 0 and time() - start <= kept[width] + step]
    if time() - start > max(kept.values()) + step:
        raise Unclear(f"from: figures are kept for {settings.STATISTICS_RETENTION_DAYS} days")
    if not widths:
        raise Unclear("step: figures this old have coarser steps only: use 10, 60, 3600 or 86400 s, or a multiple")
    width = max(widths)
    if (end - start) / step > MAX_POINTS:
        raise Unclear(f"step: more than {MAX_POINTS} points: use a longer step or a shorter time range")
    return Span(width, floor(start / step) * step, ceil(end / width) * width, step)


def series(metric: Metric, span: Span) -> list[tuple[int, Figure]]:
    """Returns (start in s, value) of each step that has buckets. `figures.figure` defines the shape of a value."""
    rows = buckets(span.width, span.start, span.end, of=(metric,))
    steps = groupby(rows, key=lambda row: row.start - row.start % span.step)
    return [(start, figure(metric, total((row.counts for row in members), (metric,)))) for start, members in steps]
