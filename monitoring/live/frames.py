"""What the frame of each topic holds. Pure.

A browser keeps what a frame leaves out: fields that may be left out are UNSET by default.
"""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType, field

from monitoring.events.shape import Count, Encoded, Moment, Shape
from monitoring.ingest.ignored import Sources
from monitoring.journal.lag import StageLag
from monitoring.live.overview import Tiles
from monitoring.live.process import ProcessFigures
from monitoring.operations.difference import ConsistencyReport
from monitoring.operations.failing_jobs import FailingJob
from monitoring.stats.figures import Point
from monitoring.stats.reports.operations import Operations
from monitoring.stats.reports.usage import Hours, HourUsed, Report
from monitoring.stats.rows import Mark, OperationRow, SessionHead, SessionRow, VoteRow
from monitoring.stats.sessions.rows import TimedMessage


class Head(Shape, frozen=True):
    """How every frame begins. For owners `position` is a word, `newest` their own newest message."""

    kind: Literal["snapshot", "frame"]
    topic: str
    position: int | str
    newest: Moment | None
    lag: float
    now: Moment


class BusySession(SessionRow, frozen=True, kw_only=True):
    """A session among those with the most messages in the last hour."""

    messages_last_hour: Count


class ChangedHours(Shape, frozen=True):
    """Hours of the heat map, which begins at `from` (s), that changed."""

    start: int = field(name="from")
    changed: list[HourUsed]


class Overview(Head, frozen=True, kw_only=True):
    """`buckets` are the points of the charts, from `from` (s) on in steps of `step` s."""

    range: str
    step: int
    start: int = field(name="from")
    tiles: Tiles
    buckets: list[Point]
    sessions: list[BusySession]
    heat: Encoded[Hours] | UnsetType = UNSET
    hours: ChangedHours


class ReportFrame(Head, frozen=True, kw_only=True):
    """A report over so many days."""

    range: str
    days: int
    report: Encoded[Report] | None


class MineFrame(ReportFrame, frozen=True, kw_only=True):
    """An owner's own report and newest sessions; none while no session is theirs."""

    sessions: list[SessionRow]


class Bound(Shape, frozen=True):
    """Something that grows: what of it there is (or was at most, since the process began), and how large it may
    become."""

    name: str
    used: float
    limit: float
    unit: str
    usual: Annotated[bool, Meta(description="Being full is how it is meant: nobody is refused.")]


class OperationsFrame(Head, frozen=True, kw_only=True):
    """Where events come from, whether the figures agree, and how the monitoring is."""

    consistency: ConsistencyReport | UnsetType | None = UNSET
    sources: Sources
    stages: dict[str, StageLag]
    jobs: list[FailingJob]
    ingest: dict[str, int | str | None]
    report: Encoded[Operations]
    bounds: list[Bound]
    process: ProcessFigures


class NoSession(Head, frozen=True, kw_only=True):
    """There is no such session."""

    session: None = None
    messages: list[TimedMessage] = []


class SessionFrame(Head, frozen=True, kw_only=True):
    """A session and those of its messages that changed; all of the newest ones where `whole`."""

    session: SessionHead
    messages: list[TimedMessage]
    whole: bool
    next: str | None
    votes: list[VoteRow]
    operations: list[OperationRow]
    marks: list[Mark]
