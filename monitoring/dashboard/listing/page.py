"""What the page of sessions says beside its rows: headers, chips of the filters that are set, addresses. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from monitoring.stats.listing.wish import FILTERS

KEPT = (*FILTERS, "sort", "order", "before")
"""Parameters that the page's address holds, in this order."""
TIMES = ("since", "until")


@dataclass(frozen=True, slots=True)
class Column:
    """`words` define the figure, `sort` is the name of its order."""

    label: str
    words: str
    sort: str = ""
    number: bool = True


COLUMNS = (
    Column("Session", "The id that the chat application gave it.", number=False),
    Column("Owner", "The pseudonym of the first person who was named in it.", number=False),
    Column(
        "State",
        "Active: a message in the last 5 min. Idle: open and silent. Otherwise how it ended: closed, timeout, error.",
        number=False,
    ),
    Column("Models", "The models that its answers name.", number=False),
    Column("Last message", "When its newest message was sent. Sessions without one come last.", "last_message"),
    Column("Started", "When its begin was reported, or else its first message.", "started"),
    Column("Duration", "From its first message to its last.", "duration"),
    Column("Messages", "All messages, of every role, failed and pending ones too.", "messages"),
    Column(
        "Avg wait",
        "Mean response time: from a question to its whole answer. Sessions without an answer come last.",
        "average_response_time",
    ),
    Column("Tokens", "Total tokens of its messages, as reported.", "tokens"),
    Column("Cost", "Cost of its messages in USD, as reported.", "cost"),
    Column("Errors", "Failed messages and failed operations.", "errors"),
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


def heads(parameters: Mapping[str, str], mine: bool) -> list[dict[str, Any]]:
    """The table's headers. What is the order turns round on another click, a new order begins with the most."""
    by, order = parameters.get("sort", "last_message"), parameters.get("order", "desc")
    return [_head(column, parameters, order if column.sort == by else "") for column in _shown(mine)]


def _shown(mine: bool) -> Iterable[Column]:
    return [column for column in COLUMNS if not (mine and column.label == "Owner")]


def _head(column: Column, parameters: Mapping[str, str], order: str) -> dict[str, Any]:
    turned = "asc" if order == "desc" else "desc"
    sort = "" if column.sort == "last_message" else column.sort
    href = address(parameters, sort=sort, order="" if turned == "desc" else turned, before="")
    aria = {"desc": "descending", "asc": "ascending"}.get(order, "")
    return {"label": column.label, "words": column.words, "number": column.number, "sort": column.sort} | (
        {"href": href, "aria": aria} if column.sort else {}
    )


def chips(parameters: Mapping[str, str]) -> list[dict[str, str]]:
    """The filters that are set: in words, their value (`at`: a time, RFC 3339), and the address without each."""
    return [
        {"name": name, "words": words, "value": shown(name, parameters[name]), "href": without(parameters, name)}
        | ({"at": zoned(parameters[name])} if name in TIMES else {})
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
