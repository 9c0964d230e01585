"""Says what needs attention now, in sentences made of known facts. Pure.

A sentence holds no figure that moves from frame to frame, so a page that reads it aloud stays silent while it lasts.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Literal

from monitoring.events.shape import Moment, Shape
from monitoring.ingest.follower_status import Follower
from monitoring.ingest.source_names import SOURCE_NAMES
from monitoring.journal.lag import StageLag
from monitoring.operations.difference import ConsistencyReport
from monitoring.operations.failing_jobs import FailingJob
from monitoring.stats.reports.change import Degradation
from monitoring.stats.reports.operations import TooLong

Severity = Literal["critical", "warning", "notice", "unknown"]
ORDER: tuple[Severity, ...] = ("critical", "warning", "notice", "unknown")
MAX_ERROR_RATE, MIN_ANSWERS = 0.05, 20
"""The error rate above which answers need attention, and the answers from which on it says anything."""
LATE_SECONDS = 15.0
"""The lag of a stage, and the time it stands still, from which on it needs attention."""
NEARLY_FULL, FULL = 0.9, 0.97
"""The used share of the disk that is a warning, and critical."""
STAGES = {"stats": "Statistics", "security": "Security log"}
WHOLE_REQUEST = "whole request, "
REFUSALS = {
    "400": "unreadable request (400)",
    "401": "missing or invalid key (401)",
    "403": "key without the scope (403)",
    "405": "wrong method (405)",
    "408": "body too slow (408)",
    "411": "no body (411)",
    "413": "request too large (413)",
    "415": "unknown content type (415)",
    "429": "over the limit of the key (429)",
    "503": "server busy, sent again later (503)",
}


class Attention(Shape, frozen=True):
    """Something that needs attention, or with the severity `unknown` something that is not known. `since` is null where
    it is not known since when."""

    kind: str
    words: str
    href: str
    severity: Severity
    since: Moment | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Input that was refused in the last minutes: its source, and a reason or the status of a whole request."""

    source: str
    name: str


@dataclass(frozen=True, slots=True)
class Facts:
    """The known facts. `finished` and `failed` are answers of the last 15 minutes. `disk` is its used share, None where
    that is not known. `firing`: the number of alerts that fire, by severity. `is_counted`: False while the statistics
    are switched off."""

    change: Degradation
    finished: int
    failed: int
    too_long: TooLong
    stages: Mapping[str, StageLag]
    jobs: Sequence[FailingJob]
    refused: Sequence[Refused]
    consistency: ConsistencyReport | None
    follower: Follower | None
    disk: float | None
    firing: Mapping[str, int] = field(default_factory=dict)
    is_counted: bool = True


def attention(facts: Facts) -> list[Attention]:
    """Returns the sentences, the most severe first."""
    rooms = _answers, _pipeline, _input, _sessions, _figures, _disk, _alerts
    return sorted(chain.from_iterable(room(facts) for room in rooms), key=lambda one: ORDER.index(one.severity))


def _alerts(facts: Facts) -> Iterator[Attention]:
    number = sum(facts.firing.values())
    if number:
        worst = next(severity for severity in ORDER if facts.firing.get(severity))
        words = "1 alert is firing" if number == 1 else f"{number:,} alerts are firing"
        yield Attention("alerts", words, "/alerts/", worst)


def _answers(facts: Facts) -> Iterator[Attention]:
    change = facts.change
    if change.state == "slower":
        words = "Answers are slower than in the 24 hours before"
        yield Attention("slower", words, "/responses/#verdict", "warning", change.since)
    elif change.state == "unknown":
        yield Attention("slower", "whether answers have become slower", "/responses/#verdict", "unknown")
    if facts.finished >= MIN_ANSWERS and facts.failed > MAX_ERROR_RATE * facts.finished:
        words = f"More than {MAX_ERROR_RATE:.0%} of the answers of the last 15 min failed".replace("%", " %")
        yield Attention("errors", words, "/#chart-errors", "critical")


def _pipeline(facts: Facts) -> Iterator[Attention]:
    if not facts.is_counted:
        words = "Statistics are switched off (CHAT_ENABLE_SESSION_STATISTICS): figures stand still, events are kept"
        yield Attention("statistics off", words, "/operations/#pipeline", "notice")
    for name, stage in facts.stages.items():
        label = STAGES.get(name, name)
        if stage.stalled_seconds > LATE_SECONDS:
            yield Attention(f"stalled {name}", f"{label}: processing stands still", "/operations/#pipeline", "critical")
        elif stage.lag_seconds > LATE_SECONDS:
            words = f"{label}: processing is more than {LATE_SECONDS:.0f} s behind"
            yield Attention(f"behind {name}", words, "/operations/#pipeline", "warning")
    for job in facts.jobs:
        yield Attention(f"job {job.name}", f"The {job.name} fails", "/operations/#pipeline", "warning", job.since)


def _input(facts: Facts) -> Iterator[Attention]:
    for one in facts.refused:
        source = SOURCE_NAMES.get(one.source, one.source)
        if one.name.startswith(WHOLE_REQUEST):
            status = one.name.removeprefix(WHOLE_REQUEST)
            words = f"{source} requests are refused: {REFUSALS.get(status, f'status {status}')}"
        else:
            words = f"{source} events are rejected: {one.name}"
        yield Attention(f"refused {one.source} {one.name}", words, "/operations/#not-understood", "notice")
    follower = facts.follower
    if follower is None:
        return
    if not follower.alive:
        words = "The MongoDB follower does not run"
        yield Attention("follower", words, "/operations/#sources", "critical")
    elif follower.error:
        since = follower.since if isinstance(follower.since, str) else None
        words = "The chat application's MongoDB cannot be read"
        yield Attention("follower", words, "/operations/#sources", "critical", since)


def _sessions(facts: Facts) -> Iterator[Attention]:
    late = facts.too_long
    if late.count:
        number = "1 session is" if late.count == 1 else f"{late.count:,} sessions are"
        words = f"{number} open longer than {_duration(late.limit)}"
        yield Attention("too long", words, "/operations/#too-long", "notice")


def _figures(facts: Facts) -> Iterator[Attention]:
    if facts.consistency is None:
        yield Attention(
            "consistency", "whether the figures match their messages", "/operations/#consistency", "unknown"
        )
    elif found := facts.consistency.unexplained:
        words = "1 figure disagrees with its source" if found == 1 else f"{found:,} figures disagree with their source"
        yield Attention("consistency", words, "/operations/#consistency", "warning")


def _disk(facts: Facts) -> Iterator[Attention]:
    if facts.disk is not None and facts.disk >= NEARLY_FULL:
        full = facts.disk >= FULL
        words = "The disk is full" if full else "The disk is nearly full"
        yield Attention("disk", words, "/operations/#bounds", "critical" if full else "warning")


def _duration(seconds: float) -> str:
    """The limit in the largest unit that divides it."""
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size and seconds % size == 0:
            number = int(seconds // size)
            return f"{number} {unit}{'' if number == 1 else 's'}"
    return f"{seconds:g} s"
