"""What figures mean: pages, REST answers, docs/figures.md and the definitions name the same ones."""

import re
from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest

from monitoring.api.schemas import Timeline
from monitoring.health.reading import HEALTH_FIGURES
from monitoring.live.overview import Tiles
from monitoring.stats.definitions import BY_PAGE, DEFINITIONS, PAGES, for_page
from monitoring.stats.figures import point_figures
from monitoring.stats.reports.operations import Operations
from monitoring.stats.reports.owners import Mine
from monitoring.stats.reports.responses_report import Responses
from monitoring.stats.reports.usage import Usage
from monitoring.stats.rows import SessionFigures, SessionHead, SessionRow

ROOT = Path(__file__).resolve().parents[2]
ANSWERS = {
    "session": SessionHead, "sessions": SessionRow, "usage": Usage, "responses": Responses, "operations": Operations,
    "mine": Mine,
}  # fmt: skip
ALSO = {"active": "active_sessions", "open": "open_sessions", "rate": "error_rate"}
"""Keys that the operations page knows by another name."""
PLACES = {"from", "to", "t", "step", "days"}
"""Numbers that say where something is, not what it is."""
INSIDE = {("operations", "sessions"), ("mine", "others"), ("mine", "mine")}


def known(page: str, path: tuple[str, ...]) -> bool:
    """Whether the page has a definition for an end of a path, or for something that holds it."""
    names = {row.name for row in for_page(page)}
    ends = [".".join(path[start:]) for start in range(len(path))]
    above = [".".join(path[start:end]) for end in range(1, len(path)) for start in range(end)]
    tried = {*above, *ends, *(f"response_{end}" for end in ends), *(ALSO.get(end, end) for end in ends)}
    return bool(names & tried)


def numbers(kind: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The paths to every number in an answer's type; lists and names of models are no step."""
    origin, inside = get_origin(kind), get_args(kind)
    if origin is Annotated:
        yield from numbers(inside[0], path)
    elif origin in (Union, UnionType, list, tuple, dict):
        for one in inside:
            yield from numbers(one, path)
    elif isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        hints = get_type_hints(kind, include_extras=True)
        for field in msgspec.structs.fields(kind):
            yield from numbers(hints[field.name], (*path, field.encode_name))
    elif kind in (int, float):
        yield path


@pytest.mark.parametrize("page", ANSWERS)
def test_every_number_of_a_rest_answer_has_a_definition(page: str) -> None:
    paths = {path for path in numbers(ANSWERS[page]) if path[-1] not in PLACES}
    assert len(paths) > 5
    assert sorted(path for path in paths if not known(page, path) and (page, path[-1]) not in INSIDE) == []


def test_every_figure_of_a_session_has_a_definition_under_its_own_name() -> None:
    assert set(SessionFigures.__struct_fields__) <= set(DEFINITIONS)


def test_every_tile_and_chart_of_the_overview_has_a_definition() -> None:
    names = {row.name for row in for_page("overview")}
    assert set(Tiles.__struct_fields__) <= names
    assert set(point_figures({})) - PLACES <= names


@pytest.mark.parametrize("page", PAGES)
def test_every_fact_of_a_page_has_its_question_mark(page: str) -> None:
    assert sorted(facts(page) - {row.name for row in for_page(page)}) == []


def test_no_definition_is_of_a_figure_that_nobody_shows() -> None:
    shown = {page: {part for path in fields(kind) for part in path} for page, kind in ANSWERS.items()}
    shown["session"] |= {part for path in fields(Timeline) for part in path} | {"votes"}
    shown["overview"] = {"before", "messages_in_window", *Tiles.__struct_fields__, *point_figures({})}
    shown["mine"] |= {"error_rate"}
    shown["operations"] |= HEALTH_FIGURES.keys()
    idle = []
    for page, own in BY_PAGE.items():
        for one in own:
            name = one.name.removeprefix(f"{page}.")
            ways = (set(way.split(".")) for way in (name, name.removeprefix("response_")))
            if name not in facts(page) and not any(parts <= shown[page] for parts in ways):
                idle.append(one.name)
    assert idle == []


def facts(page: str) -> set[str]:
    """The names for which a page has a `?`."""
    path = ROOT / "templates" / f"{page}.html"
    text = path.read_text() if path.exists() else ""
    return {*re.findall(r'parts/fact\.html" with id="(\w+)"', text), *re.findall(r'data-means="(\w+)"', text)}


def fields(kind: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The paths to every field of an answer's type."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        hints = get_type_hints(kind, include_extras=True)
        for field in msgspec.structs.fields(kind):
            yield (*path, field.encode_name)
            yield from fields(hints[field.name], (*path, field.encode_name))
    else:
        for one in get_args(kind):
            yield from fields(one, path)


def test_the_page_s_tables_are_the_definitions_in_both_directions() -> None:
    text = (ROOT / "docs" / "figures.md").read_text().partition("## Every figure")[2]
    rows = [
        tuple(cell.strip() for cell in line.strip("| ").split(" | "))
        for line in text.splitlines()
        if line.startswith("| `")
    ]
    code = [(f"`{row.name}`", row.label, row.unit, row.window, row.source, row.words) for row in DEFINITIONS.values()]
    assert rows == code
    sections = re.findall(r"^### .*$", text, re.MULTILINE)
    assert len(sections) == len(PAGES)


def test_each_definition_is_whole_and_named_once() -> None:
    assert len(DEFINITIONS) == sum(len(BY_PAGE[page]) for page in PAGES)
    for page in PAGES:
        names = [row.name for row in for_page(page)]
        assert len(names) == len(set(names)) >= len(BY_PAGE[page]), page


def test_whatever_a_page_wants_explained_has_a_definition_there() -> None:
    """A chart or a column that asks for the meaning of a name that nobody defines would have no `?`, silently."""
    wanted = re.compile(r'means="([^"{]+)"|means: "([^"]+)"')
    for page in ("overview", "usage", "responses", "operations", "mine", "session"):
        texts = [ROOT / "templates" / f"{page}.html", ROOT / "static" / "js" / "pages" / f"{page}.js"]
        known = {row.name for row in for_page(page)}
        asked = {
            name for path in texts for names in wanted.findall(path.read_text()) for name in "".join(names).split()
        }
        assert asked, page
        assert asked <= known, (page, asked - known)


def test_each_definition_says_all() -> None:
    for one in DEFINITIONS.values():
        assert all((one.label, one.unit, one.window)), one.name
        assert one.words.endswith("."), one.name
        assert "|" not in "".join((one.label, one.unit, one.window, one.words)), one.name


def test_a_page_knows_its_figures_without_its_own_name() -> None:
    usage = {row.name: row for row in for_page("usage")}
    assert usage["tokens"].words == DEFINITIONS["usage.tokens"].words
    mine = {row.name: row.words for row in for_page("mine")}
    assert mine["messages"] == DEFINITIONS["mine.messages"].words
    assert mine["models.messages"] == DEFINITIONS["usage.models.messages"].words
