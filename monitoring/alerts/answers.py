"""The single answers of a time, held in memory, so that a threshold that is dragged reads no answer twice.

A day is read again when an hour of it changed, and after HELD_SECONDS. Of a time with more than MAX_SINGLE_VALUES
answers the slowest are held, or the fastest for `<`. All held days have MAX_HELD answers at most, about 40 MB.
"""

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import compress, repeat
from operator import ge, le
from threading import Lock
from time import monotonic
from typing import NamedTuple

from monitoring.alerts.history import MAX_SINGLE_VALUES, RANKS
from monitoring.alerts.rule import Rule
from monitoring.alerts.state import COMPARISONS, Firing
from monitoring.stats import models
from monitoring.stats.bucket import DAY, HOUR
from monitoring.stats.histogram import middle
from monitoring.stats.message import Message
from monitoring.stats.metrics import RESPONSE_TIME, columns_of
from monitoring.stats.repository import decode_groups

MAX_HELD, HELD_SECONDS = 200_000, 600.0
Named = tuple[str, Firing]
"""An answer as the firing that it is if it breaches a rule, with its scope name."""
Ranks = tuple[int, int]
"""The first and the last bucket of response times that is held."""
COLUMNS = ("key", "session", "at", "completed_at", "asked_at", "model", "usages", "usage_model")


class _Day(NamedTuple):
    """The held answers of a day, in order of time. `version` changes with the day's hours."""

    version: tuple[int, int]
    read_at: float
    ranks: Ranks
    answers: list[Named]
    waits: list[float]


class Answers(NamedTuple):
    """The answers of a time in order of time, their response times (s), the number of answers that were counted in its
    hours, and, if these are more than are held, the response time (s) from which on all are held (for `<`: up to
    which)."""

    listed: list[Named]
    waits: list[float]
    total: int
    limit: float | None

    def breaching(self, rule: Rule) -> list[Named]:
        """The firings of a rule: each breach, unless it lies in the cool-down of one before it in its scope."""
        compare = map(COMPARISONS[rule.comparison], self.waits, repeat(rule.threshold))
        found: list[Named] = []
        last: dict[str, float] = {}
        for one in compress(self.listed, compare):
            name, firing = one
            before = last.get(name)
            if before is None or (firing.start != before and firing.start - before >= rule.cooldown_seconds):
                last[name] = firing.start
                found.append(one)
        return found

    def doubt(self, rule: Rule) -> str:
        """Returns why the firings of a rule are not all; "" if they are."""
        if self.limit is None or not COMPARISONS[rule.comparison](self.limit, rule.threshold):
            return ""
        kind, side = ("slowest", "from") if rule.comparison.startswith(">") else ("fastest", "up to")
        return f"Of too many answers the {len(self.waits):,} {kind} are tried, {side} {self.limit:.3g} s."


_days: "OrderedDict[tuple[str, int], _Day]" = OrderedDict()
_lock = Lock()


def held_answers(rule: Rule, start: int, end: int) -> Answers:
    """Returns the answers that were completed in [start, end), s, by the scope and `match` of a rule."""
    first, last = start - start % DAY, -(-end // DAY) * DAY
    hours = models.Bucket.objects.filter(width=HOUR, start__gte=first, start__lt=last).order_by("start")
    rows = list(hours.values_list("start", "position", *columns_of((RESPONSE_TIME,))))
    counted = [_waits(tuple(map(bytes, counts))) for at, _, *counts in rows if start - start % HOUR <= at < end]
    is_above = rule.comparison.startswith(">")
    edge = _edge(counted, is_above)
    ranks = (0, RANKS - 1) if edge is None else (edge, RANKS - 1) if is_above else (0, edge)
    limit = None if edge is None else middle(edge)
    listed: list[Named] = []
    waits: list[float] = []
    for day in range(first, last, DAY):
        positions = [position for at, position, *_ in rows if day <= at < day + DAY]
        held = _day(rule.scope, day, (len(positions), max(positions, default=0)), ranks)
        part = slice(_place(held.answers, start), _place(held.answers, end))
        listed += held.answers[part]
        waits += held.waits[part]
    if limit is not None:
        listed, waits = _only(map(ge if is_above else le, waits, repeat(limit)), listed, waits)
    if rule.match is not None:
        listed, waits = _only((name == rule.match for name, _ in listed), listed, waits)
    return Answers(listed, waits, sum(sum(one.values()) for one in counted), limit)


def _only(chosen: Iterable[bool], listed: list[Named], waits: list[float]) -> tuple[list[Named], list[float]]:
    which = list(chosen)
    return list(compress(listed, which)), list(compress(waits, which))


def _place(listed: list[Named], at: float) -> int:
    """The place of the first answer at a time or after it."""
    return bisect_left(listed, at, key=lambda one: one[1].start)


@lru_cache(maxsize=4_096)
def _waits(columns: tuple[bytes, ...]) -> Mapping[int, int]:
    return RESPONSE_TIME.histogram(decode_groups(columns))


def _edge(hours: Iterable[Mapping[int, int]], is_above: bool) -> int | None:
    """The bucket of response times beyond which there are MAX_SINGLE_VALUES answers at most; None if all are."""
    together: dict[int, int] = {}
    for histogram in hours:
        for bucket, number in histogram.items():
            together[bucket] = together.get(bucket, 0) + number
    left, edge = MAX_SINGLE_VALUES, None
    for bucket in sorted(together, reverse=is_above):
        left -= together[bucket]
        if left < 0:
            return bucket if edge is None else edge
        edge = bucket
    return None


def _day(scope: str, day: int, version: tuple[int, int], ranks: Ranks) -> _Day:
    with _lock:
        held = _days.get((scope, day))
    is_new = held is not None and held.version == version and monotonic() - held.read_at < HELD_SECONDS
    if held and is_new and held.ranks[0] <= ranks[0] and held.ranks[1] >= ranks[1]:
        return held
    answers = _read(scope, day // DAY, ranks)
    read = _Day(version, monotonic(), ranks, answers, [firing.peak or 0.0 for _, firing in answers])
    with _lock:
        _days[scope, day] = read
        _days.move_to_end((scope, day))
        while len(_days) > 1 and sum(len(one.answers) for one in _days.values()) > MAX_HELD:
            _days.popitem(last=False)
    return read


def _read(scope: str, day: int, ranks: Ranks) -> list[Named]:
    rows = models.Message.objects.filter(slow_rank__gte=day * RANKS + ranks[0], slow_rank__lte=day * RANKS + ranks[1])
    newest = rows.order_by("-slow_rank").values_list(*COLUMNS)[:MAX_SINGLE_VALUES]
    found = [
        Message(key, b"", "", session, 0, at, "", "", done, model, asked_at=asked, usages=usages, usage_model=used)
        for key, session, at, done, asked, model, usages, used in newest.iterator()
    ]
    names = _session_ids(found) if scope == "session" else {}
    named = [(_name(scope, one, names), one.done_at / 1e6, (one.wait or 0) / 1e6) for one in found]
    return [(name, Firing(at, at, wait)) for name, at, wait in sorted(named, key=lambda one: (one[1], one[0]))]


def _name(scope: str, message: Message, session_ids: Mapping[int, str]) -> str:
    if scope == "model":
        return message.model_name
    return session_ids.get(message.session or 0, "") if scope == "session" else ""


def _session_ids(found: Iterable[Message]) -> dict[int, str]:
    keys = {message.session for message in found if message.session}
    return dict(models.Session.objects.filter(key__in=keys).values_list("key", "session_id"))


def forget_answers() -> None:
    """Empties the memory of answers."""
    with _lock:
        _days.clear()
