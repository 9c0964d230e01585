"""Builds the API's OpenAPI 3.1 document. Pure."""

from collections.abc import Iterable, Mapping
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
    304: "Nothing has changed since the response whose `ETag` was sent as `If-None-Match`.",
    400: "The request cannot be parsed.",
    401: "The request has neither a valid session cookie nor a known key.",
    403: "The user or the key has no access.",
    404: "The resource does not exist, or the user has no access to it; the response is the same.",
    405: "The method is not allowed.",
    408: "The body did not arrive in time.",
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
    whole = {"description": STATUS_DESCRIPTIONS[200], "headers": ETAG, "content": {JSON: {"schema": schema_ref(kind)}}}
    return {
        "responses": {200: whole, "304": {"description": STATUS_DESCRIPTIONS[304]}}
        | problem_responses(*READ, *statuses)
    }


def problem_responses(*statuses: int) -> Json:
    """References to responses with problem details, by status."""
    return {str(status): {"$ref": f"#/components/responses/Refused{status}"} for status in sorted(statuses)}


def problem_response(status: int, kind: str, schema: Json) -> Json:
    """An error response; 429 and 503 have the header `Retry-After`."""
    retry = {"headers": RETRY} if status in (429, 503) else {}
    return {"description": STATUS_DESCRIPTIONS[status]} | retry | {"content": {kind: {"schema": schema}}}


def schema_ref(kind: type) -> Json:
    """A reference to the schema of a type. The schema becomes part of the document."""
    _described[kind.__name__] = kind
    return {"$ref": REF_TEMPLATE.format(name=kind.__name__)}


def parameter(name: str, schema: Json, words: str, default: Any = None) -> Json:
    """An optional query parameter."""
    with_default = schema if default is None else schema | {"default": default}
    return {"in": "query", "name": name, "required": False, "description": words, "schema": with_default}


def complete_document(document: Mapping[str, Any], paths: Json, schemas: Json, schemes: Json) -> Json:
    """Adds paths, schemas and security schemes to the document that django-ninja makes of its routes, and the schemas
    of all types that are referred to."""
    _, known = msgspec.json.schema_components(list(_described.values()), ref_template=REF_TEMPLATE)
    for schema in known.values():
        if "description" in schema:  # a docstring, which Python 3.13 dedents and earlier versions do not
            schema["description"] = cleandoc(schema["description"])
    parts = document["components"]
    whole = {
        **document,
        "paths": {**document["paths"], **paths},
        "components": {
            "schemas": dict(sorted({**parts["schemas"], **known, **schemas}.items())),
            "responses": _problem_responses([document["paths"], paths]),
            "securitySchemes": {**parts["securitySchemes"], **schemes},
        },
    }
    normalised: Json = msgspec.json.decode(msgspec.json.encode(_plain(whole)))  # turns integer keys into strings
    return normalised


def _problem_responses(paths: Any) -> Json:
    """The error responses that the paths refer to."""
    text = msgspec.json.encode(paths).decode()
    used = [status for status in STATUS_DESCRIPTIONS if f'responses/Refused{status}"' in text]
    return {f"Refused{status}": problem_response(status, PROBLEM, schema_ref(Problem)) for status in used}


def _plain(part: Any) -> Any:
    """Without regular expressions in Python's syntax, which JSON Schema does not have."""
    if isinstance(part, list | tuple):
        return [_plain(one) for one in part]
    if not isinstance(part, dict):
        return part
    return {name: _plain(value) for name, value in part.items() if not _is_python_pattern(name, value)}


def _is_python_pattern(name: str, value: Any) -> bool:
    return name == "pattern" and isinstance(value, str) and r"\Z" in value


def operation(name: str, summary: str, words: str, responses: Json, security: Iterable[Json] = (), **more: Any) -> Json:
    """An operation object for a path that django-ninja does not serve."""
    described = {"operationId": name, "summary": summary, "description": words, **more, "responses": responses}
    return {**described, "security": list(security)}
