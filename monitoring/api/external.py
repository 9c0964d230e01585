"""OpenAPI descriptions of the paths that django-ninja does not serve: ingest, health checks, metrics. Pure."""

from monitoring.api.openapi import (
    JSON,
    STATUS_DESCRIPTIONS,
    TEXT,
    Json,
    content,
    operation,
    problem_response,
    problem_responses,
    schema_ref,
)
from monitoring.api.schemas import Alive, Ready
from monitoring.events.envelope import BATCH, LINES, SINGLE
from monitoring.events.vocabulary import TYPES
from monitoring.ingest.protocols.cloudevents import Taken
from monitoring.ingest.sources.otel.wire import RpcStatus

SCHEMES: Json = {"IngestKey": {"description": "A key with the scope `ingest`.", "type": "http", "scheme": "bearer"}}
"""The security scheme of ingest keys."""
SENDER = [{"IngestKey": list[str]()}]
BYTES: Json = {"type": "string", "contentMediaType": "application/octet-stream"}
PROTOBUF = "application/x-protobuf"
OBJECT = {JSON: {"type": "object"}, PROTOBUF: BYTES}
"""The bodies of a protocol in both encodings."""


def external_paths() -> dict[str, Json]:
    """Path items by path."""
    return {
        "/api/v1/events": {"post": _events()},
        "/v1/traces": {"post": _traces()},
        "/loki/api/v1/push": {"post": _push()},
        "/healthz": {"get": _machine("healthz", "Liveness", Alive, ())},
        "/readyz": {"get": _machine("readyz", "Readiness", Ready, (503,))},
        "/metrics": {"get": _metrics()},
    }


def event_schema() -> Json:
    """The schema of a CloudEvent that is accepted: its attributes, and the data of each type."""
    kinds = [
        {"type": "object", "properties": {"type": {"const": name}, "data": schema_ref(kind)}}
        for name, kind in TYPES.items()
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
        SINGLE: one,
        BATCH: {"type": "array", "maxItems": 10_000, "items": one},
        LINES: {"type": "string", "description": "One event per line."},
    }
    taken = {"description": "The result of each event.", "content": content({JSON: schema_ref(Taken)})}
    return operation(
        "send_events",
        "Send events",
        "CloudEvents 1.0, one or many, gzip allowed; at most 10,000 events and 8 MiB. Accepted and duplicate events "
        "are on disk before the response is sent. `(source, id)` identifies an event.",
        {"200": taken} | problem_responses(400, 401, 403, 405, 408, 411, 413, 429, 503),
        SENDER,
        requestBody={"required": True, "content": content(kinds)},
    )


def _traces() -> Json:
    taken = {
        "description": "An ExportTraceServiceResponse: all spans were accepted, or some were rejected.",
        "content": content(OBJECT),
    }
    return operation(
        "send_traces",
        "Send spans",
        "OTLP over HTTP, in protobuf or JSON, gzip allowed; at most 10,000 spans and 64 MiB.",
        {"200": taken} | _refusals({JSON: schema_ref(RpcStatus), PROTOBUF: BYTES}),
        SENDER,
        requestBody={"required": True, "content": content(OBJECT)},
    )


def _push() -> Json:
    return operation(
        "push_lines",
        "Send lines of a security log",
        "Loki's push protocol: JSON, plain or gzip, or snappy-packed protobuf; at most 8 MiB.",
        {"204": {"description": "The events are on disk."}} | _refusals({TEXT: {"type": "string"}}),
        SENDER,
        requestBody={"required": True, "content": content(OBJECT)},
    )


def _refusals(schemas: Json) -> Json:
    """The errors of a protocol that has a form of its own for them."""
    statuses = (400, 401, 403, 405, 408, 411, 413, 415, 429, 503)
    return {str(status): problem_response(status, schemas) for status in statuses}


def _machine(name: str, summary: str, kind: type, others: tuple[int, ...]) -> Json:
    body = {"content": content({JSON: schema_ref(kind)})}
    more = {str(status): {"description": "Not ready; `problems` has the reasons."} | body for status in others}
    return operation(name, summary, "Needs no key.", {"200": {"description": STATUS_DESCRIPTIONS[200]} | body} | more)


def _metrics() -> Json:
    return operation(
        "metrics_of_the_monitoring",
        "Metrics for Prometheus",
        "Figures of this process and of the last minutes. Requests from a loopback address need no key. Requests "
        "through a proxy, with the setting TRUSTED_PROXIES, or from another address need a key with the scope `read`.",
        {"200": {"description": "Prometheus's text format.", "content": content({TEXT: {"type": "string"}})}}
        | problem_responses(401, 403, 503),
        [{}, {"ReadKey": []}],
    )
