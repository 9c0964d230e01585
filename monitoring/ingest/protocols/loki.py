"""Loki's push protocol: security log lines become events, other lines are only counted. Pure."""

from collections import Counter
from collections.abc import Callable

from monitoring.ingest.batch import Headers, IngestBatch, Refusal, Reply, count_problems, media_type, validate_all
from monitoring.ingest.body import MAX_BODY_BYTES, decompress_snappy
from monitoring.ingest.sources.loki.security_log import read
from monitoring.ingest.sources.loki.wire import Line, read_json, read_protobuf
from monitoring.recording.writer import Outcome


class Loki:
    """`POST /loki/api/v1/push` with JSON, or protobuf compressed by snappy. `keyed_hash(text)` returns an opaque name.
    The number of lines has no limit, because Loki clients do not send a refused request again; the body's size limits
    it."""

    name = "loki"
    max_bytes = MAX_BODY_BYTES
    busy = False

    def __init__(self, keyed_hash: Callable[[bytes], str]) -> None:
        self._keyed_hash = keyed_hash

    def read(self, headers: Headers, body: bytes) -> IngestBatch:
        lines = _parse_lines(media_type(headers), body)
        pushed = read(lines, self._keyed_hash)
        events, reasons = validate_all(pushed.events)
        counts = Counter({("line", name): amount for name, amount in pushed.counts.items()})
        counts.update(("event", event.type) for event in events)
        counts.update(count_problems(events, reasons))
        return IngestBatch(events, len(lines), reasons, counts)

    def reply(self, headers: Headers, batch: IngestBatch, outcome: Outcome) -> Reply:
        return Reply(204, b"text/plain", b"")

    def problem(self, headers: Headers, refusal: Refusal) -> Reply:
        """Returns plain text, as Loki itself does."""
        return Reply(refusal.status, b"text/plain; charset=utf-8", f"{refusal.title}\n".encode())


def _parse_lines(content_type: str, body: bytes) -> list[Line]:
    if content_type == "application/x-protobuf":
        return read_protobuf(decompress_snappy(body))
    if content_type in ("application/json", ""):
        return read_json(body)
    raise Refusal(415, f"content type {content_type[:80]!r} is neither application/json nor application/x-protobuf")
