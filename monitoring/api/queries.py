"""What REST says of one session; None when there is no such session for this viewer."""

from time import time

from django.conf import settings

from monitoring.api.answers import Messages, Timeline
from monitoring.api.places import message_place
from monitoring.live.session.queries import beside, head_of, judged, newest_page
from monitoring.people.viewer import Viewer
from monitoring.stats.figures import message_row, session_figures
from monitoring.stats.message import Message
from monitoring.stats.queries import find_session
from monitoring.stats.rows import SessionFigures, SessionHead
from monitoring.stats.session import Session


def session_statistics(viewer: Viewer, name: str) -> SessionFigures | None:
    found = find_session(viewer, name)
    return session_figures(found, settings.SESSION_IDLE_GAP) if found else None


def session(viewer: Viewer, name: str) -> SessionHead | None:
    """Who, when, and its figures."""
    found = find_session(viewer, name)
    return head_of(found, time()) if found else None


def session_messages(viewer: Viewer, name: str, limit: int, before: str) -> Messages | None:
    """A page of messages. Raises Unclear."""
    found = find_session(viewer, name)
    if found is None:
        return None
    page, following = _page(found, limit, before)
    return Messages([message_row(row) for row in page], following)


def session_timeline(viewer: Viewer, name: str, limit: int, before: str) -> Timeline | None:
    """A page of messages, and what else there was. Raises Unclear."""
    found = find_session(viewer, name)
    if found is None:
        return None
    page, following = _page(found, limit, before)
    reader = None if viewer.sees_all else viewer.person
    votes, operations, marks = beside(found)
    messages = judged(page, time(), reader)
    return Timeline(messages=messages, votes=votes, operations=operations, marks=marks, next=following)


def _page(session: Session, limit: int, before: str) -> tuple[list[Message], str | None]:
    """Messages in order, the newest page first, and where the page of earlier ones goes on."""
    return newest_page(session, limit, message_place(before) if before else None)
