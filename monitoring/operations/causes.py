"""Finds the likely cause of a difference from the application: its known errors first, then missing messages. Pure."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitoring.operations.application import Averages, Counted
from monitoring.operations.difference import Cause, Plain, same
from monitoring.stats.rows import SessionSummary

GRACE_PERIOD = timedelta(seconds=60)
"""The application counts after an answer, and sbdash after reading the change. Within this time both may be right."""
AVERAGE_FIGURE = "average_response_time"
ROLES = {"user_messages": "lower_users", "assistant_messages": "lower_assistants"}
TOKENS = ("total_tokens", "total_cost")


@dataclass(frozen=True, slots=True)
class Evidence:
    """The known facts about a session that differs.

    `wrong_figures`: figures here that differ from our own messages. `behind`: the follower or the statistics are
    behind. `averages` and `foreign` are called only if needed: response times from the application's documents, and
    whether there are messages of another source.
    """

    ours: SessionSummary
    counted: Counted
    wrong_figures: Collection[str]
    recent: bool
    behind: bool
    averages: Callable[[], Averages]
    foreign: Callable[[], bool]


def is_recent(touched: datetime | None, now: datetime) -> bool:
    """True if the application changed something within the grace period."""
    return touched is not None and now - touched < GRACE_PERIOD


def likely_cause(figure: str, theirs: Plain, evidence: Evidence) -> Cause:
    """Returns the likely cause why the application stored `theirs` and not our value."""
    if figure in evidence.wrong_figures:
        return Cause.UNKNOWN
    if evidence.recent:
        return Cause.LATE
    return _application_error(figure, theirs, evidence) or _different_messages(figure, evidence)


def _application_error(figure: str, theirs: Plain, evidence: Evidence) -> Cause | None:
    counted, ours, messages = evidence.counted, getattr(evidence.ours, figure), evidence.counted.messages
    if figure == AVERAGE_FIGURE:
        times = evidence.averages()
        if same(figure, times.lower, theirs, messages) and not same(figure, times.lower, times.begun, messages):
            return Cause.ROLE_CASE
        if same(figure, times.begun, theirs, messages) and times.begun != times.whole:
            return Cause.WRONG_CLOCK
        return Cause.OWN_COUNT if same(figure, ours, times.whole, messages) else None
    if figure in ROLES and theirs == getattr(counted, ROLES[figure]) != counted.figures()[figure]:
        return Cause.ROLE_CASE
    return Cause.OWN_COUNT if same(figure, ours, counted.figures()[figure], messages) else None


def _different_messages(figure: str, evidence: Evidence) -> Cause:
    """Returns the cause if the application's documents themselves differ from our messages."""
    more: float = evidence.counted.messages - evidence.ours.message_count
    if not more and figure in TOKENS:
        more = evidence.counted.tokens - evidence.ours.total_tokens
    if evidence.foreign():
        return Cause.ELSEWHERE
    if more < 0:
        return Cause.DELETED
    if evidence.behind:
        return Cause.LATE
    return Cause.MISSING if more > 0 else Cause.UNKNOWN
