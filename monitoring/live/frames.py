"""The fields of each topic's frames. Pure.

The browser keeps the value of a field that a frame omits. Fields that may be omitted are UNSET by default.
"""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType, field

from monitoring.alerts.rows import AlertBands, AlertRow, AlertSpan, ReceiverNow, RuleRow, SilenceRow
from monitoring.events.shape import Count, Encoded, Moment, Shape
from monitoring.health.day import SelfHealth
from monitoring.health.layer import Layer
from monitoring.ingest.ignored import Sources
from monitoring.journal.lag import StageLag
from monitoring.live.attention import Attention
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
    message. `attention`, `firing` (the number of alerts that fire), the newest of them, and `alert_bands` are for staff
    alone. `layer` and `alert_bands` are over the time of the page; owners get less of the layer."""

    kind: Literal["snapshot", "frame"]
    topic: str
    position: int | str
    newest: Moment | None
    lag: float
    now: Moment
    attention: Encoded[list[Attention]] | UnsetType = UNSET
    layer: Encoded[Layer] | UnsetType = UNSET
    firing: Count | UnsetType = UNSET
    newest_firing: Encoded[list[AlertSpan]] | UnsetType = UNSET
    alert_bands: Encoded[AlertBands] | UnsetType = UNSET


class Windowed(Head, frozen=True, kw_only=True):
    """The head of a frame that shows a time: `range` is its window string, `from` and `to` (s since 1970) are what is
    drawn, in steps of `step` seconds.

    A step of a day is a UTC day. Shorter steps are whole in UTC and are shown in the viewer's zone. `shift` is there
    with a comparison: the time that it is compared with lies so many seconds earlier.
    """

    range: str
    start: int = field(name="from")
    to: int
    step: int
    shift: int | UnsetType = UNSET


class BusySession(SessionRow, frozen=True, kw_only=True):
    """A session among those with the most messages in the window."""

    messages_in_window: Count


class ChangedHours(Shape, frozen=True):
    """The hours of the heat map that changed. The map begins at `from` (s since 1970)."""

    start: int = field(name="from")
    changed: list[HourUsed]


class Overview(Windowed, frozen=True, kw_only=True):
    """`buckets` are the points of the charts, made of buckets of `width` seconds.

    `tiles_of`: the tiles are figures of now, or of the window, which are averages, sums and the largest number of
    active sessions. `before` are points of the time of comparison, their times moved on by `shift`: all of them in a
    snapshot, and in a frame those near the present, which replace those of the same `t`. The heat map covers the weeks
    up to the end of the window.
    """

    width: int
    tiles_of: Literal["now", "window"]
    tiles: Encoded[Tiles]
    buckets: Encoded[list[Point]]
    before: Encoded[list[Point]] | UnsetType = UNSET
    sessions: list[BusySession]
    heat: Encoded[Hours] | UnsetType = UNSET
    hours: ChangedHours


class ReportFrame(Windowed, frozen=True, kw_only=True):
    """A report on the whole UTC hours or days of the window, and with a comparison the same report on that
    time."""

    report: Encoded[Report] | None
    report_before: Encoded[Report] | UnsetType = UNSET


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


class OperationsFrame(Windowed, frozen=True, kw_only=True):
    """The sources of events, the consistency check's report, and the state of the monitoring itself.
    `report_before` is the report on the time of comparison."""

    consistency: ConsistencyReport | UnsetType | None = UNSET
    unchecked: Annotated[int, Meta(ge=0, description="Sessions that came after the last consistency check.")] = 0
    sources: Sources
    stages: dict[str, StageLag]
    jobs: list[FailingJob]
    ingest: dict[str, int | str | None]
    report: Encoded[Operations]
    report_before: Encoded[Operations] | UnsetType = UNSET
    bounds: list[Bound]
    process: ProcessFigures
    health: Encoded[SelfHealth]


class AlertsFrame(Head, frozen=True, kw_only=True):
    """The alerts that fire (the newest MAX_PAGE), the time of the last change of an alert (µs since 1970, 0: none), the
    rules in force, the silences, and the receivers."""

    alerts: list[AlertRow]
    changed: int
    rules: list[RuleRow]
    silences: list[SilenceRow]
    receivers: list[ReceiverNow]


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
