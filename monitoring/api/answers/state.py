"""Answers about the monitoring itself, figures over time, and what the machines ask. Pure."""

from typing import Annotated, Any, Literal

from msgspec import Meta, field

from monitoring.api.answers.kinds import Answer, Count, Moment, Next, Seconds


class Point(Answer, frozen=True):
    """A figure's value over the `step` that begins then; some figures have parts, by name."""

    time: Moment
    value: int | float | dict[str, int | float] | None


class Series(Answer, frozen=True):
    """A figure over time."""

    name: str
    start: Moment = field(name="from")
    to: Annotated[Moment, Meta(description="The end of the last bucket that was counted; it may lie ahead of now.")]
    step: Annotated[int, Meta(ge=1, description="Seconds.")]
    points: list[Point]


class Stage(Answer, frozen=True):
    """How far a stage of the pipeline has read the journal."""

    position: Count
    behind: Annotated[int, Meta(ge=0, description="Entries.")]
    lag_seconds: Seconds
    stalled_seconds: Annotated[float, Meta(ge=0, description="For how long it has not moved though entries waited.")]


class FailingJob(Answer, frozen=True):
    """Something that is done from time to time, and failed when it was done last."""

    name: str
    error: str
    since: Moment


class Live(Answer, frozen=True):
    """Who watches in this process."""

    watchers: Count
    frames_sent: Count
    dropped_clients: Count


class BoundRow(Answer, frozen=True):
    """Something that grows, and how large it may become."""

    name: str
    used: float
    limit: float
    unit: str
    usual: Annotated[bool, Meta(description="Being full is how it is meant: nobody is refused.")]


class CacheFigures(Answer, frozen=True):
    """What this process keeps."""

    entries: Count
    bytes: Count
    hits: Count
    misses: Count
    from_redis: Count
    failures: Count


class Between(Answer, frozen=True):
    """What this process hears of others, and keeps for them."""

    connected: bool
    rung: Count
    published: Count
    heard: Count
    lost: Count
    cache: CacheFigures


class Process(Answer, frozen=True):
    """The process that answers, and the pipeline beside it."""

    rss_bytes: Count
    cpu_share: Annotated[float, Meta(ge=0, description="Of one core, over the last seconds.")]
    since: Moment


class Health(Answer, frozen=True):
    """How the monitoring is: the journal's head, each stage, what the door saw, how near each bound is."""

    status: Literal["ok", "unwell"]
    head: Count
    stages: dict[str, Stage]
    jobs: Annotated[list[FailingJob], Meta(description="Those that fail; none when all is well.")]
    workers: Count
    ingest: dict[str, Count]
    live: Live
    bounds: list[BoundRow]
    between: Between
    process: Process


class Seen(Answer, frozen=True):
    """Something that was seen and counted."""

    source: str
    kind: str
    name: str
    count: Count
    first: Moment
    last: Moment


class Sources(Answer, frozen=True):
    """Where events come from: the follower of MongoDB, if there is one, and what was seen."""

    mongodb: dict[str, Any] | None
    seen: list[Seen]


class DifferenceRow(Answer, frozen=True):
    """A figure that is not what it should be, and why."""

    session: str
    figure: str
    ours: Any
    theirs: Any
    against: str
    cause: str


class ConsistencyReport(Answer, frozen=True):
    """What a check of everything found."""

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
    differences: list[DifferenceRow]
    error: Annotated[str, Meta(description="Why the application could not be asked; empty where it could.")]


class Consistency(Answer, frozen=True):
    """The last check; null before the first. `error`: why checks fail since then; empty when they do not."""

    report: ConsistencyReport | None
    error: str


class SecurityRow(Answer, frozen=True):
    """A security event: the person by pseudonym, nobody's address."""

    position: Annotated[int | str, Meta(description="Of its entry; for owners a word, the same each time.")]
    at: Moment
    type: str
    name: str | None
    outcome: str | None
    reason: str | None
    person: str | None
    session_id: str | None
    details: dict[str, Any] | None


class SecurityEvents(Answer, frozen=True):
    """A page of security events, the newest first."""

    events: list[SecurityRow]
    next: Next | None


class Alive(Answer, frozen=True):
    """The process answers."""

    status: Literal["ok"]


class Ready(Answer, frozen=True):
    """Whether database and journal can be read and the pipeline is near; what is wrong where not."""

    status: Literal["ok", "unwell"]
    problems: list[str]


class Rejected(Answer, frozen=True):
    """An event that was not taken."""

    index: Annotated[int, Meta(ge=0, description="Its place in the request.")]
    id: str | None
    reason: str


class Taken(Answer, frozen=True):
    """What became of a request: accepted and duplicate events are on disk and in the journal."""

    accepted: Count
    duplicate: Count
    rejected: list[Rejected]
    position: Annotated[int, Meta(ge=0, description="The journal's head.")]


class Status(Answer, frozen=True):
    """google.rpc.Status, as OTLP answers."""

    code: int
    message: str
