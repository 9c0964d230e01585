"""Converts buckets into points of charts, encoded as JSON.

The points of steps that have ended are kept. They are found again by the content of their buckets: a position is not
sufficient, because partitions are counted in parallel.
"""

from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from itertools import groupby
from math import inf

from monitoring.events.shape import encode
from monitoring.messaging.cache import Cache
from monitoring.stats.figures import Figure, point_figures, total
from monitoring.stats.metrics import SERIES
from monitoring.stats.reader import StoredBucket
from monitoring.stats.repository import decode_groups

QUANTILES = frozenset({"p50", "p90", "p95", "p99"})
_LARGEST = frozenset(metric.point for metric in SERIES.values() if not metric.adds)
"""Figures that are the largest number of one bucket."""
EncodedPoint = tuple[int, bytes]
"""The start of a point (s), and the point."""
_kept = Cache(None, max_entries=5_000, max_bytes=10_000_000)


def points(rows: Iterable[StoredBucket], step: int, now: float, after: int | None = None) -> list[EncodedPoint]:
    """Returns points of `step` seconds; `now` in s since 1970.

    With `after` (a position), only points that changed since then, and points that start after `now`: at the time of
    their change they may have been too far ahead to be sent.
    """
    return [
        _point(start, _figures(members, 1, has_ended=start + step <= now))
        for start, members in _by_step(rows, step)
        if after is None or start > now or any(row.position > after for row in members)
    ]


def spread(rows: Iterable[StoredBucket], wide: int, step: int, shift: int) -> Iterator[EncodedPoint]:
    """Yields the points of `wide` seconds of a time that has ended as points of `step` seconds, a divisor, moved on by
    `shift` seconds.

    Of a wide point each part gets its share of what was counted, and the same quantiles. Largest numbers are unknown
    for shorter times.
    """
    for start, members in _by_step(rows, wide):
        figures = _figures(members, wide // step, has_ended=True)
        yield from (_point(at, figures) for at in range(start + shift, start + shift + wide, step))


def joined(found: Iterable[EncodedPoint]) -> bytes:
    """Returns points as a JSON array."""
    return b"[%b]" % b",".join(point for _, point in found)


def _point(start: int, figures: bytes) -> EncodedPoint:
    return start, b'{"t":%d,%b' % (start, figures.removeprefix(b"{"))


def _figures(members: list[StoredBucket], parts: int, has_ended: bool) -> bytes:
    """Returns the figures of one of the equal parts of a step, as a JSON object."""

    def make() -> bytes:
        figures = point_figures(total(decode_groups(row.columns) for row in members))
        return encode(figures if parts == 1 else {name: _part(name, of, 1 / parts) for name, of in figures.items()})

    return _kept.get_or_set((_digest(members), parts), make, inf) if has_ended else make()


def _digest(members: list[StoredBucket]) -> bytes:
    digest = blake2b(digest_size=16)
    for row in members:
        digest.update(b"".join(row.columns))  # JSON objects: where one ends is plain
    return digest.digest()


def _part(name: str, value: Figure, share: float) -> Figure | float:
    if name in _LARGEST:
        return None
    if isinstance(value, Mapping):
        return {key: amount if key in QUANTILES else amount * share for key, amount in value.items()}
    return None if value is None else value * share


def _by_step(rows: Iterable[StoredBucket], step: int) -> Iterator[tuple[int, list[StoredBucket]]]:
    return ((start, list(group)) for start, group in groupby(rows, key=lambda row: row.start - row.start % step))
