"""What REST says of one session, as plain dictionaries."""

from time import time
from typing import Any

from django.conf import settings

from monitoring.api.places import message_place
from monitoring.live.session.queries import beside, head_of, judged, newest_page
from monitoring.people.viewer import Viewer
from monitoring.stats.figures import message_row, session_figures
from monitoring.stats.message import Message
from monitoring.stats.queries import find_session
from monitoring.stats.session import Session


def session_statistics(viewer: Viewer, name: str, head: bool = False) -> dict[str, Any] | None:
    """A session's figures; None when there is no such session for this viewer."""
    found = find_session(viewer, name)
    if found is None:
        return None
    return head_of(found, time()) if head else session_figures(found, settings.SESSION_IDLE_GAP)


def session_messages(viewer: Viewer, name: str, limit: int, before: str) -> dict[str, Any] | None:
    """A page of messages; None when there is no such session for this viewer. Raises Unclear."""
    found = find_session(viewer, name)
    if found is None:
        return None
    page, following = _page(found, limit, before)
    return {"messages": [message_row(row) for row in page], "next": following}


def session_timeline(viewer: Viewer, name: str, limit: int, before: str) -> dict[str, Any] | None:
    """A page of messages, and what else there was; None when there is no such session for this viewer. Raises
    Unclear."""
    found = find_session(viewer, name)
    if found is None:
        return None
    page, following = _page(found, limit, before)
    reader = None if viewer.sees_all else viewer.person
    return {"messages": judged(page, time(), reader), **beside(found), "next": following}


def _page(session: Session, limit: int, before: str) -> tuple[list[Message], str | None]:
    """Messages in order, the newest page first, and where the page of earlier ones goes on."""
    return newest_page(session, limit, message_place(before) if before else None)
