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
from monitoring.stats.sessions.query import FILTERS, MOST, SessionQuery, cursor, read_query
from monitoring.stats.sessions.rows import Sessions
from monitoring.stats.sessions.spreadsheet import written

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
"""The file's columns: a row's name and the header."""
PROBE, PROBES = 0.01, 0.05
"""Seconds in which one looks whether there would be a session without a filter; for all filters together."""


def list_sessions(viewer: Viewer, parameters: Mapping[str, str]) -> Sessions:
    """A page of sessions. It may be short while `next` is there: looking on takes another page. Raises Unclear."""
    now = int(time() * 1e6)
    asked = read_query(_plainly(viewer, parameters), now)
    found = page(viewer, asked)
    following = None if found.following is None else cursor(found.following, asked.sort, asked.down)
    if following and not viewer.sees_all:
        following = opaque(viewer.person, following)
    return Sessions(_rows(found, now), following, found.examined)


def csv_rows(viewer: Viewer, parameters: Mapping[str, str]) -> Iterator[str]:
    """All that match, in the list's order, as pieces of a file; the header first. Raises Unclear before the first."""
    now = int(time() * 1e6)
    return _pieces(viewer, replace(read_query(_plainly(viewer, parameters), now), limit=MOST), now)


def _plainly(viewer: Viewer, parameters: Mapping[str, str]) -> Mapping[str, str]:
    """The same with a `before` that can be read: an owner's is opaque, for keys of sessions are positions, which tell
    how much others do. Raises Unclear for any other that an owner hands in."""
    before = parameters.get("before", "").strip()
    if viewer.sees_all or not before:
        return parameters
    place = plain(viewer.person, before)
    if place is None:
        raise unreadable(before)
    return {**parameters, "before": place}


def _pieces(viewer: Viewer, asked: SessionQuery, now: int) -> Iterator[str]:
    yield written([list(COLUMNS.values())])
    while True:
        found = page(viewer, asked)
        if found.sessions:
            yield written([_cell(getattr(row, name)) for name in COLUMNS] for row in _rows(found, now))
        if found.following is None:
            return
        asked = replace(asked, before=found.following)


def _rows(found: Page, now: int) -> list[SessionRow]:
    return [session_row(row, pseudonym(row.person), now) for row in found.sessions]


def _cell(value: str | float | list[str] | None) -> str | float | None:
    return "; ".join(value) if isinstance(value, list) else value


def excluding_filters(viewer: Viewer, parameters: Mapping[str, str]) -> dict[str, str]:
    """Which filters exclude everything: `without` it there would be a session, or by itself (`alone`) it leaves none.

    All are given a moment only: what cannot be said in it is not said.
    """
    now, given = int(time() * 1e6), {name: value for name, value in parameters.items() if value.strip()}
    filters = {name: given[name] for name in FILTERS if name in given}
    found, began = {}, perf_counter()
    for name, value in filters.items():
        if perf_counter() - began > PROBES:
            break
        others = {other: words for other, words in filters.items() if other != name}
        if _probe(viewer, others, now).sessions:
            found[name] = "without"
        elif others and not (seen := _probe(viewer, {name: value}, now)).sessions and seen.following is None:
            found[name] = "alone"
    return found


def _probe(viewer: Viewer, parameters: Mapping[str, str], now: int) -> Page:
    return page(viewer, replace(read_query(parameters, now), limit=1), PROBE)
