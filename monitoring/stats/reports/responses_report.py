"""The report on response times, and what is usual for each model, from the rows of days, hours and minutes.

Work is bounded: one row a day, 36 days of hours and six hours of minutes at most, of which only the response times are
read; and SEEN messages for the list of outliers.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields
from functools import lru_cache

import msgspec
from msgspec.structs import astuple

from monitoring.events.envelope import instant
from monitoring.events.shape import Count, Shape
from monitoring.messaging.wiring import the_cache
from monitoring.stats import models
from monitoring.stats.bucket import DAY, HOUR, Counts, Groups
from monitoring.stats.histogram import by_name
from monitoring.stats.message import Message
from monitoring.stats.metrics import MODEL_RESPONSE_TIME, RESPONSE_TIME, SKEWED, Metric
from monitoring.stats.reader import buckets, made_by_people, personal, stored_buckets
from monitoring.stats.reports import responses as room
from monitoring.stats.reports.change import BASELINE_HOURS, WATCHED_HOURS, Degradation, Minute, change
from monitoring.stats.reports.disclosure import Top, is_told, top
from monitoring.stats.reports.outliers import RULE, Reference, judge, reference
from monitoring.stats.reports.responses import Bar, ModelResponses, ResponseFigures, ResponsePoint, SlowAnswer
from monitoring.stats.reports.usage import Report, Window
from monitoring.stats.repository import decode_groups

REFERENCE_DAYS = 30
"""UTC days, today included, of which it is said what is usual."""
SHOWN, SEEN = 100, 1_000
"""Outliers that are listed, and messages that are looked at for them."""
CONTRIBUTORS_KEPT = 60.0
"""Seconds for which it is kept whose answers are behind a reference."""
_MESSAGE = [field.name for field in fields(Message)]
MINUTE, WEEKS_BEFORE = 60, room.WEEKS * 7 * DAY
Raw = dict[int, bytes]
"""One column as it is stored, by the start of its bucket (s)."""


class Trend(Shape, frozen=True):
    """Points, `step` seconds apart."""

    step: int
    points: list[ResponsePoint]


class Responses(Report, frozen=True, kw_only=True):
    """How long people wait."""

    figures: ResponseFigures | None
    skewed: Count
    histogram: list[Bar]
    models: list[ModelResponses]
    trend: Trend
    daily: list[ResponsePoint]
    degradation: Degradation
    outliers: list[SlowAnswer]
    rule: str


def references(now: float) -> dict[str, Reference]:
    """What is usual for each model that answered in the last REFERENCE_DAYS UTC days; `now` in s since 1970."""
    seen = Window(REFERENCE_DAYS, now)
    return _references(_counted(_raw(DAY, seen.start, seen.today + DAY, MODEL_RESPONSE_TIME), seen.today))


def told_models(reader: int, known: Mapping[str, Reference], wanted: Collection[str], now: float) -> set[str]:
    """Of the `wanted` models those whose reference may be told to a person who does not see everybody's sessions."""
    behind = _contributors(now)
    days = personal(reader, *Window(REFERENCE_DAYS, now).numbers, of=(MODEL_RESPONSE_TIME,))
    own = room.together(_answers(day.counts) for day in days)
    others = {model: known[model].count - own.get(model, 0) for model in wanted}
    return {model for model in wanted if is_told(behind.get(model, ()), reader, others[model])}


def _answers(groups: Groups) -> Counts:
    return {model: sum(waits.values()) for model, waits in MODEL_RESPONSE_TIME.histograms(groups).items()}


_read_tops = msgspec.json.Decoder(dict[str, Top]).decode


def _contributors(now: float) -> dict[str, Top]:
    """Whose answers are behind the reference of each model."""
    first, last = Window(REFERENCE_DAYS, now).numbers
    key = "contributors", first, last
    return _read_tops(the_cache().get_or_set(key, lambda: msgspec.json.encode(_tops(first, last)), CONTRIBUTORS_KEPT))


def _tops(first: int, last: int) -> dict[str, Top]:
    made = made_by_people(first, last, (MODEL_RESPONSE_TIME,), _answers)
    return {model: top(amounts) for model, amounts in made.items()}


def responses(days: int, now: float) -> Responses:
    """The report; `now` in s since 1970, `days` UTC days up to it. Null where nothing is known."""
    window = Window(days, now)
    reference_start = Window(REFERENCE_DAYS, now).start
    models_of = _raw(DAY, min(window.start, reference_start), window.today + DAY, MODEL_RESPONSE_TIME)
    pieces = _since(models_of, window.start)
    usual = _references(_counted(_since(models_of, reference_start), window.today))
    waits = by_name(_counted(pieces, window.today))
    all_waits = room.together(waits.values())
    daily = room.points(window.starts, _stretches(_raw(DAY, window.start - WEEKS_BEFORE, window.today + DAY)))
    hours = _raw(HOUR, _first_hour(window), int(now) + 1)
    return Responses(
        *window.head,
        figures=room.figures(all_waits),
        skewed=sum(SKEWED.sum(day.counts) for day in buckets(DAY, window.start, window.today + DAY, of=(SKEWED,))),
        histogram=room.bars(all_waits),
        models=room.models(waits, usual),
        trend=_trend(window, hours, daily),
        daily=daily,
        degradation=_degradation(now, hours),
        outliers=_outliers(pieces, waits, usual),
        rule=RULE,
    )


def _raw(width: int, start: int, end: int, metric: Metric = RESPONSE_TIME) -> Raw:
    """A metric's column of the buckets that begin in [start, end), unread."""
    return {begin: column for begin, (column,) in stored_buckets(width, start, end, (metric.column,))}


def _since(rows: Raw, start: int) -> Raw:
    return {begin: column for begin, column in rows.items() if begin >= start}


def _counted(columns: Raw, today: int) -> Counts:
    """Response times by model, added up; of days before today the sum is kept."""
    past = _summed(tuple(column for start, column in columns.items() if start < today))
    return room.together([past, _times(columns[today]) if today in columns else {}])


@lru_cache(maxsize=6)
def _summed(columns: tuple[bytes, ...]) -> Counts:
    """Kept for who asks again about the same days; not to be changed."""
    return room.together(map(_times, columns))


def _times(column: bytes) -> Counts:
    return MODEL_RESPONSE_TIME.read(decode_groups([column]))


def _references(times: Counts) -> dict[str, Reference]:
    found = {model: reference(waits) for model, waits in by_name(times).items()}
    return {model: usual for model, usual in found.items() if usual is not None}


def _stretches(rows: Raw) -> dict[int, room.Stretch]:
    return {start: _stretch(column) for start, column in rows.items()}


@lru_cache(maxsize=4_096)
def _stretch(column: bytes) -> room.Stretch:
    """Hours that are over seldom change: what was made of the same bytes is kept."""
    return room.stretch(_waits(column))


def _first_hour(window: Window) -> int:
    """From where hours are read: for the trend of a short window, and always for what is compared with now."""
    compared = _watched(window.now) - BASELINE_HOURS * HOUR
    return min(compared, window.start - WEEKS_BEFORE) if window.days <= room.HOURLY else compared


def _trend(window: Window, hours: Raw, daily: list[ResponsePoint]) -> Trend:
    if window.days > room.HOURLY:
        return Trend(DAY, daily)
    starts = range(window.start, int(window.now) + 1, HOUR)
    return Trend(HOUR, room.points(starts, _stretches(hours)))


def _watched(now: float) -> int:
    """The first of the hours that are watched for a change, s."""
    return int(now) - int(now) % HOUR - (WATCHED_HOURS - 1) * HOUR


def _degradation(now: float, hours: Raw) -> Degradation:
    since = _watched(now)
    before = range(since - BASELINE_HOURS * HOUR, since, HOUR)
    baseline = room.together(_waits(hours[start]) for start in before if start in hours)
    minutes = [Minute(start, _waits(column)) for start, column in _raw(MINUTE, since, int(now) + 1).items()]
    start, to, baseline_from = (instant(at * 1_000_000) for at in (since, int(now), since - BASELINE_HOURS * HOUR))
    return Degradation(*astuple(change(baseline, minutes)), start=start, to=to, baseline_from=baseline_from)


def _waits(column: bytes) -> dict[int, int]:
    return RESPONSE_TIME.histogram(decode_groups([column]))


def _outliers(pieces: Raw, waits: Mapping[str, room.Histogram], usual: Mapping[str, Reference]) -> list[SlowAnswer]:
    """The counts say on which days and in which buckets outliers lie: only there is looked, in one statement. Where
    those buckets are full of a slower model's ordinary answers, fewer than SHOWN may be found among SEEN."""
    newest = ((start, _times(pieces[start])) for start in sorted(pieces, reverse=True))
    places = room.places(newest, room.over_limit(waits, usual), SHOWN)
    return room.outlier_rows(_with_sessions(places), lambda model, wait: judge(usual.get(model), wait), SHOWN)


def _with_sessions(places: list[int]) -> Iterable[tuple[str, Message]]:
    """(session id, answer) of the answers at these places, newest day first, slowest first."""
    if not places:
        return []
    rows = models.Message.objects.filter(ranked__in=places).order_by("-ranked", "key")
    found = [Message(*row) for row in rows.values_list(*_MESSAGE)[:SEEN]]
    sessions = models.Session.objects.filter(key__in=sorted({message.session for message in found if message.session}))
    names = dict(sessions.values_list("key", "session_id"))
    return [(names[message.session], message) for message in found if message.session in names]
