"""The description of the API: it is the one that is checked in, it is OpenAPI 3.1, and it leaves no address out."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import schemathesis
from addresses import TABLE

from monitoring.api.api import api
from monitoring.api.management.commands.describe_api import described
from monitoring.events.vocabulary import TYPES
from monitoring.ingest.http.wiring import the_ingest_app
from monitoring.stats.metrics import SERIES

FILE = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"
DOCUMENT: dict[str, Any] = msgspec.json.decode(FILE.read_bytes())
BESIDE = {"api/v1/", "api/v1/openapi.json", "api/v1/docs", "ready", "loki/api/v1/push/ready"}
"""Addresses that are no part of the API."""


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def parts(of: Any) -> Iterator[dict[str, Any]]:
    """Every object in a document."""
    if isinstance(of, dict):
        yield of
    for one in of.values() if isinstance(of, dict) else of if isinstance(of, list) else ():
        yield from parts(one)


def test_the_checked_in_description_is_what_the_code_makes() -> None:
    assert FILE.read_bytes() == described(), "write it anew: python manage.py describe_api"


def test_every_address_that_programs_use_is_described() -> None:
    described_here = {re.sub(r"{(\w+)}", "*", path.strip("/")) for path in DOCUMENT["paths"]}
    read = {route for route in TABLE if route.startswith(("api/", "healthz", "readyz", "ready", "metrics", "loki"))}
    doors = {path.strip("/") for path in the_ingest_app().protocols}
    assert described_here == {re.sub(r"<[^>]+>", "*", route) for route in read - BESIDE} | doors


def test_what_is_referred_to_is_there_and_what_is_there_is_referred_to() -> None:
    for kind in ("schemas", "responses"):
        place = f"#/components/{kind}/"
        used = {part["$ref"].removeprefix(place) for part in parts(DOCUMENT) if part.get("$ref", "").startswith(place)}
        assert used == DOCUMENT["components"][kind].keys()


def test_it_is_openapi_3_1_and_its_schemas_are_schemas() -> None:
    assert DOCUMENT["openapi"].startswith("3.1")
    schema = schemathesis.openapi.from_dict(DOCUMENT)
    schema.validate()
    for name, part in DOCUMENT["components"]["schemas"].items():
        jsonschema_rs.meta.validate(part)
        assert part.get("properties") or part.get("oneOf") or part.get("enum"), name


def test_every_operation_has_a_name_of_its_own_words_and_an_answer_that_is_described() -> None:
    names = [operation["operationId"] for _, _, operation in operations()]
    assert len(names) == len(set(names)) >= 22
    for path, method, operation in operations():
        assert operation["summary"]
        assert operation["description"].strip().endswith(".")
        good = [status for status in operation["responses"] if status.startswith("2")]
        assert len(good) == 1
        assert operation["responses"][good[0]].get("content") or good == ["204"], (path, method)
        for parameter in operation.get("parameters", []):
            assert parameter["in"] == "path" or parameter["description"], (path, parameter["name"])


def test_every_reading_address_says_how_it_refuses() -> None:
    for path, method, operation in operations():
        if path.startswith("/api/v1/") and method == "get":
            assert {"401", "403", "503"} <= operation["responses"].keys()
            assert operation["security"] == [{"ReadKey": []}, {"Cookie": []}]
            for status, response in operation["responses"].items():
                if status >= "400":
                    there = DOCUMENT["components"]["responses"][response["$ref"].rpartition("/")[2]]
                    assert list(there["content"]) == ["application/problem+json"]


def test_events_are_described_as_they_are_read() -> None:
    kinds = DOCUMENT["components"]["schemas"]["CloudEvent"]["oneOf"]
    assert [kind["properties"]["type"]["const"] for kind in kinds] == list(TYPES)
    message = DOCUMENT["components"]["schemas"]["Message"]
    assert set(message["required"]) == {"message_id", "session_id", "role", "status"}
    assert message["properties"]["role"] == {"enum": ["assistant", "system", "tool", "user"]}


def test_the_figures_over_time_are_named() -> None:
    words = DOCUMENT["paths"]["/api/v1/metrics/{name}"]["get"]["description"]
    assert [name for name in SERIES if f"`{name}`" not in words] == []


def test_it_is_made_once() -> None:
    assert api.get_openapi_schema() is api.get_openapi_schema()
