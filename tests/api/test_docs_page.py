"""The page of the REST API: what it makes of the document, and who may read it."""

import pytest
from django.test import Client

from monitoring.api.api import api
from monitoring.api.docs import Kind, kind, operations, shapes
from monitoring.api.openapi import Json

URL = "http://sbdash.test"


@pytest.fixture(scope="module")
def document() -> Json:
    return dict(api.get_openapi_schema())


@pytest.mark.parametrize(
    ("schema", "words", "shape"),
    [
        ({"type": "string"}, "string", ""),
        ({"type": "string", "format": "date-time"}, "time (RFC 3339)", ""),
        ({"anyOf": [{"type": "number"}, {"type": "null"}]}, "number or null", ""),
        ({"enum": ["up", "down"]}, "“up” or “down”", ""),
        ({"const": "1.0"}, "“1.0”", ""),
        ({"$ref": "#/components/schemas/Bar"}, "Bar", "Bar"),
        ({"type": "array", "items": {"$ref": "#/components/schemas/Bar"}}, "list of Bar", "Bar"),
        ({"type": "array", "prefixItems": [{"type": "number"}, {"type": "integer"}], "items": False},
         "[number, integer]", ""),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, "integer, by name", ""),
        ({"type": "object"}, "object", ""),
        ({}, "any value", ""),
    ],
)  # fmt: skip
def test_a_type_is_told_in_words(schema: Json, words: str, shape: str) -> None:
    assert kind(schema) == Kind(words, shape)


def test_every_operation_of_the_document_is_on_the_page(document: Json) -> None:
    shown = [(one.method.lower(), one.path) for group in operations(document, URL).values() for one in group]
    told = [(method, path) for path, methods in document["paths"].items() for method in methods]
    assert sorted(shown) == sorted(told)
    assert len(shown) > 20


def test_an_operation_tells_parameters_answers_and_a_command(document: Json) -> None:
    found = {one.id: one for group in operations(document, URL).values() for one in group}
    metric = found["metric"]
    assert metric.curl == f"curl {URL}/api/v1/metrics/{{name}} -H 'Authorization: Bearer KEY'"
    assert [(one.name, one.place, one.required) for one in metric.fields[:2]] == [
        ("name", "path", True), ("from", "query", False),
    ]  # fmt: skip
    assert {one.status: one.kind.shape for one in metric.answers}["404"] == "Problem"
    send = found["send_events"]
    assert send.curl.startswith(f"curl -X POST {URL}/api/v1/events")
    assert "application/cloudevents+json" in send.bodies
    assert found["healthz"].curl == f"curl {URL}/healthz", "it needs no key"


def test_every_shape_that_is_named_is_on_the_page(document: Json) -> None:
    names = {one.name for one in shapes(document)}
    fields = [field for one in shapes(document) for field in one.fields]
    answers = [one for group in operations(document, URL).values() for call in group for one in call.answers]
    assert {one.kind.shape for one in (*fields, *answers)} - {""} <= names
    session = next(one for one in shapes(document) if one.name == "SessionRow")
    assert "average_response_time" in {field.name for field in session.fields}


@pytest.mark.django_db
def test_the_page_needs_no_log_in_and_offers_one(client: Client) -> None:
    page = client.get("/api/v1/docs").content.decode()
    assert 'href="/login/"' in page
    assert 'action="/logout/"' not in page
    assert 'lang="en"' in page
