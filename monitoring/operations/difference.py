"""Differences between figures that should be equal, each with both values and what most likely explains it. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from math import isfinite
from typing import Annotated, Any

from msgspec import Meta, Struct

from monitoring.events.envelope import instant
from monitoring.events.shape import Count, Moment, Seconds, Shape
from monitoring.ingest.follow.values import plain as number

MOST_KEPT = 200
"""Differences that a report shows; all are counted."""
COST = 1e-9
SECONDS = 0.001
Value = Any
"""A number or text, or amounts by name: whatever two sides say of the same, strangers' words among it."""
TIMED = ("average_response_time", "conversation_duration")


class Against(StrEnum):
    """What the kept figures were compared with."""

    RECALCULATION = "recalculation"
    APPLICATION = "application"


class Cause(StrEnum):
    """What explains a difference, as far as the data tell."""

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
    Cause.OWN_COUNT: "the application's own documents say what sbdash says; what it stored is old or miscounted",
    Cause.ROLE_CASE: "the application compares roles with lower-case words only",
    Cause.WRONG_CLOCK: "the application stops its clock when the answer begins, not when it is whole",
    Cause.ELSEWHERE: "sbdash has messages of this session that came from another source than its MongoDB",
    Cause.MISSING: "the application has documents that never arrived here",
    Cause.NOT_THERE: "the application does not have this session, and sbdash saw no deletion",
    Cause.UNREADABLE: "it holds something that nobody can compare; the log says what",
    Cause.UNKNOWN: "nothing that is known explains it; `rebuild stats` makes ours again",
}


class Difference(Shape, frozen=True):
    """A figure that is not what it should be, and why. Null stands for a session, or a time, that is not there."""

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
    """What a check of everything found. `position` is the journal's head at its beginning; `counts` is how many
    differences there are by what was compared, then cause; `compared` and `elsewhere` are sessions that were held
    against the application, and that it never had."""

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
    error: Annotated[str, Meta(description="Why the application could not be asked; empty where it could.")]

    @property
    def found(self) -> int:
        """How many differences there are."""
        return sum(sum(causes.values()) for causes in self.counts.values())


class KeptReport(Struct, frozen=True):
    """A report as it is kept. `reached` is the journal's head once it was: whoever was told of more has seen it. None:
    not known."""

    report: ConsistencyReport
    reached: int | None = None


@dataclass
class Tally:
    """A report that is being made."""

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
        if len(self.differences) < MOST_KEPT:
            self.differences.append(difference)

    def report(self, ended: datetime) -> ConsistencyReport:
        return ConsistencyReport(
            instant(round(self.began.timestamp() * 1e6)), instant(round(ended.timestamp() * 1e6)),
            round((ended - self.began).total_seconds(), 3), self.position, self.sessions, self.messages, self.moving,
            self.compared, self.elsewhere, {name: dict(causes) for name, causes in self.counts.items()},
            self.differences, self.error,
        )  # fmt: skip


def recalculated(session: str, ours: Mapping[str, object], theirs: Mapping[str, object]) -> Iterator[Difference]:
    """Where kept figures are not what their messages say; of counts by name only the names that differ."""
    for figure, value in ours.items():
        other = theirs[figure]
        if value == other:
            continue
        if isinstance(value, dict) and isinstance(other, dict):
            names = sorted(name for name in {*value, *other} if value.get(name) != other.get(name))
            value, other = ({str(name): found.get(name) for name in names} for found in (value, other))
        yield Difference(session, figure, value, other, Against.RECALCULATION, Cause.UNKNOWN)


def same(figure: str, ours: Any, theirs: Any, messages: int) -> bool:
    """Whether a figure as it is shown here equals what the application says: costs but for what rounding each of
    `messages` may do, durations and times to the millisecond in which it stores them."""
    if figure == "last_message_at":
        return bool(ours == theirs)
    theirs = theirs or 0
    if not isinstance(theirs, int | float):
        return False
    allowed = SECONDS if figure in TIMED else max(messages, abs(ours)) * COST if figure == "total_cost" else 0
    return bool(abs(ours - theirs) <= allowed)


def plain(value: object) -> Any:
    """What the application stored, fit to be compared and shown: of a strange value only its kind."""
    value = number(value)
    if isinstance(value, datetime):
        return moment(value)
    if value is None or isinstance(value, int | float):
        return value
    return f"a {type(value).__name__}"


def figure(value: object) -> int | float:
    """A sum that the application's server made; 0 where it is none."""
    found = number(value)
    return found if isinstance(found, int | float) and isfinite(found) else 0


def moment(at: datetime) -> str | None:
    """A time of the application, which are naive UTC, as sbdash shows times."""
    return instant(round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1e6))


def shown(value: Any) -> str:
    """A value in a line."""
    if value is None:
        return "nothing"
    text = f"{value:.12g}" if isinstance(value, float) else str(value)
    return printable(text)


def printable(text: str) -> str:
    """One short line, whatever it was."""
    line = "".join(letter if letter.isprintable() else "?" for letter in text)
    return line if len(line) <= 200 else f"{line[:199]}…"
