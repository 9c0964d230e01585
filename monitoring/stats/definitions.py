"""What every figure on a page or in a REST answer means, in what unit, over what time, and where it comes from. Pure.

The words stand in `definitions.csv`, a line for each figure; docs/figures.md shows the same. The figures of one session
have their plain names; all others begin with their page (`usage.tokens`), and go on where the same key means several
things there (`usage.models.messages`). On the responses page keys carry `response_`, as in a session's figures.
"""

import csv
from pathlib import Path
from typing import Literal

from msgspec import convert
from msgspec.structs import replace

from monitoring.events.shape import Shape

PAGES = ("session", "sessions", "overview", "usage", "responses", "operations", "mine")


class Definition(Shape, frozen=True):
    """What a figure means, and where it comes from: as the application said it, or sums of that; made here of messages
    and their times; a calculation."""

    name: str
    label: str
    unit: str
    words: str
    window: str
    source: Literal["reported", "recomputed", "estimated"]


def _read(path: Path) -> dict[str, list[Definition]]:
    """The definitions of each page."""
    found: dict[str, list[Definition]] = {page: [] for page in PAGES}
    with path.open(newline="", encoding="utf-8") as table:
        for row in csv.DictReader(table):
            found[row.pop("page")].append(convert(row, Definition))
    return found


BY_PAGE = _read(Path(__file__).with_name("definitions.csv"))
DEFINITIONS = {one.name: one for listed in BY_PAGE.values() for one in listed}


def for_page(page: str) -> list[Definition]:
    """Those of a page, by the names that it knows them by: without the page's own. What `mine` shows beside its own
    figures is named as on the usage page; a table of sessions has its columns by their whole names."""
    found = {_short(one.name, page): one for one in BY_PAGE[page]}
    if page in ("mine", "overview"):
        found |= {one.name: one for one in BY_PAGE["sessions"]}
    if page == "mine":
        found = {_short(one.name, "usage"): one for one in BY_PAGE["usage"]} | found
    return [replace(one, name=name) for name, one in found.items()]


def _short(name: str, page: str) -> str:
    return name.removeprefix(f"{page}.")
