"""Builds the headers, filter chips and addresses of the list of sessions. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlencode

from monitoring.stats.definitions import DEFINITIONS, Definition
from monitoring.stats.sessions.query import FILTERS

PARAMETERS = (*FILTERS, "sort", "order", "before")
"""The page's query parameters, in this order."""
TIME_FILTERS = ("since", "until")


class Head(NamedTuple):
    """A header of the table. `href` is the address that sorts by it, empty if the column has no order."""

    label: str
    words: str
    number: bool
    sort: str = ""
    href: str = ""
    aria: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table. `name` is the figure's name in the definitions, `sort` the value of the parameter."""

    name: str
    sort: str = ""
    number: bool = True

    @property
    def meaning(self) -> Definition:
        return DEFINITIONS[f"sessions.{self.name}"]


COLUMNS = (
    Column("id", number=False),
    Column("owner", number=False),
    Column("state", number=False),
    Column("models", number=False),
    Column("last_message_at", "last_message"),
    Column("started_at", "started"),
    Column("duration", "duration"),
    Column("messages", "messages"),
    Column("average_response_time", "average_response_time"),
    Column("tokens", "tokens"),
    Column("cost", "cost"),
    Column("errors", "errors"),
)
FILTER_LABELS = {
    "q": "search:",
    "outcome": "outcome:",
    "model": "model:",
    "owner": "owner:",
    "within": "last message within",
    "since": "went on after",
    "until": "began before",
    "min_cost": "cost from US$",
    "max_cost": "cost to US$",
    "min_duration": "duration from",
    "max_duration": "duration to",
}
"""Labels of the filters' chips."""


def known_parameters(parameters: Mapping[str, str]) -> dict[str, str]:
    """The query parameters that the page knows and that are not empty."""
    return {name: value for name in PARAMETERS if (value := parameters.get(name, "").strip())}


def address(parameters: Mapping[str, str], **changes: str) -> str:
    """The page's query string with these changes; an empty value removes a parameter."""
    changed = {name: value for name, value in {**parameters, **changes}.items() if value}
    return f"?{urlencode(changed)}"


def heads(parameters: Mapping[str, str], mine: bool) -> list[Head]:
    """The table's headers. A click on the current sort column reverses the order; any other starts descending."""
    by, order = parameters.get("sort", "last_message"), parameters.get("order", "desc")
    return [_head(column, parameters, order if column.sort == by else "") for column in _shown(mine)]


def _shown(mine: bool) -> Iterable[Column]:
    return [column for column in COLUMNS if not (mine and column.name == "owner")]


def _head(column: Column, parameters: Mapping[str, str], order: str) -> Head:
    meaning = column.meaning
    if not column.sort:
        return Head(meaning.label, meaning.words, column.number)
    next_order = "asc" if order == "desc" else "desc"
    sort = "" if column.sort == "last_message" else column.sort
    href = address(parameters, sort=sort, order="" if next_order == "desc" else next_order, before="")
    aria = {"desc": "descending", "asc": "ascending"}.get(order, "")
    return Head(meaning.label, meaning.words, column.number, column.sort, href, aria)


def chips(parameters: Mapping[str, str], excluding: Mapping[str, str]) -> list[dict[str, str]]:
    """The filters that are set: label, value (`at`: a time, RFC 3339), the address without it, and in `way` how it
    excludes all sessions, by `excluding`."""
    return [
        {"name": name, "words": words, "value": shown(name, parameters[name]), "href": without(parameters, name)}
        | {"at": with_zone(parameters[name]) if name in TIME_FILTERS else "", "way": excluding.get(name, "")}
        for name, words in FILTER_LABELS.items()
        if name in parameters
    ]


def shown(name: str, value: str) -> str:
    """A filter's value for display. A time has a space in place of the `T`, and UTC if it has no zone."""
    return with_zone(value).replace("T", " ").replace("Z", " UTC") if name in TIME_FILTERS else value


def with_zone(value: str) -> str:
    """A time with its zone, UTC if it has none."""
    return value if re.search(r"(Z|[+-]\d\d:?\d\d)$", value) else f"{value}Z"


def error_message(error: str) -> str:
    """An error about a parameter, with the filter's label in place of the parameter's name."""
    name, colon, words = error.partition(":")
    return f"{FILTER_LABELS[name].rstrip(':').capitalize()}:{words}" if colon and name in FILTER_LABELS else error


def without(parameters: Mapping[str, str], name: str) -> str:
    """The address of the first page without one filter."""
    return address(parameters, **{name: "", "before": ""})
