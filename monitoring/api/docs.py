"""Builds what the page of the REST API shows from the OpenAPI document. Pure."""

from collections.abc import Iterator
from typing import NamedTuple

from monitoring.api.openapi import Json

OTHERS = "other addresses"
"""The group of operations without a tag."""
GROUPS = {"state": "monitoring"}
"""Names of groups on the page that differ from their tags."""


class Kind(NamedTuple):
    """A type in words; `shape` is the name of the schema that it refers to, or empty."""

    words: str
    shape: str


class Field(NamedTuple):
    """A parameter, or a field of a shape."""

    name: str
    place: str
    kind: Kind
    required: bool
    description: str


class Answer(NamedTuple):
    """A response by its status."""

    status: str
    description: str
    kind: Kind


class Operation(NamedTuple):
    """An operation of the API. `curl` is a command that calls it."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    fields: list[Field]
    bodies: list[str]
    answers: list[Answer]
    curl: str


class Shape(NamedTuple):
    """A schema with a name. An enumeration has no fields."""

    name: str
    description: str
    kind: Kind
    fields: list[Field]


def operations(document: Json, url: str) -> dict[str, list[Operation]]:
    """Returns the operations by group. `url` is the address of the server."""
    groups: dict[str, list[Operation]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            tag = next(iter(operation.get("tags") or ()), OTHERS)
            operation = operation | {"responses": _responses(document, operation)}
            groups.setdefault(GROUPS.get(tag, tag), []).append(_operation(method, path, operation, url))
    return groups


def shapes(document: Json) -> list[Shape]:
    """Returns all schemas with a name, in alphabetical order."""
    found = sorted(document["components"]["schemas"].items())
    return [Shape(name, schema.get("description", ""), kind(schema), list(_fields(schema))) for name, schema in found]


def kind(schema: Json) -> Kind:
    """Returns the type of a schema in words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return Kind(name, name)
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return _joined([kind(one) for one in schema[several]], " or ")
    if "enum" in schema:
        return Kind(" or ".join(f"“{value}”" if isinstance(value, str) else str(value) for value in schema["enum"]), "")
    if "const" in schema:
        return Kind(f"“{schema['const']}”", "")
    match schema.get("type"):
        case "array" if "prefixItems" in schema:
            pair = _joined([kind(one) for one in schema["prefixItems"]], ", ")
            return Kind(f"[{pair.words}]", pair.shape)
        case "array":
            items = kind(schema.get("items", {}))
            return Kind(f"list of {items.words}", items.shape)
        case "object" if isinstance(schema.get("additionalProperties"), dict):
            values = kind(schema["additionalProperties"])
            return Kind(f"{values.words}, by name", values.shape)
        case str(name):
            return Kind({"date-time": "time (RFC 3339)"}.get(schema.get("format", ""), name), "")
        case _:
            return Kind("any value", "")


def _joined(kinds: list[Kind], word: str) -> Kind:
    return Kind(word.join(one.words for one in kinds), next((one.shape for one in kinds if one.shape), ""))


def _operation(method: str, path: str, operation: Json, url: str) -> Operation:
    fields = [
        Field(one["name"], one["in"], kind(one["schema"]), one.get("required", False), one.get("description", ""))
        for one in operation.get("parameters", ())
    ]
    bodies = list(operation.get("requestBody", {}).get("content", {}))
    answers = [
        Answer(str(status), answer.get("description", ""), _content(answer))
        for status, answer in operation["responses"].items()
    ]
    curl = _curl(method, path, bodies, operation.get("security", ()), url)
    words = operation.get("summary", ""), operation.get("description", "")
    return Operation(operation["operationId"], method.upper(), path, *words, fields, bodies, answers, curl)


def _responses(document: Json, operation: Json) -> Json:
    """Returns the responses of an operation; those that refer to a shared one are replaced by it."""
    shared = document["components"].get("responses", {})
    return {
        status: shared[answer["$ref"].rpartition("/")[2]] if "$ref" in answer else answer
        for status, answer in operation["responses"].items()
    }


def _content(answer: Json) -> Kind:
    contents = answer.get("content", {})
    if not contents:
        return Kind("", "")
    media, body = next(iter(contents.items()))
    return kind(body.get("schema", {})) if "json" in media else Kind(media, "")


def _curl(method: str, path: str, bodies: list[str], security: object, url: str) -> str:
    parts = ["curl" if method == "get" else f"curl -X {method.upper()}", f"{url}{path}"]
    if security:
        parts.append("-H 'Authorization: Bearer KEY'")
    if bodies:
        parts.append(f"-H 'Content-Type: {bodies[0]}' --data-binary @FILE")
    return " ".join(parts)


def _fields(schema: Json) -> Iterator[Field]:
    required = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        yield Field(name, "", kind(field), name in required, _description(field))


def _description(schema: Json) -> str:
    """A field that may be null has its description beside its type."""
    inner = (one.get("description", "") for one in schema.get("anyOf", ()))
    return schema.get("description", "") or next(filter(None, inner), "")
