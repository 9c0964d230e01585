"""The health of sbdash itself for pages and REST: the layer over charts, the last day in one line, figures by name."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from itertools import groupby
from time import time

from msgspec import UNSET

from monitoring.events.shape import Encoded, encode
from monitoring.health import annotations, store
from monitoring.health.day import LastDay, SelfHealth, day_of
from monitoring.health.gaps import LEARNED, Stretch, downs, late, restarts, seconds_by_step, silences, stretches
from monitoring.health.layer import Gap, Layer, TimeMark, kind_of, layer, owners_layer
from monitoring.health.reading import EVENTS, LOST, FiguresRow, HealthPoint, points, step_of
from monitoring.ingest.source_names import SOURCE_NAMES
from monitoring.messaging.wiring import the_cache
from monitoring.stats.prices import saved_between

DAY = 86_400
LOST_WORDS = "the follower of MongoDB was not running, or could not read"
MARKS_READ = 200
"""The most annotations that are read for one layer."""


def shown_layer(start: float, end: float, *, private: bool = False) -> Encoded[Layer]:
    """Returns the layer over [start, end] (s since 1970), for owners with `private`. It is computed each 10 s at most,
    over more than a day each minute."""
    every = 10 if end - start <= DAY else 60
    first, last = int(start) // every * every, (int(min(end, time())) // every + 1) * every
    key = "layer", private, first, last

    def make() -> bytes:
        return encode(layer_of(first, last, owners_layer if private else layer))

    return Encoded(the_cache().get_or_set(key, make, float(every)))


def layer_of(start: int, end: int, make: Callable[[Iterable[Gap], Iterable[TimeMark]], Layer] = layer) -> Layer:
    """Returns the gaps and marks in [start, end], as `make` shows them."""
    now = int(time())
    found = gaps(start, min(end, now))
    marks = [mark for mark in _marks(start, end) if start <= mark.at <= end]
    return make([gap for gap in found if gap.end > start and gap.start < end], marks)


def gaps(start: int, end: int) -> list[Gap]:
    """Returns the gaps up to `end` that reach into the window. Within a day of now they are exact to a minute, before
    that to an hour; the times in which sbdash did not run are exact to a heartbeat."""
    width = store.width_for(start, time())
    rows = store.figures(width, start - 2 * LEARNED, end)
    away = downs(store.runs(start - 2 * LEARNED, end), end)
    nothing = [(gap.start, gap.end) for gap in away]
    lags = [(row.start, row.lag / 1_000) for row in rows if row.lag is not None]
    return [*away, *late(lags, width), *_silent(rows, width, nothing, end), *_lost(rows, width)]


def _silent(rows: Sequence[FiguresRow], width: int, away: Sequence[Stretch], end: int) -> list[Gap]:
    found = []
    for name, label in SOURCE_NAMES.items():
        if name == "files":
            continue  # nobody expects the next import
        starts = sorted({row.start for row in rows if row.counts.get(f"{EVENTS}{name}")})
        words = f"nothing came from {label}, which usually sends"
        found += [Gap(*pause, "silent", words) for pause in silences(starts, width, away, end)]
    return found


def _lost(rows: Sequence[FiguresRow], width: int) -> list[Gap]:
    starts = sorted({row.start for row in rows if row.counts.get(LOST, 0) >= min(30, width)})
    return [Gap(*stretch, "silent", LOST_WORDS) for stretch in stretches(starts, width)]


def _marks(start: int, end: int) -> list[TimeMark]:
    marks = restarts(store.runs(start - LEARNED, end))
    marks += [
        TimeMark(row.at // 1_000_000, kind_of(row.kind), row.words, row.link or UNSET)
        for row in annotations.rows(start, end, MARKS_READ)
    ]
    return [*marks, *_price_marks(start, end)]


def _price_marks(start: int, end: int) -> list[TimeMark]:
    """A mark for the prices that were saved in the same minute."""
    saved = saved_between(datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC))
    marks = []
    for _, group in groupby(saved, key=lambda price: int(price.saved_at.timestamp()) // 60):
        prices = list(group)
        one = prices[0]
        words = f"price of {one.model} saved, valid from {one.valid_from}"
        words = words if len(prices) == 1 else f"{len(prices)} prices saved"
        marks.append(TimeMark(int(one.saved_at.timestamp()), "price", words))
    return marks


def last_day() -> LastDay:
    """Returns what happened to sbdash itself in the last 24 hours."""
    now = int(time())
    start = now - DAY
    rows = [row for row in store.figures(60, start - 60, now) if row.start >= start]
    runs = store.runs(start, now)
    return day_of(rows, runs, [gap for gap in gaps(start, now) if gap.end > start], start, now)


CACHE_SECONDS = 10.0


def shown_health(start: float, end: float) -> Encoded[SelfHealth]:
    """Returns the last day and the figures over [start, end] (s since 1970), computed each 10 s at most."""
    last = min(end, time())
    step = step_of(last - max(start, min(last, store.first_figure() or last)))
    key = "health", int(start / CACHE_SECONDS), int(last / CACHE_SECONDS)

    def make() -> bytes:
        return encode(SelfHealth(last_day(), step, kept(start, last, step)))

    return Encoded(the_cache().get_or_set(key, make, CACHE_SECONDS))


def kept(start: float, end: float, step: int) -> list[HealthPoint]:
    """Returns sbdash's own figures in [start, end), in steps of at least a minute. `step` is a multiple of 60, and of
    3,600 where minutes are not kept any more."""
    width = 60 if time() - start <= store.MINUTES_SECONDS and step < 3_600 else 3_600
    step = max(step, width)
    first = int(start) // step * step
    return points(store.figures(width, first, int(end)), step, gap_seconds(first, int(end), step))


def latest_silences(now: float) -> dict[str, float]:
    """Returns the seconds since the last event of each source, of the newest minute in which they were measured; empty
    without any in the last two."""
    minutes = points(store.figures(60, int(now) - 120, int(now) + 1), 60)
    return next((minute.silences for minute in reversed(minutes) if minute.silences), {})


def gap_seconds(start: int, end: int, step: int) -> dict[int, int]:
    """Returns the seconds of each step in [start, end) in which sbdash, its pipeline or its web server did not run, of
    those with any."""
    known = downs(store.runs(start, end), min(end, int(time())))
    inside = [(max(gap.start, start), min(gap.end, end)) for gap in known if gap.end > start and gap.start < end]
    return seconds_by_step(inside, step)
