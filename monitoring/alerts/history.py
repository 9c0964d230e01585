"""The samples of a rule, from the rows that the statistics, the security log and the heartbeats left.

Parts of figures by minute are cached by the hour, and read again when an event changed that hour, so that a line that
is dragged over a month of minutes reads no row twice. The cache holds MAX_CACHED_HOURS hours of a figure.
"""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import groupby
from operator import itemgetter
from threading import Lock
from typing import Any, NamedTuple

import msgspec
from django.conf import settings
from django.db.models import Min
from msgspec import Struct, field
from msgspec.structs import asdict

from monitoring.alerts.figure import HEALTH, MINUTE, Figure, Part
from monitoring.alerts.rule import Rule
from monitoring.alerts.state import Sample, is_certain
from monitoring.alerts.windows import samples
from monitoring.health.models import Figures
from monitoring.health.reader import gap_seconds
from monitoring.health.reading import HEALTH_FIGURES, points
from monitoring.health.store import figures as heartbeat_figures
from monitoring.people.pseudonym import pseudonym
from monitoring.security.models import SecurityEvent
from monitoring.stats import models
from monitoring.stats.bucket import DAY, HOUR
from monitoring.stats.histogram import bucket_of
from monitoring.stats.message import DAY as DAY_MICROS
from monitoring.stats.message import MAX_DURATION_MICROS, Message
from monitoring.stats.metrics import Metric, columns_of
from monitoring.stats.repository import MESSAGES, decode_groups

MAX_CACHED_HOURS, RANKS = 20_000, 4_096
WHOLE_SECONDS = 5
"""A step is whole this long after its end."""
MAX_SINGLE_VALUES = 100_000
"""The most single values that are read for one rule."""
ByScope = dict[str, list[Sample]]
PartsByScope = dict[str, dict[int, Part]]
_cache: "OrderedDict[tuple[str, str, int], tuple[int, list[tuple[int, Mapping[str, Part]]]]]" = OrderedDict()
_cache_lock = Lock()


class History(NamedTuple):
    """Samples by scope name ("" for all), and the time (s) from which on they are exact; None if nowhere."""

    samples: ByScope
    exact_from: float | None


def history(rule: Rule, start: int, end: int) -> History:
    """Returns the samples of a rule whose steps begin in [start, end), s. Without `match`, of every scope name."""
    step = rule.step
    known = first_step(rule.of, step)
    if known is None or known >= end:
        return History({}, None)
    times = range(max(start - start % step, known), end, step)
    parts = parts_between(rule.of, rule.scope, times.start + step - rule.window_seconds, end)
    return History(samples_of(rule, parts, times), max(float(start), times.start))


def judged(rule: Rule, samples: Sequence[Sample], now: float) -> list[Sample]:
    """Returns the samples that a rule judges at `now` (s): those of steps that are over, and of others what is
    certain."""
    whole = bisect_right(samples, now - WHOLE_SECONDS - rule.step, key=itemgetter(0))
    return [*samples[:whole], *(one for one in samples[whole:] if is_certain(rule, one[1]))]


def samples_of(rule: Rule, parts: PartsByScope, times: range) -> ByScope:
    """Returns the samples of a rule at `times` (starts of steps, s) by scope name, from the parts of its figure."""
    names = [name for name in sorted(parts) if rule.match in (None, name)]
    return {name: samples(rule.of, parts[name], times, rule.window_seconds) for name in names}


def first_step(figure: Figure, step: int) -> int | None:
    """Returns the start of the first step of which counts are kept, s; None without any."""
    if figure.name in HEALTH:
        first = Figures.objects.filter(width=MINUTE).aggregate(first=Min("start"))["first"]
    elif figure.name == "suspicious_events":
        if not settings.SECURITY_EVENT_LOGGING:
            return None
        at = SecurityEvent.objects.aggregate(first=Min("at"))["first"]
        first = None if at is None else at // 1_000_000
    elif step == DAY:
        day = models.OwnerDay.objects.aggregate(first=Min("day"))["first"]
        first = None if day is None else day * DAY
    else:
        first = models.Bucket.objects.filter(width=step).aggregate(first=Min("start"))["first"]
    return None if first is None else int(first - first % step)


def parts_between(figure: Figure, scope: str, start: int, end: int) -> PartsByScope:
    """Returns the parts of the steps in [start, end), s, by scope name and start. That of all together is always
    there."""
    step = figure.scopes[scope]
    if figure.name in HEALTH:
        if figure.name == "gap_seconds":  # from the runs, since a gap left no heartbeat
            return {"": {at: (float(seconds),) for at, seconds in gap_seconds(start, end, MINUTE).items()}}
        known = points(heartbeat_figures(MINUTE, start, end), MINUTE)
        if scope == "source":
            return _transposed((one.t, {name: (value,) for name, value in one.silences.items()}) for one in known)
        value = HEALTH_FIGURES[figure.name]
        return {"": {one.t: (number,) for one in known if (number := value(one)) is not None}}
    if figure.name == "suspicious_events":
        return {"": dict(_suspicious(start, end))}
    if scope == "user":
        return _transposed(_owner_days(figure, start, end))
    steps = _minutes(figure, scope, start, end) if step == MINUTE else _buckets(figure, scope, step, start, end)
    found = _transposed(steps)
    return {"": {}} | found if scope == "all" else found


def _transposed(steps: Iterable[tuple[int, Mapping[str, Part]]]) -> PartsByScope:
    found: PartsByScope = {}
    for at, parts in steps:
        for name, part in parts.items():
            found.setdefault(name, {})[at] = part
    return found


def _suspicious(start: int, end: int) -> Iterator[tuple[int, Part]]:
    """Denied accesses, rate limits, and other security events that did not succeed, by minute."""
    rows = SecurityEvent.objects.filter(at__gte=start * 10**6, at__lt=end * 10**6).exclude(
        outcome__in=("granted", "ok", "success", "SUCCESS")
    )
    minutes = sorted(at // (MINUTE * 10**6) * MINUTE for at in rows.values_list("at", flat=True))
    for minute, members in groupby(minutes):
        yield minute, (float(sum(1 for _ in members)),)


def _owner_days(figure: Figure, start: int, end: int) -> Iterator[tuple[int, Mapping[str, Part]]]:
    metrics, parts = figure.sources["user"]
    rows = models.OwnerDay.objects.filter(day__gte=start // DAY, day__lt=-(-end // DAY))
    for person, day, *columns in rows.values_list("person", "day", *columns_of(metrics)).iterator():
        yield day * DAY, {pseudonym(person): parts(decode_groups(columns))[""]}


def _buckets(figure: Figure, scope: str, width: int, start: int, end: int) -> Iterator[tuple[int, Mapping[str, Part]]]:
    metrics, parts = figure.sources[scope]
    (column,), decode = columns_of(metrics), _decoder(metrics)
    rows = models.Bucket.objects.filter(width=width, start__gte=start, start__lt=end).order_by("start")
    for at, encoded in rows.values_list("start", column).iterator():
        yield at, parts(asdict(decode(encoded)))


@cache
def _decoder(metrics: tuple[Metric, ...]) -> Callable[[bytes], Struct]:
    """Decodes the counts of some metrics, by code, and skips all others: half the time of decoding all. Buckets of a
    histogram are integers already, which saves a third of its time."""
    fields: list[tuple[str, Any, Any]] = [
        (metric.code, dict[int, int] if metric.dims == ("bucket",) else dict[str, int], field(default_factory=dict))
        for metric in metrics
    ]
    return msgspec.json.Decoder(msgspec.defstruct("Counted", fields)).decode


def _minutes(figure: Figure, scope: str, start: int, end: int) -> Iterator[tuple[int, Mapping[str, Part]]]:
    first = start - start % HOUR
    rows = models.Bucket.objects.filter(width=HOUR, start__gte=first, start__lt=end).order_by("start")
    positions = dict(rows.values_list("start", "position"))
    _load(figure, scope, positions)
    for hour in positions:
        held = _cache.get((figure.name, scope, hour))
        for at, parts in held[1] if held else ():
            if start <= at < end:
                yield at, parts


def _load(figure: Figure, scope: str, positions: Mapping[int, int]) -> None:
    """Reads the hours that are not cached, or that changed, in one query for each stretch of neighbours."""
    with _cache_lock:
        missing = [hour for hour, at in positions.items() if _cache.get((figure.name, scope, hour), (-1,))[0] != at]
    for start, end in _stretches(missing):
        by_hour: dict[int, list[tuple[int, Mapping[str, Part]]]] = {hour: [] for hour in range(start, end, HOUR)}
        for at, parts in _buckets(figure, scope, MINUTE, start, end):
            by_hour[at - at % HOUR].append((at, parts))
        with _cache_lock:
            for hour, steps in by_hour.items():
                _cache[figure.name, scope, hour] = positions.get(hour, 0), steps
                _cache.move_to_end((figure.name, scope, hour))
            while len(_cache) > MAX_CACHED_HOURS:
                _cache.popitem(last=False)


def _stretches(hours: Iterable[int]) -> Iterator[tuple[int, int]]:
    start = end = 0
    for hour in hours:
        if hour != end:
            if end:
                yield start, end
            start = hour
        end = hour + HOUR
    if end:
        yield start, end


def answers(rule: Rule, start: int, end: int, after: int = 0) -> ByScope:
    """Returns the single answers that breach the rule and were completed in [start, end), s, by scope name and time:
    of those that changed after the position `after`. Reads MAX_SINGLE_VALUES at most, by the index of slow answers."""
    found = [
        message
        for first, last in _ranks(rule, start, end)
        for message in MESSAGES.read(
            models.Message.objects.filter(slow_rank__gte=first, slow_rank__lte=last, position__gt=after).order_by(
                "-slow_rank"
            )[:MAX_SINGLE_VALUES]
        )
        if start * 10**6 <= message.done_at < end * 10**6
    ]
    names = _names(rule, found)
    by_scope: ByScope = {}
    for message in sorted(found, key=lambda one: (one.done_at, one.key)):
        name = names(message)
        if rule.match in (None, name):
            by_scope.setdefault(name, []).append((message.done_at / 1e6, (message.wait or 0) / 1e6))
    return by_scope


def _ranks(rule: Rule, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The ranges of slow ranks of each day in which answers may breach the rule."""
    edge = bucket_of(max(0, min(MAX_DURATION_MICROS, int(rule.threshold * 1e6))))
    for day in range(start * 10**6 // DAY_MICROS, (end * 10**6 - 1) // DAY_MICROS + 1):
        if rule.comparison.startswith(">"):
            yield day * RANKS + edge, day * RANKS + RANKS - 1
        else:
            yield day * RANKS, day * RANKS + edge


def _names(rule: Rule, found: Iterable[Message]) -> Callable[[Message], str]:
    if rule.scope == "all":
        return lambda message: ""
    if rule.scope == "model":
        return lambda message: message.model_name
    keys = {message.session for message in found if message.session}
    names = dict(models.Session.objects.filter(key__in=keys).values_list("key", "session_id"))
    return lambda message: names.get(message.session or 0, "")


def forget_hours() -> None:
    """Empties the cache."""
    with _cache_lock:
        _cache.clear()
