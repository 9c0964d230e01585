"""Definitions of all figures on pages and in REST answers: meaning, unit, time window and source. Pure.

The definitions are the rows of `definitions.csv`, and the metrics that charts and REST series show; docs/figures.md
shows the same. Figures of one session have plain names. All others begin with their page (`usage.tokens`), and
continue with the table where one key means several things there (`usage.models.messages`). On the responses page keys
begin with `response_`, as in a session's figures.
"""

import csv
from pathlib import Path

from msgspec import convert
from msgspec.structs import replace

from monitoring.events.shape import Shape
from monitoring.stats.metrics import SERIES, Source

PAGES = ("session", "sessions", "overview", "usage", "responses", "operations", "mine")


class Definition(Shape, frozen=True):
    """The definition of a figure."""

    name: str
    label: str
    unit: str
    words: str
    window: str
    source: Source


def _read(path: Path) -> dict[str, list[Definition]]:
    """The definitions of each page."""
    by_page: dict[str, list[Definition]] = {page: [] for page in PAGES}
    with path.open(newline="", encoding="utf-8") as table:
        for row in csv.DictReader(table):
            by_page[row.pop("page")].append(convert(row, Definition))
    for metric in SERIES.values():
        texts = metric.label, metric.figure_unit, metric.meaning, "each point of the chart"
        by_page["overview"].append(Definition(f"overview.{metric.point}", *texts, metric.source))
    return by_page


BY_PAGE = _read(Path(__file__).with_name("definitions.csv"))
DEFINITIONS = {one.name: one for listed in BY_PAGE.values() for one in listed}


def for_page(page: str) -> list[Definition]:
    """Returns the definitions of a page, under the names that the page uses: without the page's own prefix.

    Figures of the usage page that `mine` shows too have the names they have there. Columns of a table of sessions have
    their full names.
    """
    by_name = {definition.name.removeprefix(f"{page}."): definition for definition in BY_PAGE[page]}
    if page in ("mine", "overview"):
        by_name |= {definition.name: definition for definition in BY_PAGE["sessions"]}
    if page == "mine":
        by_name = {definition.name.removeprefix("usage."): definition for definition in BY_PAGE["usage"]} | by_name
    return [replace(definition, name=name) for name, definition in by_name.items()]
