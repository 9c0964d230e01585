"""What the page of sessions says beside its rows: headers, chips of the filters that are set, addresses. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlencode

from monitoring.stats.definitions import DEFINITIONS, Definition
from monitoring.stats.sessions.query import FILTERS

KEPT = (*FILTERS, "sort", "order", "before")
"""Parameters that the page's address holds, in this order."""
TIMES = ("since", "until")


class Head(NamedTuple):
    """A header of the table; where one may sort by it, the address that does."""

    label: str
    words: str
    number: bool
    sort: str = ""
    href: str = ""
    aria: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """`name` is the figure's in the definitions, whose words and label it has; `sort` the name of its order."""

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
SAID = {
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
"""A filter in words."""


def given(parameters: Mapping[str, str]) -> dict[str, str]:
    """What the page understands of its address."""
    return {name: value for name in KEPT if (value := parameters.get(name, "").strip())}


def address(parameters: Mapping[str, str], **changes: str) -> str:
    """The query of the page with these changes; an empty value leaves it."""
    kept = {name: value for name, value in {**parameters, **changes}.items() if value}
    return f"?{urlencode(kept)}"


def heads(parameters: Mapping[str, str], mine: bool) -> list[Head]:
    """The table's headers. What is the order turns round on another click, a new order begins with the most."""
    by, order = parameters.get("sort", "last_message"), parameters.get("order", "desc")
    return [_head(column, parameters, order if column.sort == by else "") for column in _shown(mine)]


def _shown(mine: bool) -> Iterable[Column]:
    return [column for column in COLUMNS if not (mine and column.name == "owner")]


def _head(column: Column, parameters: Mapping[str, str], order: str) -> Head:
    meaning = column.meaning
    if not column.sort:
        return Head(meaning.label, meaning.words, column.number)
    turned = "asc" if order == "desc" else "desc"
    sort = "" if column.sort == "last_message" else column.sort
    href = address(parameters, sort=sort, order="" if turned == "desc" else turned, before="")
    aria = {"desc": "descending", "asc": "ascending"}.get(order, "")
    return Head(meaning.label, meaning.words, column.number, column.sort, href, aria)


def chips(parameters: Mapping[str, str], way: Mapping[str, str]) -> list[dict[str, str]]:
    """The filters that are set: in words, their value (`at`: a time, RFC 3339), the address without each, and the `way`
    in which it leaves nothing."""
    return [
        {"name": name, "words": words, "value": shown(name, parameters[name]), "href": without(parameters, name)}
        | {"at": zoned(parameters[name]) if name in TIMES else "", "way": way.get(name, "")}
        for name, words in SAID.items()
        if name in parameters
    ]


def shown(name: str, value: str) -> str:
    """A value as people read it: a time without its letters, in UTC where it names no other zone."""
    return zoned(value).replace("T", " ").replace("Z", " UTC") if name in TIMES else value


def zoned(value: str) -> str:
    """A time with its zone: UTC where it names none."""
    return value if re.search(r"(Z|[+-]\d\d:?\d\d)$", value) else f"{value}Z"


def worded(trouble: str) -> str:
    """What is wrong with a parameter, under the name that the page gives it."""
    name, colon, words = trouble.partition(":")
    return f"{SAID[name].rstrip(':').capitalize()}:{words}" if colon and name in SAID else trouble


def without(parameters: Mapping[str, str], name: str) -> str:
    """The address without one filter, from the first page on."""
    return address(parameters, **{name: "", "before": ""})
