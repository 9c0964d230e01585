"""Answers about sessions. Pure."""

from typing import Annotated

from msgspec import Meta

from monitoring.events.shape import Next, Shape
from monitoring.stats.rows import Mark, MessageRow, OperationRow, SessionRow, TimedMessage, VoteRow


class Sessions(Shape, frozen=True):
    """A page of sessions. It may be short while `next` is there: so much was looked at, and looking on takes a page."""

    sessions: list[SessionRow]
    next: Next | None
    examined: Annotated[int, Meta(ge=0, description="Rows that were looked at for this page.")]


class Messages(Shape, frozen=True):
    """A page of a session's messages, in order of time."""

    messages: list[MessageRow]
    next: Next | None


class Timeline(Shape, frozen=True, kw_only=True):
    """A page of what happened in a session: its messages in order of time, and what else there was."""

    messages: list[TimedMessage]
    votes: list[VoteRow]
    operations: list[OperationRow]
    marks: list[Mark]
    next: Next | None
