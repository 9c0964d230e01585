"""The description of the API, OpenAPI 3.1: what each address answers, in words and as schemas. Pure."""

from collections.abc import Iterable, Mapping
from inspect import cleandoc
from typing import Any, get_args, get_origin

import msgspec

from monitoring.events.shape import Encoded, Problem

Json = dict[str, Any]
"""A piece of the description, whose shape OpenAPI says."""
JSON, PROBLEM, TEXT = "application/json", "application/problem+json", "text/plain"
PLACE = "#/components/schemas/{name}"
WORDS = {
    200: "The answer.",
    304: "Nothing has changed since the answer whose `ETag` was sent as `If-None-Match`.",
    400: "The request as a whole cannot be read.",
    401: "Nobody is logged in, and no key that is known was sent.",
    403: "It is not for whoever asks.",
    404: "There is no such thing, or not for whoever asks: they cannot tell which.",
    405: "Not with this method.",
    408: "The body did not come in time.",
    411: "No body came: neither Content-Length nor Transfer-Encoding was sent.",
    413: "Too large: send less at a time.",
    415: "Not a content type that is read here.",
    422: "A parameter cannot be understood; the title names it.",
    429: "Over the key's limit: wait as many seconds as `Retry-After` says, and send the same again.",
    503: "The database does not answer; ask again later.",
}
READ = (401, 403, 503)
"""The refusals that every reader may meet."""
RETRY = {"Retry-After": {"description": "Seconds.", "schema": {"type": "string", "pattern": "^[0-9]+$"}}}
ETAG = {"ETag": {"description": "Names what is in the body.", "schema": {"type": "string"}}}
_described: dict[str, type] = {"Problem": Problem}


def answer(kind: type, *refusals: int) -> Json:
    """What a reading address adds to its description: the answer, as this type (or what is encoded as such), and the
    refusals besides READ."""
    if get_origin(kind) is Encoded:
        (kind,) = get_args(kind)
    whole = {"description": WORDS[200], "headers": ETAG, "content": {JSON: {"schema": named(kind)}}}
    return {"responses": {200: whole, "304": {"description": WORDS[304]}} | refused(*READ, *refusals)}


def refused(*statuses: int) -> Json:
    """Refusals as problem details, by reference."""
    return {str(status): {"$ref": f"#/components/responses/Refused{status}"} for status in sorted(statuses)}


def refusal(status: int, kind: str, schema: Json) -> Json:
    """One refusal; 429 and 503 say when to come again."""
    retry = {"headers": RETRY} if status in (429, 503) else {}
    return {"description": WORDS[status]} | retry | {"content": {kind: {"schema": schema}}}


def named(kind: type) -> Json:
    """A reference to the schema of a type, which the description will hold."""
    _described[kind.__name__] = kind
    return {"$ref": PLACE.format(name=kind.__name__)}


def parameter(name: str, schema: Json, words: str, default: Any = None) -> Json:
    """A parameter of the query that may be left out."""
    shape = schema if default is None else schema | {"default": default}
    return {"in": "query", "name": name, "required": False, "description": words, "schema": shape}


def completed(document: Mapping[str, Any], paths: Json, schemas: Json, schemes: Json) -> Json:
    """The description that ninja makes of its routes, with more paths, schemas and security schemes, and the schemas
    of all types that anything refers to."""
    _, known = msgspec.json.schema_components(list(_described.values()), ref_template=PLACE)
    for schema in known.values():
        if "description" in schema:  # a docstring, whose lines Python 3.13 indents no more
            schema["description"] = cleandoc(schema["description"])
    parts = document["components"]
    whole = {
        **document,
        "paths": {**document["paths"], **paths},
        "components": {
            "schemas": dict(sorted({**parts["schemas"], **known, **schemas}.items())),
            "responses": _refusals([document["paths"], paths]),
            "securitySchemes": {**parts["securitySchemes"], **schemes},
        },
    }
    told: Json = msgspec.json.decode(msgspec.json.encode(_plain(whole)))  # statuses that are numbers become words
    return told


def _refusals(paths: Any) -> Json:
    """The refusals that are referred to."""
    text = msgspec.json.encode(paths).decode()
    used = [status for status in WORDS if f'responses/Refused{status}"' in text]
    return {f"Refused{status}": refusal(status, PROBLEM, named(Problem)) for status in used}


def _plain(part: Any) -> Any:
    """Without Python's patterns, which other programs cannot read."""
    if isinstance(part, list | tuple):
        return [_plain(one) for one in part]
    if not isinstance(part, dict):
        return part
    return {name: _plain(value) for name, value in part.items() if not _python(name, value)}


def _python(name: str, value: Any) -> bool:
    return name == "pattern" and isinstance(value, str) and r"\Z" in value


def operation(name: str, summary: str, words: str, responses: Json, security: Iterable[Json] = (), **more: Any) -> Json:
    """One method of a path that is not ninja's."""
    told = {"operationId": name, "summary": summary, "description": words, **more, "responses": responses}
    return {**told, "security": list(security)}
