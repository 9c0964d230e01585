"""Builds REST's responses with a session's messages and timeline."""

from time import time

from msgspec.structs import astuple

from monitoring.api.cursors import message_cursor
from monitoring.api.schemas import Messages, Timeline
from monitoring.people.viewer import Viewer
from monitoring.stats.figures import message_row
from monitoring.stats.message import Message
from monitoring.stats.session import Session
from monitoring.stats.sessions.detail import newest_page, related_rows, with_outliers


def messages(session: Session, limit: int, before: str) -> Messages:
    """A page of messages. Raises Unclear."""
    page, following = _page(session, limit, before)
    return Messages([message_row(row) for row in page], following)


def timeline(viewer: Viewer, session: Session, limit: int, before: str) -> Timeline:
    """A page of messages, with the session's votes, operations, start and end. Raises Unclear."""
    page, following = _page(session, limit, before)
    reader = None if viewer.sees_all else viewer.person
    return Timeline(*astuple(related_rows(session)), messages=with_outliers(page, time(), reader), next=following)


def _page(session: Session, limit: int, before: str) -> tuple[list[Message], str | None]:
    """Messages in order of time, the newest page first, and the cursor of the page of earlier ones."""
    return newest_page(session, limit, message_cursor(before) if before else None)
