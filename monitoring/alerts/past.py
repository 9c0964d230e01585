"""The kept figures of a time, on which rules are tried."""

from collections.abc import Callable, Iterable, Mapping
from time import time
from typing import NamedTuple

from monitoring.alerts.answers import held_answers
from monitoring.alerts.figure import FIGURES
from monitoring.alerts.history import first_step, history, judged
from monitoring.alerts.rule import Rule
from monitoring.alerts.sessions import MAX_SESSIONS, VALUES, breaches, first_session, sessions_between
from monitoring.alerts.state import OK, Firing, fold
from monitoring.stats.bucket import HOUR

LATEST = "Only the latest figure of each session is kept: alerts that ended while it went on are not shown."
WEEK = 7 * 86_400


class Trial(NamedTuple):
    """The result of a rule on a time: firings by scope name in order of time, the number of samples, and the time from
    which on figures are kept (s; None without any). `doubt` says why the firings are not exact; "" if they are."""

    firings: list[tuple[str, Firing]]
    samples: int
    known_from: float | None
    doubt: str = ""


class Past(NamedTuple):
    """The kept figures of a time. `play` tries a rule that differs from the one they were read for in its thresholds,
    times and policies only; `values` are those that the figure had."""

    play: Callable[[Rule], Trial]
    values: Callable[[], Iterable[float | None]]


def past(rule: Rule, start: int, end: int) -> Past:
    """Reads what is kept of a rule's figure in [start, end), s."""
    if rule.figure == "response_time":
        return _past_answers(rule, start, end)
    return _past_sessions(rule, start, end) if rule.scope == "session" else _past_steps(rule, start, end)


def is_read_alike(one: Rule, other: Rule) -> bool:
    """True if what is read for one rule serves the other too."""
    return _reading(one) == _reading(other)


def _reading(rule: Rule) -> tuple[object, ...]:
    return rule.figure, rule.scope, rule.match, rule.window_seconds, rule.comparison[0]


def _past_answers(rule: Rule, start: int, end: int) -> Past:
    held = held_answers(rule, start, end)
    known_from = _later(start, first_step(FIGURES["answers"], HOUR))

    def play(tried: Rule) -> Trial:
        return Trial(held.breaching(tried), held.total, known_from, held.doubt(tried))

    return Past(play, lambda: held.waits)


def _past_sessions(rule: Rule, start: int, end: int) -> Past:
    sessions = sessions_between(rule, start, end)
    grows = FIGURES[rule.figure].grows and rule.comparison.startswith(">")
    doubt = "" if grows else LATEST
    known_from = _later(start, first_session())
    if len(sessions) == MAX_SESSIONS:
        known_from = _later(start, (sessions[-1].last_at or 0) / 1e6)

    def play(tried: Rule) -> Trial:
        return Trial(sorted(breaches(tried, sessions), key=_order), len(sessions), known_from, doubt)

    return Past(play, lambda: map(VALUES[rule.figure], sessions))


def _later(start: float, first: float | None) -> float | None:
    return None if first is None else max(float(start), first)


def _past_steps(rule: Rule, start: int, end: int) -> Past:
    samples, known_from = history(rule, start, end)
    now = time()

    def play(tried: Rule) -> Trial:
        firings = {name: fold(tried, OK, judged(tried, listed, now))[1] for name, listed in samples.items()}
        return Trial(_in_order(firings), sum(map(len, samples.values())), known_from)

    return Past(play, lambda: (value for listed in samples.values() for _, value in listed))


def _in_order(firings: Mapping[str, Iterable[Firing]]) -> list[tuple[str, Firing]]:
    found = [(name, firing) for name, listed in firings.items() for firing in listed]
    return sorted(found, key=_order)


def _order(one: tuple[str, Firing]) -> tuple[float, str]:
    return one[1].start, one[0]


def per_week(found: Trial, start: int, end: int) -> float:
    """Returns the number of firings a week of the time of which figures are kept."""
    tried = end - max(start, found.known_from or start)
    return len(found.firings) * WEEK / tried if tried > 0 else 0.0
