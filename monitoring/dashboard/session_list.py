"""Builds the template context of the list of sessions: rows, filters, links."""

from collections.abc import Mapping
from datetime import UTC, datetime
from time import time

from monitoring.dashboard.sessions_page import TIME_FILTERS, address, chips, error_message, heads, known_parameters
from monitoring.people.pseudonym import pseudonym
from monitoring.people.viewer import Viewer
from monitoring.stats.errors import Unclear
from monitoring.stats.sessions.listing import known_models
from monitoring.stats.sessions.page import excluding_filters, list_sessions
from monitoring.stats.sessions.query import DEFAULT_LIMIT, OUTCOMES
from monitoring.stats.sessions.rows import Sessions

NO_SESSIONS = Sessions([], None, 0)


def sessions_page(viewer: Viewer, parameters: Mapping[str, str], mine: bool) -> dict[str, object]:
    """The template context of the list. `trouble` is the message about an invalid parameter, empty if there is none."""
    chosen = known_parameters(parameters)
    page, error = _query(viewer, chosen)
    empty = not (page.sessions or page.next or error)
    excluding = excluding_filters(viewer, chosen) if empty else {}
    return {
        "rows": page.sessions,
        "next": address(chosen, before=page.next) if page.next else "",
        "examined": page.examined,
        "short": bool(page.next) and len(page.sessions) < DEFAULT_LIMIT,
        "trouble": error_message(error),
        "chosen": chosen,
        "heads": heads(chosen, mine),
        "chips": chips(chosen, excluding),
        "more": any(name.startswith(("min_", "max_")) or name in TIME_FILTERS for name in chosen),
        "csv": _csv_address(viewer, chosen, mine),
        "first": address(chosen, before=""),
        "again": address(chosen),
        "now": datetime.now(UTC),
        "mine": mine,
    }


def choices(mine: bool) -> dict[str, object]:
    """The options of the filters' fields."""
    return {
        "outcomes": OUTCOMES,
        "withins": {"1h": "last hour", "24h": "last 24 hours", "7d": "last 7 days", "28d": "last 28 days"},
        "models": [] if mine else known_models(time()),
    }


def _query(viewer: Viewer, chosen: Mapping[str, str]) -> tuple[Sessions, str]:
    """A page, and an error message: for an invalid cursor with the first page, for an invalid filter with none."""
    try:
        return list_sessions(viewer, chosen), ""
    except Unclear as error:
        message = str(error)
    if not message.startswith("before:"):
        return NO_SESSIONS, message
    return list_sessions(viewer, {name: value for name, value in chosen.items() if name != "before"}), message


def _csv_address(viewer: Viewer, chosen: Mapping[str, str], mine: bool) -> str:
    """The address of the CSV file with all matches. A filter by pseudonym selects the own sessions, also for staff."""
    if mine and viewer.person is None:
        return ""
    owner = {"owner": pseudonym(viewer.person)} if mine else {}
    return f"/api/v1/sessions.csv{address(chosen, before='', **owner)}"
