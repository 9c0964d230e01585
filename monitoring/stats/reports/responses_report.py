"""Reads the report on response times, and the references of models, from rows of days, hours and minutes.

Work is bounded: one row for each day, at most 36 days of hours and six hours of minutes, of which only the response
times are read, and MAX_EXAMINED_MESSAGES messages for the list of outliers.
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
from monitoring.stats.reader import buckets, owner_days, stored_buckets, sums_by_person
from monitoring.stats.reports import responses as calc
from monitoring.stats.reports.change import BASELINE_HOURS, WATCHED_HOURS, Degradation, Minute, change
from monitoring.stats.reports.disclosure import Top, is_disclosable, top
from monitoring.stats.reports.outliers import RULE, Reference, judge, reference
from monitoring.stats.reports.responses import Bar, ModelResponses, ResponseFigures, ResponsePoint, SlowAnswer
from monitoring.stats.reports.usage import Report, Window
from monitoring.stats.repository import decode_groups

REFERENCE_DAYS = 30
"""UTC days, today included, that references are made of."""
MAX_LISTED_OUTLIERS, MAX_EXAMINED_MESSAGES = 100, 1_000
"""Maximum number of outliers in the list, and of messages read to find them."""
CONTRIBUTORS_CACHE_SECONDS = 60.0
"""Seconds for which the contributors to references are cached."""
_MESSAGE = [field.name for field in fields(Message)]
MINUTE, WEEKS_BEFORE = 60, calc.WEEKS * 7 * DAY
Raw = dict[int, bytes]
"""One encoded column, by the start of its bucket (s)."""


class Trend(Shape, frozen=True):
    """Points at intervals of `step` seconds."""

    step: int
    points: list[ResponsePoint]


class Responses(Report, frozen=True, kw_only=True):
    """The report on response times."""

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
    """Returns the reference of each model with answers in the last REFERENCE_DAYS UTC days; `now` in s since 1970."""
    seen = Window(REFERENCE_DAYS, now)
    return _references(_counts_of(_raw(DAY, seen.start, seen.today + DAY, MODEL_RESPONSE_TIME), seen.today))


def disclosable_models(reader: int, known: Mapping[str, Reference], wanted: Collection[str], now: float) -> set[str]:
    """Returns those of the `wanted` models whose reference may be disclosed to a person who may not see all
    sessions."""
    behind = _contributors(now)
    days = owner_days(reader, *Window(REFERENCE_DAYS, now).numbers, of=(MODEL_RESPONSE_TIME,))
    own = calc.sum_counts(_answers(day.counts) for day in days)
    others = {model: known[model].count - own.get(model, 0) for model in wanted}
    return {model for model in wanted if is_disclosable(behind.get(model, ()), reader, others[model])}


def _answers(groups: Groups) -> Counts:
    return {model: sum(waits.values()) for model, waits in MODEL_RESPONSE_TIME.histograms(groups).items()}


_read_tops = msgspec.json.Decoder(dict[str, Top]).decode


def _contributors(now: float) -> dict[str, Top]:
    """Returns the largest contributors to the reference of each model."""
    first, last = Window(REFERENCE_DAYS, now).numbers
    key = "contributors", first, last
    return _read_tops(
        the_cache().get_or_set(key, lambda: msgspec.json.encode(_tops(first, last)), CONTRIBUTORS_CACHE_SECONDS)
    )


def _tops(first: int, last: int) -> dict[str, Top]:
    by_model = sums_by_person(first, last, (MODEL_RESPONSE_TIME,), _answers)
    return {model: top(amounts) for model, amounts in by_model.items()}


def responses(days: int, now: float) -> Responses:
    """Returns the report; `now` in s since 1970, `days` UTC days up to it. Unknown figures are None."""
    window = Window(days, now)
    reference_start = Window(REFERENCE_DAYS, now).start
    models_of = _raw(DAY, min(window.start, reference_start), window.today + DAY, MODEL_RESPONSE_TIME)
    pieces = _since(models_of, window.start)
    usual = _references(_counts_of(_since(models_of, reference_start), window.today))
    waits = by_name(_counts_of(pieces, window.today))
    all_waits = calc.sum_counts(waits.values())
    daily = calc.points(window.starts, _periods(_raw(DAY, window.start - WEEKS_BEFORE, window.today + DAY)))
    hours = _raw(HOUR, _first_hour(window), int(now) + 1)
    return Responses(
        *window.head,
        figures=calc.figures(all_waits),
        skewed=sum(SKEWED.sum(day.counts) for day in buckets(DAY, window.start, window.today + DAY, of=(SKEWED,))),
        histogram=calc.bars(all_waits),
        models=calc.models(waits, usual),
        trend=_trend(window, hours, daily),
        daily=daily,
        degradation=_degradation(now, hours),
        outliers=_outliers(pieces, waits, usual),
        rule=RULE,
    )


def _raw(width: int, start: int, end: int, metric: Metric = RESPONSE_TIME) -> Raw:
    """Returns a metric's encoded column of the buckets that start in [start, end)."""
    return {begin: column for begin, (column,) in stored_buckets(width, start, end, (metric.column,))}


def _since(rows: Raw, start: int) -> Raw:
    return {begin: column for begin, column in rows.items() if begin >= start}


def _counts_of(columns: Raw, today: int) -> Counts:
    """Returns the sum of response times by model. The sum of days before today is cached."""
    past = _summed(tuple(column for start, column in columns.items() if start < today))
    return calc.sum_counts([past, _times(columns[today]) if today in columns else {}])


@lru_cache(maxsize=6)
def _summed(columns: tuple[bytes, ...]) -> Counts:
    """Cached for repeated requests on the same days. The result must not be changed."""
    return calc.sum_counts(map(_times, columns))


def _times(column: bytes) -> Counts:
    return MODEL_RESPONSE_TIME.read(decode_groups([column]))


def _references(times: Counts) -> dict[str, Reference]:
    by_model = {model: reference(waits) for model, waits in by_name(times).items()}
    return {model: usual for model, usual in by_model.items() if usual is not None}


def _periods(rows: Raw) -> dict[int, calc.PeriodResponses]:
    return {start: _period(column) for start, column in rows.items()}


@lru_cache(maxsize=4_096)
def _period(column: bytes) -> calc.PeriodResponses:
    """Past hours seldom change, so the result is cached by the encoded bytes."""
    return calc.period_responses(_waits(column))


def _first_hour(window: Window) -> int:
    """Returns the first hour to read: for the trend of a short window, and for the baseline of the degradation."""
    compared = _watched(window.now) - BASELINE_HOURS * HOUR
    return min(compared, window.start - WEEKS_BEFORE) if window.days <= calc.MAX_HOURLY_DAYS else compared


def _trend(window: Window, hours: Raw, daily: list[ResponsePoint]) -> Trend:
    if window.days > calc.MAX_HOURLY_DAYS:
        return Trend(DAY, daily)
    starts = range(window.start, int(window.now) + 1, HOUR)
    return Trend(HOUR, calc.points(starts, _periods(hours)))


def _watched(now: float) -> int:
    """Returns the first hour that is watched for a change, s."""
    return int(now) - int(now) % HOUR - (WATCHED_HOURS - 1) * HOUR


def _degradation(now: float, hours: Raw) -> Degradation:
    since = _watched(now)
    before = range(since - BASELINE_HOURS * HOUR, since, HOUR)
    baseline = calc.sum_counts(_waits(hours[start]) for start in before if start in hours)
    minutes = [Minute(start, _waits(column)) for start, column in _raw(MINUTE, since, int(now) + 1).items()]
    start, to, baseline_from = (instant(at * 1_000_000) for at in (since, int(now), since - BASELINE_HOURS * HOUR))
    return Degradation(*astuple(change(baseline, minutes)), start=start, to=to, baseline_from=baseline_from)


def _waits(column: bytes) -> dict[int, int]:
    return RESPONSE_TIME.histogram(decode_groups([column]))


def _outliers(pieces: Raw, waits: Mapping[str, calc.Histogram], usual: Mapping[str, Reference]) -> list[SlowAnswer]:
    """Returns the outliers.

    The counts give the days and buckets of outliers, so one query reads only those messages. If these buckets are full
    of a slower model's ordinary answers, the MAX_EXAMINED_MESSAGES read may contain fewer than MAX_LISTED_OUTLIERS.
    """
    newest = ((start, _times(pieces[start])) for start in sorted(pieces, reverse=True))
    ranks = calc.slow_ranks(newest, calc.over_limit(waits, usual), MAX_LISTED_OUTLIERS)
    return calc.outlier_rows(
        _with_sessions(ranks), lambda model, wait: judge(usual.get(model), wait), MAX_LISTED_OUTLIERS
    )


def _with_sessions(ranks: list[int]) -> Iterable[tuple[str, Message]]:
    """Returns (session id, answer) of the answers with these ranks, the newest day first, the slowest first."""
    if not ranks:
        return []
    rows = models.Message.objects.filter(ranked__in=ranks).order_by("-ranked", "key")
    messages = [Message(*row) for row in rows.values_list(*_MESSAGE)[:MAX_EXAMINED_MESSAGES]]
    sessions = models.Session.objects.filter(
        key__in=sorted({message.session for message in messages if message.session})
    )
    names = dict(sessions.values_list("key", "session_id"))
    return [(names[message.session], message) for message in messages if message.session in names]
