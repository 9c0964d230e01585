"""Builds the API's OpenAPI 3.1 document. Pure."""

from collections.abc import Sequence
from inspect import cleandoc
from typing import Any, get_args, get_origin

import msgspec

from monitoring.events.shape import Encoded, Problem

Json = dict[str, Any]
"""A part of the document."""
JSON, PROBLEM, TEXT = "application/json", "application/problem+json", "text/plain"
REF_TEMPLATE = "#/components/schemas/{name}"
STATUS_DESCRIPTIONS = {
    200: "Success.",
    201: "It is stored.",
    204: "It is removed, or has ended.",
    304: "Nothing has changed since the response whose `ETag` was sent as `If-None-Match`.",
    400: "The request cannot be parsed.",
    401: "The request has neither a valid session cookie nor a known key.",
    403: "The user or the key has no access.",
    404: "The resource does not exist, or the user has no access to it; the response is the same.",
    405: "The method is not allowed.",
    408: "The body did not arrive in time.",
    409: "The resource was changed since it was read; read it again.",
    411: "The request has no body: neither Content-Length nor Transfer-Encoding was sent.",
    413: "The request is too large: send fewer events per request.",
    415: "The content type is not supported.",
    422: "A parameter is invalid; the title names it.",
    429: "The key's rate limit is exceeded: send the same request again after `Retry-After` seconds.",
    503: "The database does not answer; try again later.",
}
READ = (401, 403, 503)
"""The errors that every operation for reading may return."""
RETRY = {"Retry-After": {"description": "Seconds.", "schema": {"type": "string", "pattern": "^[0-9]+$"}}}
ETAG = {"ETag": {"description": "Identifies the content of the body.", "schema": {"type": "string"}}}
_described: dict[str, type] = {"Problem": Problem}


def response_of(kind: type, *statuses: int) -> Json:
    """The responses of an operation for reading: a body of type `kind`, where `Encoded[T]` counts as T, and the errors
    READ and `statuses`."""
    if get_origin(kind) is Encoded:
        (kind,) = get_args(kind)
    whole = {"description": STATUS_DESCRIPTIONS[200], "headers": ETAG, "content": content({JSON: schema_ref(kind)})}
    return {
        "responses": {200: whole, "304": {"description": STATUS_DESCRIPTIONS[304]}}
        | problem_responses(*READ, *statuses)
    }


def written(body: type | None, kind: type | None, *statuses: int, status: int = 201) -> Json:
    """The request and the responses of an operation that writes: a body of type `body`, and a response with this status
    and a body of type `kind`."""
    made: Json = {"description": STATUS_DESCRIPTIONS[status]}
    if kind is not None:
        made["content"] = content({JSON: schema_ref(kind)})
    found: Json = {"responses": {status: made} | problem_responses(*READ, *statuses)}
    if body is not None:
        found["requestBody"] = {"required": True, "content": content({JSON: schema_ref(body)})}
    return found


def problem_responses(*statuses: int) -> Json:
    """References to responses with problem details, by status."""
    return {str(status): {"$ref": f"#/components/responses/Refused{status}"} for status in sorted(statuses)}


def problem_response(status: int, schemas: Json) -> Json:
    """An error response, with the schema of each content type; 429 and 503 have the header `Retry-After`."""
    retry = {"headers": RETRY} if status in (429, 503) else {}
    return {"description": STATUS_DESCRIPTIONS[status]} | retry | {"content": content(schemas)}


def content(schemas: Json) -> Json:
    """A body, with the schema of each content type."""
    return {kind: {"schema": schema} for kind, schema in schemas.items()}


def schema_ref(kind: type) -> Json:
    """A reference to the schema of a type. The schema becomes part of the document."""
    _described[kind.__name__] = kind
    return {"$ref": REF_TEMPLATE.format(name=kind.__name__)}


def parameter(name: str, schema: Json, words: str, default: str | int | None = None) -> Json:
    """An optional query parameter."""
    with_default = schema if default is None else schema | {"default": default}
    return {"in": "query", "name": name, "required": False, "description": words, "schema": with_default}


def complete_document(document: Json, paths: Json, schemas: Json, schemes: Json) -> Json:
    """Adds paths, schemas and security schemes to the document that django-ninja makes of its routes, and the schemas
    of all types that are referred to."""
    _, known = msgspec.json.schema_components(list(_described.values()), ref_template=REF_TEMPLATE)
    for schema in known.values():
        if "description" in schema:  # a docstring, which Python 3.13 dedents and earlier versions do not
            schema["description"] = cleandoc(schema["description"])
    parts, text = document["components"], msgspec.json.encode([document["paths"], paths])
    refused = {
        f"Refused{status}": problem_response(status, {PROBLEM: schema_ref(Problem)})
        for status in STATUS_DESCRIPTIONS
        if f'responses/Refused{status}"'.encode() in text
    }
    whole = {
        **document,
        "paths": {**document["paths"], **paths},
        "components": {
            "schemas": dict(sorted({**parts["schemas"], **known, **schemas}.items())),
            "responses": refused,
            "securitySchemes": {**parts["securitySchemes"], **schemes},
        },
    }
    return msgspec.json.decode(msgspec.json.encode(_plain(whole)), type=Json)  # turns integer keys into strings


def _plain(part: object) -> object:
    """Without regular expressions in Python's syntax, which JSON Schema does not have."""
    if isinstance(part, list | tuple):
        return [_plain(one) for one in part]
    if not isinstance(part, dict):
        return part
    return {
        name: _plain(value)
        for name, value in part.items()
        if not (name == "pattern" and isinstance(value, str) and r"\Z" in value)
    }


def operation(
    name: str, summary: str, words: str, responses: Json, security: Sequence[Json] = (), **more: object
) -> Json:
    """An operation object for a path that django-ninja does not serve."""
    described = {"operationId": name, "summary": summary, "description": words, **more, "responses": responses}
    return {**described, "security": list(security)}
