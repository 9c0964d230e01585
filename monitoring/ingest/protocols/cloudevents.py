"""CloudEvents 1.0 over HTTP: each event is answered for."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from monitoring.events.envelope import Event, id_of, parse_all, split
from monitoring.ingest.body import MOST_BYTES
from monitoring.ingest.protocols.parcel import Headers, Parcel, Refusal, Reply, bounded, media_type, seen_of
from monitoring.recording.writer import Outcome


class CloudEvents:
    """`POST /api/v1/events`."""

    name = "rest"
    most_bytes = MOST_BYTES
    busy = False

    def read(self, headers: Headers, body: bytes) -> Parcel:
        raws = split(body, media_type(headers))
        bounded(len(raws), "events")
        events, rejected = _sorted_out(raws)
        seen = seen_of(events, [one["reason"] for one in rejected])
        if dropped := sum(event.dropped for event in events):
            seen["dropped", "fields"] = dropped
        return Parcel(events, len(raws), rejected, seen)

    def reply(self, headers: Headers, parcel: Parcel, outcome: Outcome) -> Reply:
        new = sum(outcome.new)
        duplicate = len(outcome.new) - new
        said = {"accepted": new, "duplicate": duplicate, "rejected": parcel.rejected, "position": outcome.position}
        return Reply(200, b"application/json", msgspec.json.encode(said))

    def problem(self, headers: Headers, refusal: Refusal) -> Reply:
        """RFC 9457."""
        said = {"type": "about:blank", "title": refusal.title, "status": refusal.status}
        return Reply(refusal.status, b"application/problem+json", msgspec.json.encode(said))


def _sorted_out(raws: Sequence[bytes]) -> tuple[list[Event], list[dict[str, Any]]]:
    events, rejected = [], []
    for index, (raw, found) in enumerate(zip(raws, parse_all(list(raws), datetime.now(UTC)), strict=True)):
        if isinstance(found, Event):
            events.append(found)
        else:
            rejected.append({"index": index, "id": id_of(raw), "reason": str(found)})
    return events, rejected
