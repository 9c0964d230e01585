"""Differences between figures that should be equal, with both values and the likely cause. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from math import isfinite
from typing import Annotated, Any, NamedTuple

from msgspec import Meta, Struct

from monitoring.events.envelope import instant
from monitoring.events.shape import Count, Moment, Seconds, Shape
from monitoring.ingest.follow.values import plain as number

MAX_DIFFERENCES = 200
"""Maximum number of differences in a report. All are counted."""
COST_TOLERANCE = 1e-9
SECONDS_TOLERANCE = 0.001
Value = Any
"""A number, a text, or amounts by name. It may contain arbitrary text of the application."""
Plain = int | float | str | None
"""A value of the application in a form that can be compared and shown."""
TIME_FIGURES = ("average_response_time", "conversation_duration")


class Against(StrEnum):
    """The source that stored figures were compared with."""

    RECALCULATION = "recalculation"
    APPLICATION = "application"


class Cause(StrEnum):
    """The likely cause of a difference."""

    LATE = "late"
    DELETED = "deleted"
    OWN_COUNT = "application's own count"
    ROLE_CASE = "role case"
    WRONG_CLOCK = "wrong clock"
    ELSEWHERE = "from another source"
    MISSING = "missing here"
    NOT_THERE = "not there"
    UNREADABLE = "unreadable"
    UNKNOWN = "unknown"


SENTENCES = {
    Cause.LATE: "it changed a moment ago, or sbdash has not read and counted everything yet",
    Cause.DELETED: "it was deleted in the application, and is kept here",
    Cause.OWN_COUNT: "the application's own documents agree with sbdash; its stored figure is old or miscounted",
    Cause.ROLE_CASE: "the application compares roles with lower-case words only",
    Cause.WRONG_CLOCK: "the application measures up to the beginning of the answer, not up to its end",
    Cause.ELSEWHERE: "sbdash has messages of this session that came from another source than its MongoDB",
    Cause.MISSING: "the application has documents that never arrived here",
    Cause.NOT_THERE: "the application does not have this session, and sbdash saw no deletion",
    Cause.UNREADABLE: "it contains a value that cannot be compared; the server's log has the error",
    Cause.UNKNOWN: "nothing that is known explains it; to make ours again: python manage.py rebuild stats",
}


HARMLESS = frozenset({Cause.LATE, Cause.DELETED, Cause.OWN_COUNT, Cause.ROLE_CASE, Cause.WRONG_CLOCK, Cause.ELSEWHERE})
"""Causes that lie in the application or in the moment. Against the application they mean no wrong figure here."""


class CauseWords(NamedTuple):
    """A cause as pages show it."""

    words: str
    harmless: bool


CAUSES = {cause.value: CauseWords(words, cause in HARMLESS) for cause, words in SENTENCES.items()}


class Difference(Shape, frozen=True):
    """A figure with a wrong value, and the likely cause. Null stands for a session or a time that does not exist."""

    session: str
    figure: str
    ours: Value
    theirs: Value
    against: Against
    cause: Cause

    def __str__(self) -> str:
        where = "by its messages" if self.against == Against.RECALCULATION else "in the application"
        values = f"{shown(self.ours)} here, {shown(self.theirs)} {where}"
        return f"session {printable(self.session)} {self.figure}: {values} ({self.cause}: {SENTENCES[self.cause]})"


class ConsistencyReport(Shape, frozen=True):
    """Result of a consistency check.

    `position` is the journal's head at its beginning. `counts` are numbers of differences by what was compared, then by
    cause. `compared` are sessions compared with the application, `elsewhere` sessions from other sources only.
    """

    began: Moment
    ended: Moment
    seconds: Seconds
    position: Count
    sessions: Count
    messages: Count
    moving: Count
    compared: Count
    elsewhere: Count
    counts: dict[str, dict[str, Count]]
    differences: list[Difference]
    error: Annotated[str, Meta(description="Why the application's database could not be read; empty if it was.")]

    @property
    def found(self) -> int:
        """The number of differences."""
        return sum(sum(causes.values()) for causes in self.counts.values())

    @property
    def unexplained(self) -> int:
        """The number of differences that may be a wrong figure here."""
        return sum(
            number
            for against, causes in self.counts.items()
            for cause, number in causes.items()
            if against == Against.RECALCULATION or cause not in HARMLESS
        )


class KeptReport(Struct, frozen=True):
    """A stored report. `reached` is the journal's head after it was stored: subscribers at a later position have
    received it. None while unknown."""

    report: ConsistencyReport
    reached: int | None = None


@dataclass
class ReportBuilder:
    """Collects the results of a running check."""

    began: datetime
    position: int
    sessions: int = 0
    messages: int = 0
    moving: int = 0
    compared: int = 0
    elsewhere: int = 0
    error: str = ""
    counts: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    differences: list[Difference] = field(default_factory=list)

    def add(self, difference: Difference) -> None:
        self.counts[difference.against][difference.cause] += 1
        if len(self.differences) < MAX_DIFFERENCES:
            self.differences.append(difference)

    def report(self, ended: datetime) -> ConsistencyReport:
        return ConsistencyReport(
            instant(round(self.began.timestamp() * 1e6)), instant(round(ended.timestamp() * 1e6)),
            round((ended - self.began).total_seconds(), 3), self.position, self.sessions, self.messages, self.moving,
            self.compared, self.elsewhere, {name: dict(causes) for name, causes in self.counts.items()},
            self.differences, self.error,
        )  # fmt: skip


def recalculated(session: str, ours: Mapping[str, object], theirs: Mapping[str, object]) -> Iterator[Difference]:
    """Yields differences between stored figures and the same figures from messages. Of counts by name only the
    differing names are included."""
    for figure, value in ours.items():
        other = theirs[figure]
        if value == other:
            continue
        if isinstance(value, dict) and isinstance(other, dict):
            names = sorted(name for name in {*value, *other} if value.get(name) != other.get(name))
            value, other = ({str(name): found.get(name) for name in names} for found in (value, other))
        yield Difference(session, figure, value, other, Against.RECALCULATION, Cause.UNKNOWN)


def same(figure: str, ours: Plain, theirs: Plain, messages: int) -> bool:
    """True if a figure as shown here equals the application's value.

    Costs may differ by the rounding of each of `messages`; durations and times by a millisecond, the precision in which
    the application stores them.
    """
    if figure == "last_message_at":
        return ours == theirs
    ours, theirs = ours or 0, theirs or 0
    if isinstance(ours, str) or isinstance(theirs, str):
        return False
    allowed = {"total_cost": max(messages, abs(ours)) * COST_TOLERANCE} | dict.fromkeys(TIME_FIGURES, SECONDS_TOLERANCE)
    return abs(ours - theirs) <= allowed.get(figure, 0)


def plain(value: object) -> Plain:
    """Returns a value of the application as Plain; a value of another type is replaced by the type's name."""
    value = number(value)
    if isinstance(value, datetime):
        return moment(value)
    if value is None or isinstance(value, int | float):
        return value
    return f"a {type(value).__name__}"


def figure(value: object) -> int | float:
    """Returns a sum made by the application's server; 0 if it is not a finite number."""
    found = number(value)
    return found if isinstance(found, int | float) and isfinite(found) else 0


def moment(at: datetime) -> str | None:
    """Formats a time of the application, which is UTC without a zone, as sbdash shows times."""
    return instant(round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1e6))


def shown(value: object) -> str:
    """Formats a value for one line."""
    if value is None:
        return "nothing"
    text = f"{value:.12g}" if isinstance(value, float) else str(value)
    return printable(text)


def printable(text: str) -> str:
    """Returns one line of at most 200 printable characters."""
    line = "".join(letter if letter.isprintable() else "?" for letter in text)
    return line if len(line) <= 200 else f"{line[:199]}…"
