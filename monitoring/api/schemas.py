"""Response types that only REST uses; the others are defined in the rooms below. Pure."""

from typing import Annotated, Literal

from msgspec import Meta, field

from monitoring.events.shape import Count, Dollars, Moment, Next, Shape
from monitoring.events.vocabulary import Details
from monitoring.journal.lag import StageLag
from monitoring.live.frames import Bound
from monitoring.live.process import ProcessFigures
from monitoring.messaging.cache import CacheFigures
from monitoring.messaging.notifier import NotifierFigures
from monitoring.operations.difference import ConsistencyReport
from monitoring.operations.failing_jobs import FailingJob
from monitoring.stats.definitions import Definition
from monitoring.stats.figures import Figure
from monitoring.stats.rows import MessageRow
from monitoring.stats.sessions.rows import RelatedRows, TimedMessage


class Messages(Shape, frozen=True):
    """A page of a session's messages, in order of time."""

    messages: list[MessageRow]
    next: Next | None


class Timeline(RelatedRows, frozen=True, kw_only=True):
    """A page of a session's messages in order of time, with its votes, operations, start and end."""

    messages: list[TimedMessage]
    next: Next | None


class Definitions(Shape, frozen=True):
    """The definition of every figure that pages and REST show."""

    definitions: list[Definition]


class PriceRow(Shape, frozen=True):
    """A model's prices from a day on, in USD per million tokens."""

    model: str
    valid_from: Annotated[str, Meta(extra_json_schema={"format": "date"})]
    prompt: Dollars
    completion: Dollars
    version: Annotated[int, Meta(ge=0, description="0 for the prices that sbdash ships with.")]
    note: str


class Prices(Shape, frozen=True):
    """The price list for shadow costs: all prices, past ones included, and those in force today (UTC)."""

    version: Count
    prices: list[PriceRow]
    in_force: list[PriceRow]


class Point(Shape, frozen=True):
    """A figure's value over the step that begins at `time`; some figures have parts, by name."""

    time: Moment
    value: Figure | float


class Series(Shape, frozen=True):
    """A figure over time."""

    name: str
    start: Moment = field(name="from")
    to: Annotated[Moment, Meta(description="The end of the last bucket that was counted; it may be in the future.")]
    step: Annotated[int, Meta(ge=1, description="Seconds.")]
    points: list[Point]


class Live(Shape, frozen=True):
    """The live updates of this process: subscribed sockets, frames sent, sockets closed as too slow."""

    subscribers: Count
    frames_sent: Count
    dropped_clients: Count


class Messaging(NotifierFigures, frozen=True, kw_only=True):
    """Notifications between processes, and the cache."""

    cache: CacheFigures


class Health(Shape, frozen=True, kw_only=True):
    """The state of the monitoring: the journal's head, each stage, failing jobs, ingest counters, capacity limits."""

    status: Literal["ok", "unwell"]
    head: Count
    stages: dict[str, StageLag]
    jobs: Annotated[list[FailingJob], Meta(description="The jobs that fail.")]
    workers: Count
    ingest: dict[str, Count]
    live: Live
    bounds: list[Bound]
    messaging: Messaging
    process: ProcessFigures


class Consistency(Shape, frozen=True):
    """The last check's report, null before the first; `error` is why later checks failed, empty if none did."""

    report: ConsistencyReport | None
    error: str


class SecurityRow(Shape, frozen=True):
    """A security event, with the person's pseudonym and without addresses."""

    position: Annotated[
        int | str, Meta(description="The entry's position; for owners an opaque text, the same each time.")
    ]
    at: Moment
    type: str
    name: str | None
    outcome: str | None
    reason: str | None
    person: str | None
    session_id: str | None
    details: Details | None


class SecurityEvents(Shape, frozen=True):
    """A page of security events, the newest first."""

    events: list[SecurityRow]
    next: Next | None


class Alive(Shape, frozen=True):
    """The process answers."""

    status: Literal["ok"]


class Ready(Shape, frozen=True):
    """Readiness: `ok` if database and journal can be read and no stage is far behind, else the problems."""

    status: Literal["ok", "unwell"]
    problems: list[str]
