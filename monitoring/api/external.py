"""The addresses beside REST for reading, described: where events come in, and what machines ask. Pure."""

from typing import Any

from monitoring.api.openapi import JSON, TEXT, WORDS, Json, named, operation, refusal, refused
from monitoring.api.schemas import Alive, Ready
from monitoring.events.envelope import BATCH, LINES, SINGLE
from monitoring.events.vocabulary import TYPES
from monitoring.ingest.protocols.cloudevents import Taken
from monitoring.ingest.sources.otel.wire import RpcStatus

KEY = {"description": "A key with the scope `ingest`.", "type": "http", "scheme": "bearer"}
SENDER = [{"IngestKey": list[str]()}]
BYTES: Json = {"type": "string", "contentMediaType": "application/octet-stream"}
PROTOBUF = "application/x-protobuf"


def doors() -> dict[str, Json]:
    """The paths, by address."""
    return {
        "/api/v1/events": {"post": _events()},
        "/v1/traces": {"post": _traces()},
        "/loki/api/v1/push": {"post": _push()},
        "/healthz": {"get": _machine("healthz", "Whether the process answers", Alive, ())},
        "/readyz": {"get": _machine("readyz", "Whether pages can be made", Ready, (503,))},
        "/metrics": {"get": _metrics()},
    }


def event_schema() -> Json:
    """A CloudEvent of ours: its attributes, and the data of each type."""
    kinds = [
        {"type": "object", "properties": {"type": {"const": name}, "data": named(kind)}} for name, kind in TYPES.items()
    ]
    return {
        "type": "object",
        "required": ["specversion", "id", "source", "type", "time", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {"type": "string", "minLength": 1, "maxLength": 512},
            "source": {"type": "string", "minLength": 1, "maxLength": 512},
            "type": {"enum": list(TYPES)},
            "time": {"type": "string", "format": "date-time"},
            "data": {"type": "object"},
        },
        "oneOf": kinds,
    }


def _events() -> Json:
    one = {"$ref": "#/components/schemas/CloudEvent"}
    kinds = {
        SINGLE: {"schema": one},
        BATCH: {"schema": {"type": "array", "maxItems": 10_000, "items": one}},
        LINES: {"schema": {"type": "string", "description": "One event a line."}},
    }
    taken = {"description": "What became of each event.", "content": {JSON: {"schema": named(Taken)}}}
    return operation(
        "send_events",
        "Send events",
        "CloudEvents 1.0, one or many, gzip allowed; at most 10,000 or 8 MiB. What is accepted or duplicate is on disk "
        "when the answer leaves. `(source, id)` names an event.",
        {"200": taken} | refused(400, 401, 403, 405, 408, 411, 413, 429, 503),
        SENDER,
        requestBody={"required": True, "content": kinds},
    )


def _traces() -> Json:
    kinds = (JSON, PROTOBUF)
    schemas = {JSON: named(RpcStatus), PROTOBUF: BYTES}
    refusals = {
        str(status): refusal(status, JSON, schemas[JSON])
        | {"content": {kind: {"schema": schemas[kind]} for kind in kinds}}
        for status in (400, 401, 403, 405, 408, 411, 413, 415, 429, 503)
    }
    bodies: Json = {JSON: {"schema": {"type": "object"}}, PROTOBUF: {"schema": BYTES}}
    taken = {"description": "An ExportTraceServiceResponse: all was taken, or all but some.", "content": bodies}
    return operation(
        "send_traces",
        "Send spans",
        "OTLP over HTTP, in protobuf or JSON, gzip allowed; at most 10,000 spans or 64 MiB.",
        {"200": taken} | refusals,
        SENDER,
        requestBody={"required": True, "content": bodies},
    )


def _push() -> Json:
    text: Json = {"type": "string"}
    kinds: Json = {JSON: {"schema": {"type": "object"}}, PROTOBUF: {"schema": BYTES}}
    refusals = {str(n): refusal(n, TEXT, text) for n in (400, 401, 403, 405, 408, 411, 413, 415, 429, 503)}
    return operation(
        "push_lines",
        "Send lines of a security log",
        "Loki's push protocol: JSON, plain or gzip, or snappy-packed protobuf; at most 8 MiB.",
        {"204": {"description": "The events are on disk."}} | refusals,
        SENDER,
        requestBody={"required": True, "content": kinds},
    )


def _machine(name: str, summary: str, kind: type, others: tuple[int, ...]) -> Json:
    body = {"content": {JSON: {"schema": named(kind)}}}
    more = {str(status): {"description": "Not now; `problems` says why."} | body for status in others}
    return operation(name, summary, "For whoever asks.", {"200": {"description": WORDS[200]} | body} | more)


def _metrics() -> Json:
    text: Any = {"schema": {"type": "string"}}
    return operation(
        "metrics_of_the_monitoring",
        "Metrics for Prometheus",
        "Figures of this process and of the last minutes. From a loopback address without a key; through a proxy, with "
        "the setting TRUSTED_PROXIES, and from everywhere else, with one that has the scope `read`.",
        {"200": {"description": "Text that Prometheus reads.", "content": {TEXT: text}}} | refused(401, 403, 503),
        [{}, {"ReadKey": []}],
    )


def schemes() -> Json:
    """How a sender shows its key."""
    return {"IngestKey": KEY}
