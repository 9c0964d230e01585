"""OTLP over HTTP: spans become messages and operations; refused spans are in OTLP's partial success. Pure."""

import threading
from collections import Counter
from collections.abc import Sequence

from monitoring.events.envelope import Event
from monitoring.ingest.batch import (
    OTHERS,
    Headers,
    IngestBatch,
    InputCounts,
    Refusal,
    Reply,
    count_problems,
    media_type,
    validate_all,
)
from monitoring.ingest.sources.otel import chat, wire
from monitoring.ingest.sources.otel.chat import Mapped
from monitoring.ingest.sources.otel.trees import Trees
from monitoring.ingest.sources.otel.values import code
from monitoring.recording.writer import Outcome

MAX_BODY_BYTES = 64 * 1024 * 1024
"""Limit of a body, compressed and decompressed. Nearly all of it is content, which the parsers skip without copying."""
PARSERS = {wire.PROTOBUF: wire.read_protobuf, wire.JSON: wire.read_json}


class Otlp:
    """`POST /v1/traces`. Remembers recent traces, so that tokens of nested spans count once."""

    name = "otlp"
    max_bytes = MAX_BODY_BYTES

    def __init__(self) -> None:
        self._trees = Trees()
        self._lock = threading.Lock()

    @property
    def remembered(self) -> int:
        """Number of remembered spans."""
        return self._trees.size

    @property
    def movable(self) -> int:
        """Number of calls whose conversation a later span may still name."""
        return self._trees.movable

    @property
    def busy(self) -> bool:
        return self._lock.locked()

    def read(self, headers: Headers, body: bytes) -> IngestBatch:
        content_type = media_type(headers)
        if content_type not in PARSERS:
            raise Refusal(415, f"content type {content_type[:80]!r} is not one of {', '.join(PARSERS)}")
        spans = PARSERS[content_type](body)
        with self._lock:
            mapped = chat.read(spans, self._trees)
        return _batch(mapped)

    def reply(self, headers: Headers, batch: IngestBatch, outcome: Outcome) -> Reply:
        content_type = media_type(headers)
        reason = batch.rejected[0] if batch.rejected else ""
        return Reply(200, content_type.encode(), wire.export_response(content_type, len(batch.rejected), reason))

    def problem(self, headers: Headers, refusal: Refusal) -> Reply:
        """Returns a google.rpc.Status, as OTLP/HTTP requires."""
        content_type = media_type(headers) if media_type(headers) in PARSERS else wire.JSON
        return Reply(refusal.status, content_type.encode(), wire.status_response(content_type, refusal.title))


def _batch(mapped: Sequence[Mapped]) -> IngestBatch:
    """One invalid event refuses all events of its span."""
    events: list[Event] = []
    rejected: list[str] = []
    counts: InputCounts = Counter()
    for result in mapped:
        valid, reasons = validate_all(result.events)
        if result.problem or reasons:
            reason = result.problem or reasons[0]
            rejected.append(f"span {result.span.id}: {reason}")
            counts.update(count_problems((), [reason]))
            continue
        events += valid
        counts.update(count_problems(valid, ()))
        counts.update(("unreadable", name) for name in result.invalid)
        counts["span", result.outcome] += 1
        if result.dialect:
            counts["dialect", result.dialect] += 1
        counts.update(("attribute", code(name) or OTHERS) for name in result.unknown)
    return IngestBatch(events, len(mapped), rejected, counts)
