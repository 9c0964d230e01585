"""Builds the headers, rows, filter chips and addresses of the list of sessions. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import quote, urlencode

from monitoring.stats.definitions import DEFINITIONS, Definition
from monitoring.stats.rows import SessionRow
from monitoring.stats.sessions.query import FILTERS, STATES, WITHIN_SECONDS
from monitoring.stats.sessions.rows import Peak

PARAMETERS = (*FILTERS, "sort", "order", "before")
"""The page's query parameters, in this order."""
TIME_FILTERS = ("since", "until")
STATE_WORDS = {name: "timed out" if name == "timeout" else name for name in (*STATES, "ended")}
"""The words for a session's state, the same on all pages."""


class Head(NamedTuple):
    """A header of the table. `href` is the address that sorts by it, empty if the column has no order."""

    label: str
    words: str
    look: str
    sort: str = ""
    href: str = ""
    aria: str = ""


class Cell(NamedTuple):
    """A cell of the table: `kind` says how `value` is shown, `href` where it leads."""

    kind: str
    value: object
    look: str
    href: str = ""


class Line(NamedTuple):
    """A row of the table."""

    href: str
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table. `name` is the figure's name in the definitions and in a row, `sort` the value of the
    parameter, `kind` how a cell is shown. `room`: the pages with room for it, `col-wide`, `col-roomy`,
    `col-middle`, or "" for all."""

    name: str
    kind: str
    sort: str = ""
    room: str = ""

    @property
    def meaning(self) -> Definition:
        return DEFINITIONS[f"sessions.{self.name}"]

    def look(self, by: str) -> str:
        """The classes of its cells. The column that the list is sorted by is always shown."""
        number = "" if self.kind in ("id", "owner", "state", "models") else "num"
        room = "" if self.sort and self.sort == by else self.room
        return " ".join(filter(None, (number, "id" if self.kind == "id" else "", room)))


COLUMNS = (
    Column("id", "id"),
    Column("state", "state"),
    Column("slowest_response", "wait", "slowest"),
    Column("average_response_time", "wait", "average_response_time", "col-wide"),
    Column("response_p95", "wait", "p95", "col-middle"),
    Column("last_message_at", "time", "last_message"),
    Column("messages", "count", "messages", "col-middle"),
    Column("tokens", "count", "tokens", "col-middle"),
    Column("cost", "cost", "cost", "col-middle"),
    Column("errors", "errors", "errors", "col-middle"),
    Column("duration", "duration", "duration", "col-wide"),
    Column("started_at", "time", "started", "col-wide"),
    Column("owner", "owner", room="col-middle"),
    Column("models", "models", room="col-roomy"),
)
FILTER_LABELS = {
    "q": "search:",
    "state": "state:",
    "model": "model:",
    "owner": "owner:",
    "within": "last message in the last",
    "since": "active after",
    "until": "active before",
    "min_cost": "cost from US$",
    "max_cost": "cost to US$",
    "min_duration": "duration from",
    "max_duration": "duration to",
    "min_slowest": "slowest answer from",
    "min_p95": "p95 wait from",
    "min_errors": "errors from",
    "min_tokens": "tokens from",
}
"""Labels of the filters' chips."""
ERROR_LABELS = {
    "q": "Search", "within": "Last message", "since": "Active after", "until": "Active before",
    "min_cost": "Minimum cost", "max_cost": "Maximum cost", "min_duration": "Minimum duration",
    "max_duration": "Maximum duration", "min_slowest": "Minimum slowest answer", "min_p95": "Minimum p95 wait",
    "min_errors": "Minimum errors", "min_tokens": "Minimum tokens",
}  # fmt: skip
"""The filters in messages about their values. Others have the name of the parameter."""
SORT_WORDS = {
    "started": ("newest first", "oldest first"),
    "messages": ("most messages first", "fewest messages first"),
    "duration": ("longest first", "shortest first"),
    "average_response_time": ("longest average wait first", "shortest average wait first"),
    "slowest": ("slowest first", "fastest first"),
    "p95": ("highest p95 first", "lowest p95 first"),
    "tokens": ("most tokens first", "fewest tokens first"),
    "cost": ("most expensive first", "cheapest first"),
    "errors": ("most errors first", "fewest errors first"),
    "last_message": ("latest message first", "longest silent first"),
}
"""The orders of the list in words: descending, ascending."""
WITHIN_WORDS = {value: f"{value[:-1]} {'min' if value[-1] == 'm' else value[-1]}" for value in WITHIN_SECONDS}


def known_parameters(parameters: Mapping[str, str]) -> dict[str, str]:
    """The query parameters that the page knows and that are not empty. `outcome` is the state."""
    known = {name: value for name in PARAMETERS if (value := parameters.get(name, "").strip())}
    outcome = known.pop("outcome", "")
    return known if not outcome or "state" in known else {**known, "state": outcome}


def shared_time(parameters: Mapping[str, str]) -> str:
    """The page's query string with the shared time of the other pages (`range`, or `from` and `to`) as filters; empty
    without such a time, or with one that cannot be read."""
    window, start, end = (parameters.get(name, "").strip() for name in ("range", "from", "to"))
    times: dict[str, str] = {}
    if fixed := re.fullmatch(r"([0-9]{1,11})-([0-9]{1,11})", window):
        start, end = (datetime.fromtimestamp(int(text), UTC).isoformat() for text in fixed.groups())
    elif window in WITHIN_SECONDS:
        times = {"within": window}
    if start or end:
        times = {"since": start.replace("+00:00", "Z"), "until": end.replace("+00:00", "Z")}
    return address(known_parameters(parameters), **times) if times else ""


def address(parameters: Mapping[str, str], **changes: str) -> str:
    """The page's query string with these changes; an empty value removes a parameter."""
    changed = {name: value for name, value in {**parameters, **changes}.items() if value}
    return f"?{urlencode(changed)}"


def heads(parameters: Mapping[str, str], mine: bool, peaks: bool = False) -> list[Head]:
    """The table's headers. A click on the current sort column reverses the order; any other starts descending. `peaks`:
    the slowest answers are those of the time asked for."""
    by, order = parameters.get("sort", "last_message"), parameters.get("order", "desc")
    found = [_head(column, parameters, by, order if column.sort == by else "") for column in shown_columns(mine)]
    return [_of_the_time(head) if peaks and head.sort == "slowest" else head for head in found]


def _of_the_time(head: Head) -> Head:
    return head._replace(
        label="Slowest in this time",
        words="The longest wait for an answer within the time asked for. The other figures are of the whole session.",
    )


def shown_columns(mine: bool) -> Iterable[Column]:
    return [column for column in COLUMNS if not (mine and column.name == "owner")]


def _head(column: Column, parameters: Mapping[str, str], by: str, order: str) -> Head:
    meaning, look = column.meaning, column.look(by)
    if not column.sort:
        return Head(meaning.label, meaning.words, look)
    next_order = "asc" if order == "desc" else "desc"
    sort = "" if column.sort == "last_message" else column.sort
    href = address(parameters, sort=sort, order="" if next_order == "desc" else next_order, before="")
    aria = {"desc": "descending", "asc": "ascending"}.get(order, "")
    return Head(meaning.label, meaning.words, look, column.sort, href, aria)


def lines(rows: Iterable[SessionRow], peaks: Mapping[str, Peak], by: str, mine: bool) -> list[Line]:
    """The table's rows. `peaks`: the slowest answers of the time asked for; their cells lead to them."""
    looks = [(column, column.look(by)) for column in shown_columns(mine)]
    return [_line(row, peaks.get(row.id), looks) for row in rows]


def _line(row: SessionRow, peak: Peak | None, looks: Iterable[tuple[Column, str]]) -> Line:
    href = f"/sessions/{quote(row.id, safe='')}/"
    answer = f"{href}#message={quote(peak.message_id, safe='')}" if peak else ""
    values = {
        "state": row.state if row.outcome == "open" else row.outcome,
        "owner": "" if row.owner == "nobody" else row.owner,
        "duration": row.duration if row.messages else None,
        "slowest_response": peak.wait if peak else row.slowest_response,
    }
    cells = [
        Cell(
            column.kind,
            values.get(column.name, getattr(row, column.name)),
            look,
            answer or href if column.kind == "id" else "",
        )
        for column, look in looks
    ]
    return Line(answer or href, cells)


def chips(parameters: Mapping[str, str], excluding: Mapping[str, str]) -> list[dict[str, str]]:
    """The filters that are set: label, value (`at`, `to`: times, RFC 3339), the address without it, and in `way` how it
    excludes all sessions, by `excluding`. Both times are one filter."""
    both = all(name in parameters for name in TIME_FILTERS)
    made = []
    for name, words in FILTER_LABELS.items():
        if name not in parameters or (both and name == "until"):
            continue
        value = parameters[name]
        chip = {"name": name, "words": words, "value": shown(name, value), "href": without(parameters, name)}
        chip |= {"at": with_zone(value) if name in TIME_FILTERS else "", "way": excluding.get(name, ""), "to": ""}
        if both and name == "since":
            until = parameters["until"]
            chip |= {"words": "active", "to": with_zone(until), "until": shown("until", until)}
            chip |= {"href": without(parameters, "since", "until"), "way": chip["way"] or excluding.get("until", "")}
        made.append(chip)
    return made


def order_chip(parameters: Mapping[str, str]) -> dict[str, str]:
    """The order in words, and the address in the usual one; {} for the usual one."""
    by, order = parameters.get("sort", "last_message"), parameters.get("order", "desc")
    if (by, order) == ("last_message", "desc") or by not in SORT_WORDS:
        return {}
    return {"words": SORT_WORDS[by][order == "asc"], "href": without(parameters, "sort", "order")}


def shown(name: str, value: str) -> str:
    """A filter's value for display. A time has a space in place of the `T`, and UTC if it has no zone."""
    if name in TIME_FILTERS:
        return with_zone(value).replace("T", " ").replace("Z", " UTC")
    return {"state": STATE_WORDS, "within": WITHIN_WORDS}.get(name, {}).get(value, value)


def with_zone(value: str) -> str:
    """A time with its zone, UTC if it has none."""
    return value if re.search(r"(Z|[+-]\d\d:?\d\d)$", value) else f"{value}Z"


def error_message(error: str) -> str:
    """An error about a parameter, with the filter's label in place of the parameter's name."""
    name, colon, words = error.partition(":")
    if not colon or name not in (*FILTERS, "sort", "order"):
        return error
    return f"{ERROR_LABELS.get(name, name.capitalize())}:{words}"


def without(parameters: Mapping[str, str], *names: str) -> str:
    """The address of the first page without some of the parameters."""
    return address(parameters, **dict.fromkeys(names, ""), before="")


def total_words(rows: int, total: int | None, most: int) -> str:
    """Returns the numbers of shown and of all sessions in words: `50 of 4,501 sessions`."""
    if total is None:
        return ""
    if total > most:
        return f"{rows:,} of more than {most:,} sessions"
    return f"{rows:,} of {total:,} sessions" if rows < total else f"{total:,} session{'' if total == 1 else 's'}"


def state_choices(counts: Mapping[str, int], most: int) -> list[tuple[str, str]]:
    """The states to choose from, (value, words), with the number of sessions in each."""
    values = [name for name in STATES if name != "open"]
    amounts = {name: f"more than {most:,}" if amount > most else f"{amount:,}" for name, amount in counts.items()}
    return [(name, f"{STATE_WORDS[name]} ({amounts.get(name, '0')})") for name in values]
