"""The list of sessions as REST and pages say it, and as a comma-separated file."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from time import perf_counter, time

from monitoring.events.envelope import instant
from monitoring.people.pseudonym import pseudonym
from monitoring.people.store import opaque, plain
from monitoring.people.viewer import Viewer
from monitoring.stats.errors import Unclear, unreadable
from monitoring.stats.figures import seconds, session_row
from monitoring.stats.message import Message
from monitoring.stats.rows import SessionRow
from monitoring.stats.sessions.counts import News, newest_position, news
from monitoring.stats.sessions.listing import Page, count, page
from monitoring.stats.sessions.query import FILTERS, MAX_LIMIT, SessionQuery, cursor, read_query
from monitoring.stats.sessions.rows import Peak, Sessions
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
    "slowest_response": "slowest response time in s",
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
    ids = {row.key: row.session_id for row in result.sessions}
    peaks = {ids[key]: _peak(message) for key, message in result.peaks.items() if key in ids}
    return Sessions(_rows(result, now), following, result.examined, peaks)


def _peak(message: Message) -> Peak:
    return Peak(message.message_id, instant(message.done_at), seconds(message.wait or 0))


def count_sessions(viewer: Viewer, parameters: Mapping[str, str]) -> int | None:
    """Returns the number of sessions in the whole list, at most MAX_COUNTED_ROWS + 1; None where only a walk
    could count them. Raises Unclear."""
    return count(viewer, _whole_list(parameters))


def news_since(viewer: Viewer, parameters: Mapping[str, str], place: str) -> News:
    """Returns what came into the whole list and what changed in it since a place. Raises Unclear."""
    text = place if viewer.sees_all else plain(viewer.person, place)
    if not re.fullmatch(r"[0-9]{1,18}", text or ""):
        raise Unclear("after: is not the place of a list")
    return news(viewer, _whole_list(parameters), int(text or 0))


def place_of_list(viewer: Viewer) -> str:
    """Returns the place of a list that is read now. Those of owners are opaque, like their cursors."""
    position = str(newest_position())
    return position if viewer.sees_all else opaque(viewer.person, position)


def _whole_list(parameters: Mapping[str, str]) -> SessionQuery:
    others = {name: value for name, value in parameters.items() if name != "before"}
    return read_query(others, int(time() * 1e6))


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
            cells = ([getattr(row, name) for name in COLUMNS] for row in _rows(result, now))
            yield csv_text(["; ".join(cell) if isinstance(cell, list) else cell for cell in row] for row in cells)
        if result.following is None:
            return
        query = replace(query, before=result.following)


def _rows(result: Page, now: int) -> list[SessionRow]:
    return [session_row(row, pseudonym(row.person), now) for row in result.sessions]


def excluding_filters(viewer: Viewer, parameters: Mapping[str, str]) -> dict[str, str]:
    """Returns the filters that exclude all sessions: "without" if there is a session without the filter, "alone" if the
    filter by itself leaves none.

    The time is limited (ALL_PROBES_SECONDS); filters not examined in it are left out.
    """
    now, began, excluding = int(time() * 1e6), perf_counter(), {}

    def probe(filters: Mapping[str, str]) -> Page:
        return page(viewer, replace(read_query(filters, now), limit=1), PROBE_SECONDS)

    filters = {name: parameters[name] for name in FILTERS if parameters.get(name, "").strip()}
    for name, value in filters.items():
        if perf_counter() - began > ALL_PROBES_SECONDS:
            break
        others = {other: words for other, words in filters.items() if other != name}
        if probe(others).sessions:
            excluding[name] = "without"
        elif others and not (seen := probe({name: value})).sessions and seen.following is None:
            excluding[name] = "alone"
    return excluding
