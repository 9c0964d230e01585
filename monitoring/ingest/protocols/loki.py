"""Loki's push protocol: security lines become events, all others are counted. Pure."""

from collections import Counter
from collections.abc import Callable

from monitoring.ingest.batch import Headers, IngestBatch, Refusal, Reply, media_type, seen_of, validate_all
from monitoring.ingest.body import MOST_BYTES, unsnap
from monitoring.ingest.sources.loki.security_log import read
from monitoring.ingest.sources.loki.wire import Line, read_json, read_protobuf
from monitoring.recording.writer import Outcome


class Loki:
    """`POST /loki/api/v1/push`: JSON, or snappy-packed protobuf. `blind(text)` gives a name that tells nothing. However
    many lines: its senders do not send again, and the body's size is bound enough."""

    name = "loki"
    most_bytes = MOST_BYTES
    busy = False

    def __init__(self, blind: Callable[[bytes], str]) -> None:
        self._blind = blind

    def read(self, headers: Headers, body: bytes) -> IngestBatch:
        lines = _lines(media_type(headers), body)
        pushed = read(lines, self._blind)
        events, reasons = validate_all(pushed.events)
        seen = Counter({("line", name): amount for name, amount in pushed.seen.items()})
        seen.update(("event", event.type) for event in events)
        seen.update(seen_of(events, reasons))
        return IngestBatch(events, len(lines), reasons, seen)

    def reply(self, headers: Headers, parcel: IngestBatch, outcome: Outcome) -> Reply:
        return Reply(204, b"text/plain", b"")

    def problem(self, headers: Headers, refusal: Refusal) -> Reply:
        """As Loki itself: a sentence."""
        return Reply(refusal.status, b"text/plain; charset=utf-8", f"{refusal.title}\n".encode())


def _lines(kind: str, body: bytes) -> list[Line]:
    if kind == "application/x-protobuf":
        return read_protobuf(unsnap(body))
    if kind in ("application/json", ""):
        return read_json(body)
    raise Refusal(415, f"content type {kind[:80]!r} is neither application/json nor application/x-protobuf")
