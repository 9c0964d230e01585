"""OTLP over HTTP: spans become messages and operations; what is refused is said in OTLP's own partial success. Pure."""

import threading
from collections import Counter
from collections.abc import Sequence

from monitoring.events.envelope import Event
from monitoring.ingest.batch import (
    OTHERS,
    Headers,
    IngestBatch,
    Refusal,
    Reply,
    Seen,
    media_type,
    seen_of,
    validate_all,
)
from monitoring.ingest.sources.otel import chat, wire
from monitoring.ingest.sources.otel.chat import Mapped
from monitoring.ingest.sources.otel.trees import Trees
from monitoring.ingest.sources.otel.values import code
from monitoring.recording.writer import Outcome

MOST_BYTES = 64 * 1024 * 1024
"""Of a request, packed or unpacked. Nearly all of it is content, which is passed over where it lies."""
READERS = {wire.PROTOBUF: wire.read_protobuf, wire.JSON: wire.read_json}


class Otlp:
    """`POST /v1/traces`. Remembers lately seen traces, so that no tokens count twice."""

    name = "otlp"
    most_bytes = MOST_BYTES

    def __init__(self) -> None:
        self._trees = Trees()
        self._guard = threading.Lock()

    @property
    def remembered(self) -> int:
        """Spans that are remembered."""
        return self._trees.size

    @property
    def loose(self) -> int:
        """Calls that may still be moved."""
        return self._trees.loose

    @property
    def busy(self) -> bool:
        return self._guard.locked()

    def read(self, headers: Headers, body: bytes) -> IngestBatch:
        kind = media_type(headers)
        if kind not in READERS:
            raise Refusal(415, f"content type {kind[:80]!r} is not one of {', '.join(READERS)}")
        spans = READERS[kind](body)
        with self._guard:
            mapped = chat.read(spans, self._trees)
        return _parcel(mapped)

    def reply(self, headers: Headers, parcel: IngestBatch, outcome: Outcome) -> Reply:
        kind = media_type(headers)
        words = parcel.rejected[0] if parcel.rejected else ""
        return Reply(200, kind.encode(), wire.answer(kind, len(parcel.rejected), words))

    def problem(self, headers: Headers, refusal: Refusal) -> Reply:
        """google.rpc.Status, as the protocol asks."""
        kind = media_type(headers) if media_type(headers) in READERS else wire.JSON
        return Reply(refusal.status, kind.encode(), wire.refusal(kind, refusal.title))


def _parcel(mapped: Sequence[Mapped]) -> IngestBatch:
    """A span is taken as a whole, or refused as a whole."""
    events: list[Event] = []
    rejected: list[str] = []
    seen: Seen = Counter()
    for one in mapped:
        made, reasons = validate_all(one.events)
        if one.problem or reasons:
            reason = one.problem or reasons[0]
            rejected.append(f"span {one.span.id}: {reason}")
            seen.update(seen_of((), [reason]))
            continue
        events += made
        seen.update(seen_of(made, ()))
        seen.update(("unreadable", name) for name in one.odd)
        seen["span", one.outcome] += 1
        if one.dialect:
            seen["dialect", one.dialect] += 1
        seen.update(("attribute", code(name) or OTHERS) for name in one.unknown)
    return IngestBatch(events, len(mapped), rejected, seen)
