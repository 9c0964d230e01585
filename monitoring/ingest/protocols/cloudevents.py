"""CloudEvents 1.0 over HTTP; the response has a reason for each rejected event. Pure."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

from msgspec import Meta

from monitoring.events.envelope import Event, id_of, parse_all, split
from monitoring.events.shape import Count, Problem, Shape, encode
from monitoring.ingest.batch import Headers, IngestBatch, Refusal, Reply, check_size, count_problems, media_type
from monitoring.ingest.body import MAX_BODY_BYTES
from monitoring.recording.writer import Outcome


class Rejected(Shape, frozen=True):
    """An event that was not accepted."""

    index: Annotated[int, Meta(ge=0, description="The event's index in the request, from 0.")]
    id: str | None
    reason: str


class Taken(Shape, frozen=True):
    """The result of a request. Accepted and duplicate events are on disk and in the journal."""

    accepted: Count
    duplicate: Count
    rejected: list[Rejected]
    position: Annotated[int, Meta(ge=0, description="The journal's newest position.")]


class CloudEvents:
    """`POST /api/v1/events`."""

    name = "rest"
    max_bytes = MAX_BODY_BYTES
    busy = False

    def read(self, headers: Headers, body: bytes) -> IngestBatch:
        raws = split(body, media_type(headers))
        check_size(len(raws), "events")
        events, rejected = _parse(raws)
        counts = count_problems(events, [event.reason for event in rejected])
        if dropped := sum(event.dropped for event in events):
            counts["dropped", "fields"] = dropped
        return IngestBatch(events, len(raws), rejected, counts)

    def reply(self, headers: Headers, batch: IngestBatch, outcome: Outcome) -> Reply:
        new = sum(outcome.new)
        duplicate = len(outcome.new) - new
        return Reply(200, b"application/json", encode(Taken(new, duplicate, list(batch.rejected), outcome.position)))

    def problem(self, headers: Headers, refusal: Refusal) -> Reply:
        """Returns problem details (RFC 9457)."""
        problem = Problem("about:blank", refusal.title, refusal.status)
        return Reply(refusal.status, b"application/problem+json", encode(problem))


def _parse(raws: Sequence[bytes]) -> tuple[list[Event], list[Rejected]]:
    events, rejected = [], []
    for index, (raw, parsed) in enumerate(zip(raws, parse_all(list(raws), datetime.now(UTC)), strict=True)):
        if isinstance(parsed, Event):
            events.append(parsed)
        else:
            rejected.append(Rejected(index, id_of(raw), str(parsed)))
    return events, rejected
