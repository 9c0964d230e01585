"""A figure by name over time: for whoever stands above the statistics (rules, REST)."""

from math import ceil, floor
from time import time
from typing import NamedTuple

from django.conf import settings

from monitoring.stats.bucket import keeps
from monitoring.stats.errors import Unclear
from monitoring.stats.figures import Figure
from monitoring.stats.metrics import Metric
from monitoring.stats.points import values
from monitoring.stats.reader import buckets

MOST_POINTS = 5_000
"""Of one answer."""


class Span(NamedTuple):
    """Buckets of `width` s that begin in [start, end), s, in steps of `step` s."""

    width: int
    start: int
    end: int
    step: int


def span_of(metric: Metric, start: float, end: float, step: int) -> Span:
    """What is counted between two instants (s): the widest buckets that fit `step` and are still kept, from the
    beginning of a step to the end of a bucket, so that the asked time lies within. Raises Unclear."""
    kept = keeps(settings.STATISTICS_RETENTION_DAYS)
    widths = [width for width in metric.widths if step % width == 0 and time() - start <= kept[width] + step]
    if time() - start > max(kept.values()) + step:
        raise Unclear(f"from: figures are kept for {settings.STATISTICS_RETENTION_DAYS} days")
    if not widths:
        raise Unclear(
            "step: figures this old are kept in coarser steps only: take 10, 60, 3600 or 86400 s, or a multiple"
        )
    width = max(widths)
    if (end - start) / step > MOST_POINTS:
        raise Unclear(f"step: more than {MOST_POINTS} points: take a longer step or a shorter time")
    return Span(width, floor(start / step) * step, ceil(end / width) * width, step)


def series(metric: Metric, span: Span) -> list[tuple[int, Figure]]:
    """(start in s, value) of each step in which there are buckets; `figures.figure` says which shape a value has."""
    return values(metric, buckets(span.width, span.start, span.end, of=(metric,)), span.step)
