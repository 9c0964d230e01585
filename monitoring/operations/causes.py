"""Why a figure here is not the one that the application stored: its known errors first, then what is missing. Pure."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from monitoring.operations.application import Averages, Counted
from monitoring.operations.difference import Cause, same
from monitoring.stats.rows import EightFigures

GRACE = timedelta(seconds=60)
"""It counts after an answer, and sbdash after it has read the change: until then both may be right."""
AVERAGE = "average_response_time"
ROLES = {"user_messages": "lower_users", "assistant_messages": "lower_assistants"}
TOKENS = ("total_tokens", "total_cost")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a session that differs. `bent`: figures here that are not what our own messages say; `behind`:
    somebody has not read or counted everything. The last two are asked for only when it matters: response times by its
    documents, and whether we have messages of another source."""

    ours: EightFigures
    counted: Counted
    bent: Collection[str]
    recent: bool
    behind: bool
    averages: Callable[[], Averages]
    foreign: Callable[[], bool]


def is_recent(touched: datetime | None, now: datetime) -> bool:
    """Whether the application changed something a moment ago."""
    return touched is not None and now - touched < GRACE


def likely(figure: str, theirs: Any, evidence: Evidence) -> Cause:
    """The likely cause why `theirs` was stored, and not ours."""
    if figure in evidence.bent:
        return Cause.UNKNOWN
    if evidence.recent:
        return Cause.LATE
    return _own_error(figure, theirs, evidence) or _not_the_same_messages(figure, evidence)


def _own_error(figure: str, theirs: Any, evidence: Evidence) -> Cause | None:
    counted, ours, messages = evidence.counted, getattr(evidence.ours, figure), evidence.counted.messages
    if figure == AVERAGE:
        times = evidence.averages()
        if same(figure, times.lower, theirs, messages) and not same(figure, times.lower, times.begun, messages):
            return Cause.ROLE_CASE
        if same(figure, times.begun, theirs, messages) and times.begun != times.whole:
            return Cause.WRONG_CLOCK
        return Cause.OWN_COUNT if same(figure, ours, times.whole, messages) else None
    if figure in ROLES and theirs == getattr(counted, ROLES[figure]) != counted.figures()[figure]:
        return Cause.ROLE_CASE
    return Cause.OWN_COUNT if same(figure, ours, counted.figures()[figure], messages) else None


def _not_the_same_messages(figure: str, evidence: Evidence) -> Cause:
    """Its documents themselves say something else than we do."""
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
