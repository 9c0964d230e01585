"""The list of sessions as REST and pages say it, and as a comma-separated file."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from time import perf_counter, time

from monitoring.people.pseudonym import pseudonym
from monitoring.people.store import opaque, plain
from monitoring.people.viewer import Viewer
from monitoring.stats.errors import unreadable
from monitoring.stats.figures import session_row
from monitoring.stats.rows import SessionRow
from monitoring.stats.sessions.listing import Page, page
from monitoring.stats.sessions.query import FILTERS, MAX_LIMIT, SessionQuery, cursor, read_query
from monitoring.stats.sessions.rows import Sessions
from monitoring.stats.sessions.spreadsheet import csv_text

COLUMNS = {
    "id": "session",
    "owner": "owner",
    "state": "state",
    "outcome": "outcome",
    "models": "models",
    "started_at": "started",
    "last_message_at": "last message",
    "duration": "duration in s",
    "messages": "messages",
    "average_response_time": "average response time in s",
    "response_p95": "p95 response time in s",
    "tokens": "tokens",
    "cost": "cost in USD",
    "errors": "errors",
}
"""Columns of the CSV file: attribute of a row, and header."""
PROBE_SECONDS, ALL_PROBES_SECONDS = 0.01, 0.05
"""Seconds to search for a session without one filter; seconds for all filters together."""


def list_sessions(viewer: Viewer, parameters: Mapping[str, str]) -> Sessions:
    """Returns a page of sessions. It may be short although `next` is set: the next page continues the search. Raises
    Unclear."""
    now = int(time() * 1e6)
    query = read_query(_with_plain_cursor(viewer, parameters), now)
    result = page(viewer, query)
    following = None if result.following is None else cursor(result.following, query.sort, query.down)
    if following and not viewer.sees_all:
        following = opaque(viewer.person, following)
    return Sessions(_rows(result, now), following, result.examined)


def csv_rows(viewer: Viewer, parameters: Mapping[str, str]) -> Iterator[str]:
    """Returns a CSV file in chunks: the header, then all matching sessions in the list's order. Raises Unclear at
    once."""
    now = int(time() * 1e6)
    return _csv_chunks(viewer, replace(read_query(_with_plain_cursor(viewer, parameters), now), limit=MAX_LIMIT), now)


def _with_plain_cursor(viewer: Viewer, parameters: Mapping[str, str]) -> Mapping[str, str]:
    """Returns the parameters with a readable `before`. Cursors of owners are opaque, because keys are journal
    positions, which reveal the activity of others. Raises Unclear if an owner sends any other cursor."""
    before = parameters.get("before", "").strip()
    if viewer.sees_all or not before:
        return parameters
    decrypted = plain(viewer.person, before)
    if decrypted is None:
        raise unreadable(before)
    return {**parameters, "before": decrypted}


def _csv_chunks(viewer: Viewer, query: SessionQuery, now: int) -> Iterator[str]:
    yield csv_text([list(COLUMNS.values())])
    while True:
        result = page(viewer, query)
        if result.sessions:
            yield csv_text([_cell(getattr(row, name)) for name in COLUMNS] for row in _rows(result, now))
        if result.following is None:
            return
        query = replace(query, before=result.following)


def _rows(result: Page, now: int) -> list[SessionRow]:
    return [session_row(row, pseudonym(row.person), now) for row in result.sessions]


def _cell(value: str | float | list[str] | None) -> str | float | None:
    return "; ".join(value) if isinstance(value, list) else value


def excluding_filters(viewer: Viewer, parameters: Mapping[str, str]) -> dict[str, str]:
    """Returns the filters that exclude all sessions: "without" if there is a session without the filter, "alone" if the
    filter by itself leaves none.

    The time is limited (ALL_PROBES_SECONDS); filters not examined in it are left out.
    """
    now, given = int(time() * 1e6), {name: value for name, value in parameters.items() if value.strip()}
    filters = {name: given[name] for name in FILTERS if name in given}
    excluding, began = {}, perf_counter()
    for name, value in filters.items():
        if perf_counter() - began > ALL_PROBES_SECONDS:
            break
        others = {other: words for other, words in filters.items() if other != name}
        if _probe(viewer, others, now).sessions:
            excluding[name] = "without"
        elif others and not (seen := _probe(viewer, {name: value}, now)).sessions and seen.following is None:
            excluding[name] = "alone"
    return excluding


def _probe(viewer: Viewer, parameters: Mapping[str, str], now: int) -> Page:
    return page(viewer, replace(read_query(parameters, now), limit=1), PROBE_SECONDS)
