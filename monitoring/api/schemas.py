"""What REST alone answers; the other shapes are built below it. Pure."""

from typing import Annotated, Any, Literal

from msgspec import Meta, field

from monitoring.events.shape import Count, Dollars, Moment, Next, Shape
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
    """A page of what happened in a session: its messages in order of time, and what else there was."""

    messages: list[TimedMessage]
    next: Next | None


class Definitions(Shape, frozen=True):
    """Every figure that pages and REST show."""

    definitions: list[Definition]


class PriceRow(Shape, frozen=True):
    """What a model's tokens cost from a day on, in USD per million."""

    model: str
    valid_from: Annotated[str, Meta(extra_json_schema={"format": "date"})]
    prompt: Dollars
    completion: Dollars
    version: Annotated[int, Meta(ge=0, description="0 is what is shipped.")]
    note: str


class Prices(Shape, frozen=True):
    """The price list that shadow costs are made with: every price there ever was, and those in force today (UTC)."""

    version: Count
    prices: list[PriceRow]
    in_force: list[PriceRow]


class Point(Shape, frozen=True):
    """A figure's value over the `step` that begins then; some figures have parts, by name."""

    time: Moment
    value: Figure


class Series(Shape, frozen=True):
    """A figure over time."""

    name: str
    start: Moment = field(name="from")
    to: Annotated[Moment, Meta(description="The end of the last bucket that was counted; it may lie ahead of now.")]
    step: Annotated[int, Meta(ge=1, description="Seconds.")]
    points: list[Point]


class Live(Shape, frozen=True):
    """Who watches in this process."""

    watchers: Count
    frames_sent: Count
    dropped_clients: Count


class Between(NotifierFigures, frozen=True, kw_only=True):
    """What this process hears of others, and keeps for them."""

    cache: CacheFigures


class Health(Shape, frozen=True, kw_only=True):
    """How the monitoring is: the journal's head, each stage, what the door saw, how near each bound is."""

    status: Literal["ok", "unwell"]
    head: Count
    stages: dict[str, StageLag]
    jobs: Annotated[list[FailingJob], Meta(description="Those that fail; none when all is well.")]
    workers: Count
    ingest: dict[str, Count]
    live: Live
    bounds: list[Bound]
    between: Between
    process: ProcessFigures


class Consistency(Shape, frozen=True):
    """The last check; null before the first. `error`: why checks fail since then; empty when they do not."""

    report: ConsistencyReport | None
    error: str


class SecurityRow(Shape, frozen=True):
    """A security event: the person by pseudonym, nobody's address."""

    position: Annotated[int | str, Meta(description="Of its entry; for owners a word, the same each time.")]
    at: Moment
    type: str
    name: str | None
    outcome: str | None
    reason: str | None
    person: str | None
    session_id: str | None
    details: dict[str, Any] | None  # the application's own words, as far as the door lets them in


class SecurityEvents(Shape, frozen=True):
    """A page of security events, the newest first."""

    events: list[SecurityRow]
    next: Next | None


class Alive(Shape, frozen=True):
    """The process answers."""

    status: Literal["ok"]


class Ready(Shape, frozen=True):
    """Whether database and journal can be read and the pipeline is near; what is wrong where not."""

    status: Literal["ok", "unwell"]
    problems: list[str]
