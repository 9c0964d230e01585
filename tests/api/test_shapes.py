"""One shape, one definition: what the description says is the type that a view returns, and each type is built."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
import pytest
from ninja.operation import Operation

import monitoring.live.consumers  # noqa: F401 - all that makes frames
from monitoring.api.api import api
from monitoring.api.openapi import REF_TEMPLATE
from monitoring.events.shape import Encoded, Shape, encode

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT: dict[str, Any] = msgspec.json.decode((ROOT / "docs" / "openapi.json").read_bytes())
FILES = {"sessions_as_csv"}
ON_THE_PATH = ("stats", "live", "api", "security", "operations", "recording", "people")
"""What makes rows, reports, frames and answers."""
LOOSE = {"api/openapi.py": 1}  # pieces of the description
"""Where a dictionary of anything is allowed, and how often."""


def operations() -> Iterator[Operation]:
    for _, router in api._routers:
        for view in router.path_operations.values():
            yield from view.operations


def returned(operation: Operation) -> type:
    """What a view says that it returns; of what is encoded already, as what."""
    kind = get_type_hints(operation.view_func)["return"]
    return get_args(kind)[0] if get_origin(kind) is Encoded else kind


def described(operation: Operation) -> dict[str, Any]:
    (found,) = [
        method
        for methods in DOCUMENT["paths"].values()
        for method in methods.values()
        if method["operationId"] == operation.operation_id
    ]
    return found["responses"]["200"]["content"]["application/json"]["schema"]


READ = {one.operation_id: one for one in operations() if "GET" in one.methods and one.operation_id not in FILES}


@pytest.mark.parametrize("name", READ)
def test_an_answer_is_described_by_the_type_that_its_view_returns(name: str) -> None:
    kind = returned(READ[name])
    assert issubclass(kind, Shape)
    assert described(READ[name]) == {"$ref": REF_TEMPLATE.format(name=kind.__name__)}
    _, parts = msgspec.json.schema_components([kind], ref_template=REF_TEMPLATE)
    for part, schema in parts.items():
        assert without_words(DOCUMENT["components"]["schemas"][part]) == without_words(schema), part


def without_words(schema: Any) -> Any:
    """A schema but for its docstrings, which Python's versions indent otherwise."""
    return {name: value for name, value in schema.items() if name != "description"}


def shapes(kind: type = Shape) -> Iterator[type]:
    for below in kind.__subclasses__():
        yield below
        yield from shapes(below)


def test_names_are_told_apart() -> None:
    names = [kind.__name__ for kind in shapes()]
    assert len(names) == len(set(names)) > 60


def test_each_shape_is_built_in_its_room() -> None:
    """A struct that nobody makes would be a description beside the thing."""
    made: dict[str, set[str]] = {}
    for path in (ROOT / "monitoring").rglob("*.py"):
        room = path.relative_to(ROOT / "monitoring").parts[0]
        calls = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
        parts = (part for call in calls for part in (call.func, *call.args))
        made.setdefault(room, set()).update(ast.unparse(part).rpartition(".")[2] for part in parts)
    made["events"] = made["api"]  # a refusal, which two rooms say
    idle = [
        kind.__name__
        for kind in shapes()
        if not kind.__subclasses__() and kind.__name__ not in made[kind.__module__.split(".")[1]]
    ]
    assert idle == []


def test_rows_reports_frames_and_answers_are_typed() -> None:
    found: dict[str, int] = {}
    for part in ON_THE_PATH:
        for path in (ROOT / "monitoring" / part).rglob("*.py"):
            if loose := len(re.findall(r"dict\[str, Any\]", path.read_text())):
                found[str(path.relative_to(ROOT / "monitoring"))] = loose
    assert found == LOOSE


def test_what_is_no_shape_is_not_encoded() -> None:
    assert encode({"report": Encoded[Shape](b'{"days":7}')}) == b'{"report":{"days":7}}'
    with pytest.raises(TypeError):
        encode({"report": object()})
