"""CloudEvents 1.0 over HTTP: each event is answered for. Pure."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

from msgspec import Meta

from monitoring.events.envelope import Event, id_of, parse_all, split
from monitoring.events.shape import Count, Problem, Shape, encode
from monitoring.ingest.batch import Headers, IngestBatch, Refusal, Reply, check_size, media_type, seen_of
from monitoring.ingest.body import MOST_BYTES
from monitoring.recording.writer import Outcome


class Rejected(Shape, frozen=True):
    """An event that was not taken."""

    index: Annotated[int, Meta(ge=0, description="Its place in the request.")]
    id: str | None
    reason: str


class Taken(Shape, frozen=True):
    """What became of a request: accepted and duplicate events are on disk and in the journal."""

    accepted: Count
    duplicate: Count
    rejected: list[Rejected]
    position: Annotated[int, Meta(ge=0, description="The journal's head.")]


class CloudEvents:
    """`POST /api/v1/events`."""

    name = "rest"
    most_bytes = MOST_BYTES
    busy = False

    def read(self, headers: Headers, body: bytes) -> IngestBatch:
        raws = split(body, media_type(headers))
        check_size(len(raws), "events")
        events, rejected = _sorted_out(raws)
        seen = seen_of(events, [one.reason for one in rejected])
        if dropped := sum(event.dropped for event in events):
            seen["dropped", "fields"] = dropped
        return IngestBatch(events, len(raws), rejected, seen)

    def reply(self, headers: Headers, parcel: IngestBatch, outcome: Outcome) -> Reply:
        new = sum(outcome.new)
        duplicate = len(outcome.new) - new
        return Reply(200, b"application/json", encode(Taken(new, duplicate, list(parcel.rejected), outcome.position)))

    def problem(self, headers: Headers, refusal: Refusal) -> Reply:
        """RFC 9457."""
        said = Problem("about:blank", refusal.title, refusal.status)
        return Reply(refusal.status, b"application/problem+json", encode(said))


def _sorted_out(raws: Sequence[bytes]) -> tuple[list[Event], list[Rejected]]:
    events, rejected = [], []
    for index, (raw, found) in enumerate(zip(raws, parse_all(list(raws), datetime.now(UTC)), strict=True)):
        if isinstance(found, Event):
            events.append(found)
        else:
            rejected.append(Rejected(index, id_of(raw), str(found)))
    return events, rejected
