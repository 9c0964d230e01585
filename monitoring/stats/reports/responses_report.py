"""Reads the report on response times, and the references of models, from rows of days, hours and minutes.

Work is bounded: one row for each step, at most 36 days of hours and six hours of minutes, of which only the response
times are read, and MAX_EXAMINED_MESSAGES messages for the list of outliers.
"""

from collections.abc import Collection, Mapping
from functools import lru_cache

import msgspec
from django.db.models import Q
from msgspec.structs import astuple

from monitoring.events.envelope import instant
from monitoring.events.shape import Count, Shape
from monitoring.messaging.wiring import the_cache
from monitoring.stats import models
from monitoring.stats.bucket import DAY, HOUR, SECOND, Counts, Groups, add
from monitoring.stats.histogram import by_name, quantile
from monitoring.stats.metrics import MODEL_RESPONSE_TIME, RESPONSE_TIME, SKEWED, Metric
from monitoring.stats.reader import buckets, owner_days, stored_buckets, sums_by_person
from monitoring.stats.reports import responses as calc
from monitoring.stats.reports.change import BASELINE_HOURS, WATCHED_HOURS, Degradation, Minute, change
from monitoring.stats.reports.disclosure import Top, is_disclosable, top
from monitoring.stats.reports.outliers import RULE, Reference, judge, reference
from monitoring.stats.reports.responses import Bar, ModelResponses, ResponseFigures, ResponsePoint, SlowAnswer
from monitoring.stats.reports.usage import Report, head
from monitoring.stats.repository import MESSAGES, decode_groups
from monitoring.stats.window import Period, days_up_to

REFERENCE_DAYS = 30
"""UTC days, today included, that references are made of."""
MAX_LISTED_OUTLIERS, MAX_EXAMINED_MESSAGES = 100, 1_000
"""Maximum number of outliers in the list, and of messages read to find them."""
CONTRIBUTORS_CACHE_SECONDS = 60.0
"""Seconds for which the contributors to references are cached."""
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
    seen = days_up_to(REFERENCE_DAYS, now)
    return _references(_raw(DAY, seen.start, seen.until, MODEL_RESPONSE_TIME))


def disclosable_models(reader: int, known: Mapping[str, Reference], wanted: Collection[str], now: float) -> set[str]:
    """Returns those of the `wanted` models whose reference may be disclosed to a person who may not see all
    sessions."""
    days = days_up_to(REFERENCE_DAYS, now).numbers
    key = "contributors", *days
    encoded = the_cache().get_or_set(key, lambda: msgspec.json.encode(_contributors(*days)), CONTRIBUTORS_CACHE_SECONDS)
    behind = _read_contributors(encoded)
    own = calc.sum_counts(_answers(day.counts) for day in owner_days(reader, *days, of=(MODEL_RESPONSE_TIME,)))
    others = {model: known[model].count - own.get(model, 0) for model in wanted}
    return {model for model in wanted if is_disclosable(behind.get(model, ()), reader, others[model])}


_read_contributors = msgspec.json.Decoder(dict[str, Top]).decode


def _contributors(first: int, last: int) -> dict[str, Top]:
    """Returns the largest contributors to the reference of each model."""
    by_model = sums_by_person(first, last, (MODEL_RESPONSE_TIME,), _answers)
    return {model: top(amounts) for model, amounts in by_model.items()}


def _answers(groups: Groups) -> Counts:
    return {model: sum(waits.values()) for model, waits in MODEL_RESPONSE_TIME.histograms(groups).items()}


def responses(period: Period, now: float) -> Responses:
    """Returns the report on a period; `now` in s since 1970. Unknown figures are None.

    The trend of a short period is by hours. The degradation, whose baseline is read by hours, is that of now, and so
    are the references.
    """
    by_hour = period.step == HOUR or period.days <= calc.MAX_HOURLY_DAYS
    shown, recent = _of_models(period, days_up_to(REFERENCE_DAYS, now))
    usual, waits = _references(recent), by_name(_counts_of(shown))
    all_waits = calc.sum_counts(waits.values())
    earlier = period.start - WEEKS_BEFORE
    days = _up_to_its_end(period, _raw(DAY, earlier, period.until)) if period.step == DAY else {}
    daily = calc.points(period.starts if period.step == DAY else (), _periods(days))
    trend = daily
    baseline_start, watched = _compared(now)
    reach = min(baseline_start, earlier) if by_hour and period.until > baseline_start else baseline_start
    hours = _hours(reach, int(now))
    if by_hour:
        own = hours if reach <= earlier else _raw(HOUR, earlier, period.until)
        trend = calc.points(range(period.start, period.until, HOUR), _periods(own))
    return Responses(
        *head(period),
        figures=calc.figures(all_waits),
        skewed=_skewed(period),
        histogram=calc.bars(all_waits),
        models=calc.models(waits, usual),
        trend=Trend(HOUR if by_hour else DAY, trend),
        daily=daily,
        degradation=_degradation(baseline_start, watched, int(now), hours),
        outliers=_outliers(period, shown, waits, usual),
        rule=RULE,
    )


def _of_models(period: Period, seen: Period) -> tuple[Raw, Raw]:
    """Returns the encoded response times by model of a period's steps, and of the days that references are made of, in
    one query where both are days that overlap."""
    if period.step == DAY and period.until > seen.start:
        stored = _raw(DAY, min(period.start, seen.start), seen.until, MODEL_RESPONSE_TIME)
        shown = {start: column for start, column in stored.items() if period.start <= start < period.until}
        recent = {start: column for start, column in stored.items() if start >= seen.start}
    else:
        shown = _raw(period.step, period.start, period.until, MODEL_RESPONSE_TIME)
        recent = _raw(DAY, seen.start, seen.until, MODEL_RESPONSE_TIME)
    return _up_to_its_end(period, shown, MODEL_RESPONSE_TIME), recent


def _up_to_its_end(period: Period, steps: Raw, metric: Metric = RESPONSE_TIME) -> Raw:
    """Returns the steps of a period, in which a last day that is not whole is counted by its hours."""
    last = _last_part(period)
    if not last:
        return steps
    groups: dict[str, Counts] = {}
    for column in _raw(HOUR, last, period.until, metric).values():
        add(groups, decode_groups([column]))
    return steps | {last: msgspec.json.encode(groups)}


def _last_part(period: Period) -> int:
    """Returns the start of the last day of a period that has ended, if it ends within that day; else 0."""
    part = period.until % period.step
    return period.until - part if part and not period.goes_on else 0


def _skewed(period: Period) -> int:
    last = _last_part(period)
    rows = buckets(period.step, period.start, last or period.until, of=(SKEWED,))
    hours = buckets(HOUR, last, period.until, of=(SKEWED,)) if last else []
    return sum(SKEWED.sum(row.counts) for row in [*rows, *hours])


def degradation(now: float) -> Degradation:
    """Returns the verdict on response times alone, as the report has it; `now` in s since 1970."""
    baseline_start, watched = _compared(now)
    return _degradation(baseline_start, watched, int(now), _hours(baseline_start, int(now)))


def _compared(now: float) -> tuple[int, int]:
    """Returns the starts of the baseline and of the watched time, s."""
    watched = int(now) - int(now) % HOUR - (WATCHED_HOURS - 1) * HOUR
    return watched - BASELINE_HOURS * HOUR, watched


def _hours(start: int, now: int) -> Raw:
    """Returns the hours from `start` to `now`, and the one that the overview's tile is compared with."""
    week = _same_hour_last_week(now)
    return ({} if start <= week else _raw(HOUR, week, week + HOUR)) | _raw(HOUR, start, now + 1)


def _same_hour_last_week(now: int) -> int:
    return now - now % HOUR - 7 * DAY


def _raw(width: int, start: int, end: int, metric: Metric = RESPONSE_TIME) -> Raw:
    """Returns a metric's encoded column of the buckets that start in [start, end)."""
    return {begin: column for begin, (column,) in stored_buckets(width, start, end, (metric.column,))}


def _counts_of(columns: Raw) -> Counts:
    """Returns the sum of response times by model. The sum of all but the newest row is cached."""
    if not columns:
        return {}
    *past, newest = sorted(columns)
    return calc.sum_counts([_summed(tuple(columns[start] for start in past)), _times(columns[newest])])


@lru_cache(maxsize=6)
def _summed(columns: tuple[bytes, ...]) -> Counts:
    """Cached for repeated requests on the same days. The result must not be changed."""
    return calc.sum_counts(map(_times, columns))


def _times(column: bytes) -> Counts:
    return MODEL_RESPONSE_TIME.read(decode_groups([column]))


@lru_cache(maxsize=4_096)
def _waits(column: bytes) -> calc.Histogram:
    """Cached as `_period` is: past hours and minutes seldom change."""
    return RESPONSE_TIME.histogram(decode_groups([column]))


def _references(days: Raw) -> dict[str, Reference]:
    by_model = {model: reference(waits) for model, waits in by_name(_counts_of(days)).items()}
    return {model: usual for model, usual in by_model.items() if usual is not None}


def _periods(rows: Raw) -> dict[int, calc.PeriodResponses]:
    return {start: _period(column) for start, column in rows.items()}


@lru_cache(maxsize=4_096)
def _period(column: bytes) -> calc.PeriodResponses:
    """Past hours seldom change, so the result is cached by the encoded bytes."""
    return calc.period_responses(_waits(column))


def _degradation(baseline_start: int, start: int, end: int, hours: Raw) -> Degradation:
    """Compares the minutes from `start` to `end` with the hours before `start`; times in s."""
    baseline = calc.sum_counts(_waits(column) for at, column in hours.items() if baseline_start <= at < start)
    minutes = [Minute(at, _waits(column)) for at, column in _raw(MINUTE, start, end + 1).items()]
    since, to, before = (instant(at * 1_000_000) for at in (start, end, baseline_start))
    last_week = hours.get(_same_hour_last_week(end))
    week = quantile(_waits(last_week), 0.5) if last_week else None
    return Degradation(*astuple(change(baseline, minutes)), week_p50=week, start=since, to=to, baseline_from=before)


def _outliers(
    period: Period, rows: Raw, waits: Mapping[str, calc.Histogram], usual: Mapping[str, Reference]
) -> list[SlowAnswer]:
    """Returns the outliers, the newest day first, the slowest first. `rows` are the period's hours or days.

    The counts give the days and buckets of outliers, so one query reads only those messages. If these buckets are full
    of a slower model's ordinary answers, the MAX_EXAMINED_MESSAGES read may contain fewer than MAX_LISTED_OUTLIERS.
    """
    newest = ((start, _times(rows[start])) for start in sorted(rows, reverse=True))
    ranks = calc.slow_ranks(newest, calc.over_limit(waits, usual), MAX_LISTED_OUTLIERS)
    if not ranks:
        return []
    slow = models.Message.objects.filter(slow_rank__in=ranks)
    if period.step == HOUR or _last_part(period):  # ranks are of whole days
        since, until = period.start * SECOND, period.until * SECOND
        answered = Q(completed_at__gte=since, completed_at__lt=until)
        slow = slow.filter(answered | Q(completed_at__isnull=True, at__gte=since, at__lt=until))
    messages = MESSAGES.read(slow.order_by("-slow_rank", "key")[:MAX_EXAMINED_MESSAGES])
    keys = {message.session for message in messages if message.session}
    names = dict(models.Session.objects.filter(key__in=sorted(keys)).values_list("key", "session_id"))
    answers = [(names[message.session], message) for message in messages if message.session in names]
    return calc.outlier_rows(answers, lambda model, wait: judge(usual.get(model), wait), MAX_LISTED_OUTLIERS)
