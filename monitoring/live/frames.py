"""The fields of each topic's frames. Pure.

The browser keeps the value of a field that a frame omits. Fields that may be omitted are UNSET by default.
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
    """The fields of every frame. For owners `position` is opaque, and `newest` is the time of their own newest
    message."""

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
    """The hours of the heat map that changed. The map begins at `from` (s since 1970)."""

    start: int = field(name="from")
    changed: list[HourUsed]


class Overview(Head, frozen=True, kw_only=True):
    """`buckets` are the points of the charts, from `from` (s since 1970) on in steps of `step` seconds."""

    range: str
    step: int
    start: int = field(name="from")
    tiles: Tiles
    buckets: list[Point]
    sessions: list[BusySession]
    heat: Encoded[Hours] | UnsetType = UNSET
    hours: ChangedHours


class ReportFrame(Head, frozen=True, kw_only=True):
    """A report over `days` days."""

    range: str
    days: int
    report: Encoded[Report] | None


class MineFrame(ReportFrame, frozen=True, kw_only=True):
    """An owner's report and newest sessions, empty while the user owns no session."""

    sessions: list[SessionRow]


class Bound(Shape, frozen=True):
    """A capacity limit: `used` is the current size, or the largest since the process began; `limit` is the maximum."""

    name: str
    used: float
    limit: float
    unit: str
    usual: Annotated[bool, Meta(description="At the limit nothing is rejected: being full is normal.")]


class OperationsFrame(Head, frozen=True, kw_only=True):
    """The sources of events, the consistency check's report, and the state of the monitoring itself."""

    consistency: ConsistencyReport | UnsetType | None = UNSET
    sources: Sources
    stages: dict[str, StageLag]
    jobs: list[FailingJob]
    ingest: dict[str, int | str | None]
    report: Encoded[Operations]
    bounds: list[Bound]
    process: ProcessFigures


class NoSession(Head, frozen=True, kw_only=True):
    """The session does not exist."""

    session: None = None
    messages: list[TimedMessage] = []


class SessionFrame(Head, frozen=True, kw_only=True):
    """A session and the messages that changed, or all of the newest ones if `whole` is true."""

    session: SessionHead
    messages: list[TimedMessage]
    whole: bool
    next: str | None
    votes: list[VoteRow]
    operations: list[OperationRow]
    marks: list[Mark]
