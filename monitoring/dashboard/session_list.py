"""The page of sessions: its rows, and all that stands around them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from time import time

from monitoring.dashboard.sessions_page import TIMES, address, chips, given, heads, worded
from monitoring.people.pseudonym import pseudonym
from monitoring.people.viewer import Viewer
from monitoring.stats.errors import Unclear
from monitoring.stats.sessions.listing import known_models
from monitoring.stats.sessions.page import excluding_filters, list_sessions
from monitoring.stats.sessions.query import DEFAULT_LIMIT, OUTCOMES
from monitoring.stats.sessions.rows import Sessions

NOTHING = Sessions([], None, 0)


def sessions_page(who: Viewer, parameters: Mapping[str, str], mine: bool) -> dict[str, object]:
    """What the template of the list shows. A parameter that is not understood is said in words (`trouble`)."""
    chosen = given(parameters)
    page, trouble = _asked(who, chosen)
    empty = not (page.sessions or page.next or trouble)
    way = excluding_filters(who, chosen) if empty else {}
    return {
        "rows": page.sessions,
        "next": address(chosen, before=page.next) if page.next else "",
        "examined": page.examined,
        "short": bool(page.next) and len(page.sessions) < DEFAULT_LIMIT,
        "trouble": worded(trouble),
        "chosen": chosen,
        "heads": heads(chosen, mine),
        "chips": chips(chosen, way),
        "more": any(name.startswith(("min_", "max_")) or name in TIMES for name in chosen),
        "csv": _file(who, chosen, mine),
        "first": address(chosen, before=""),
        "again": address(chosen),
        "now": datetime.now(UTC),
        "mine": mine,
    }


def choices(mine: bool) -> dict[str, object]:
    """What the filters' fields offer."""
    return {
        "outcomes": OUTCOMES,
        "withins": {"1h": "last hour", "24h": "last 24 hours", "7d": "last 7 days", "28d": "last 28 days"},
        "models": [] if mine else known_models(time()),
    }


def _asked(who: Viewer, chosen: Mapping[str, str]) -> tuple[Sessions, str]:
    """A page and no words; the first page and words about its place; or nothing, and words about a filter."""
    try:
        return list_sessions(who, chosen), ""
    except Unclear as error:
        words = str(error)
    if not words.startswith("before:"):
        return NOTHING, words
    return list_sessions(who, {name: value for name, value in chosen.items() if name != "before"}), words


def _file(who: Viewer, chosen: Mapping[str, str], mine: bool) -> str:
    """The address of the file of all that match; staff's own sessions are those of their pseudonym."""
    if mine and who.person is None:
        return ""
    owner = {"owner": pseudonym(who.person)} if mine else {}
    return f"/api/v1/sessions.csv{address(chosen, before='', **owner)}"
