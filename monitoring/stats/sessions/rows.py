"""A page of the list of sessions, and one session with its messages. Pure."""

from typing import Annotated

from msgspec import Meta

from monitoring.events.shape import Next, Shape
from monitoring.stats.reports.outliers import Outlier
from monitoring.stats.rows import Mark, MessageRow, OperationRow, SessionRow, VoteRow


class Sessions(Shape, frozen=True):
    """A page of sessions. It may be short while `next` is there: so much was looked at, and looking on takes a page."""

    sessions: list[SessionRow]
    next: Next | None
    examined: Annotated[int, Meta(ge=0, description="Rows that were looked at for this page.")]


class TimedMessage(MessageRow, frozen=True, kw_only=True):
    """A message of a timeline."""

    outlier: Outlier | None


class RelatedRows(Shape, frozen=True):
    """What a session holds beside its messages: the newest, in order of time."""

    votes: list[VoteRow]
    operations: list[OperationRow]
    marks: list[Mark]
