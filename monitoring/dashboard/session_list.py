"""Builds the template context of the list of sessions: rows, filters, links."""

from collections.abc import Mapping
from datetime import UTC, datetime
from time import time

from monitoring.dashboard.sessions_page import (
    TIME_FILTERS,
    WITHIN_WORDS,
    address,
    chips,
    error_message,
    heads,
    known_parameters,
    lines,
    order_chip,
    state_choices,
    total_words,
)
from monitoring.people.pseudonym import pseudonym
from monitoring.people.viewer import Viewer
from monitoring.stats.errors import Unclear
from monitoring.stats.sessions.counts import by_state
from monitoring.stats.sessions.listing import MAX_COUNTED_ROWS, known_models
from monitoring.stats.sessions.page import (
    count_sessions,
    excluding_filters,
    list_sessions,
    news_since,
    place_of_list,
)
from monitoring.stats.sessions.query import DEFAULT_LIMIT
from monitoring.stats.sessions.rows import Sessions

NO_SESSIONS = Sessions([], None, 0, {})


def sessions_page(viewer: Viewer, parameters: Mapping[str, str], mine: bool) -> dict[str, object]:
    """The template context of the list. `trouble` is the message about an invalid parameter, empty if there is none."""
    chosen = known_parameters(parameters)
    place = place_of_list(viewer)
    page, error = _query(viewer, chosen)
    empty = not (page.sessions or page.next or error)
    excluding = excluding_filters(viewer, chosen) if empty else {}
    return {
        "rows": page.sessions,
        "lines": lines(page.sessions, page.peaks, chosen.get("sort", "last_message"), mine),
        "total": _total(viewer, chosen, page),
        "place": place,
        "next": address(chosen, before=page.next) if page.next else "",
        "examined": page.examined,
        "short": bool(page.next) and len(page.sessions) < DEFAULT_LIMIT,
        "trouble": error_message(error),
        "chosen": chosen,
        "heads": heads(chosen, mine, bool(page.peaks)),
        "chips": chips(chosen, excluding),
        "order": order_chip(chosen),
        "more": any(name.startswith(("min_", "max_")) or name in TIME_FILTERS for name in chosen),
        "csv": _csv_address(viewer, chosen, mine),
        "first": address(chosen, before=""),
        "again": address(chosen),
        "now": datetime.now(UTC),
        "mine": mine,
    }


def choices(viewer: Viewer, mine: bool) -> dict[str, object]:
    """The options of the filters' fields."""
    now = time()
    return {
        "states": state_choices(by_state(viewer, int(now * 1e6)), MAX_COUNTED_ROWS),
        "withins": {value: f"in the last {words}" for value, words in WITHIN_WORDS.items()},
        "models": [] if mine else known_models(now),
    }


def news(viewer: Viewer, parameters: Mapping[str, str], place: str) -> dict[str, object]:
    """Returns the numbers of new and of changed sessions since the list was loaded; {} if they are unknown."""
    try:
        return news_since(viewer, known_parameters(parameters), place)._asdict()
    except Unclear:
        return {}


def _query(viewer: Viewer, chosen: Mapping[str, str]) -> tuple[Sessions, str]:
    """A page, and an error message: for an invalid cursor with the first page, for an invalid filter with none."""
    try:
        return list_sessions(viewer, chosen), ""
    except Unclear as error:
        message = str(error)
    if not message.startswith("before:"):
        return NO_SESSIONS, message
    return list_sessions(viewer, {name: value for name, value in chosen.items() if name != "before"}), message


def _total(viewer: Viewer, chosen: Mapping[str, str], page: Sessions) -> str:
    """Returns the numbers of shown and of all matching sessions in words; empty while they are unknown."""
    if not page.sessions:
        return ""
    if page.next is None and "before" not in chosen:
        return total_words(len(page.sessions), len(page.sessions), MAX_COUNTED_ROWS)
    return total_words(len(page.sessions), count_sessions(viewer, chosen), MAX_COUNTED_ROWS)


def _csv_address(viewer: Viewer, chosen: Mapping[str, str], mine: bool) -> str:
    """The address of the CSV file with all matches. A filter by pseudonym selects the own sessions, also for staff."""
    if mine and viewer.person is None:
        return ""
    owner = {"owner": pseudonym(viewer.person)} if mine else {}
    return f"/api/v1/sessions.csv{address(chosen, before='', **owner)}"
