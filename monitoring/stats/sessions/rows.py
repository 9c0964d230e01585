"""Shapes of the list of sessions and of one session's timeline. Pure."""

from typing import Annotated

from msgspec import Meta

from monitoring.events.shape import Moment, Next, Seconds, Shape
from monitoring.stats.reports.outliers import Outlier
from monitoring.stats.rows import Mark, MessageRow, OperationRow, SessionRow, VoteRow


class Peak(Shape, frozen=True):
    """The slowest answer of a session within a stretch of time."""

    message_id: str
    at: Annotated[Moment, Meta(description="When it was complete.")]
    wait: Seconds


class Sessions(Shape, frozen=True):
    """A page of sessions. It may be short although `next` is set: the search was interrupted, and the next page
    continues it."""

    sessions: list[SessionRow]
    next: Next | None
    examined: Annotated[int, Meta(ge=0, description="Rows examined for this page.")]
    peaks: Annotated[
        dict[str, Peak],
        Meta(
            description="With `sort=slowest`, `since` and `until`: the slowest answer in that time by session id. The "
            "list is in their order. Empty where too many sessions match; then the order is that of the whole sessions."
        ),
    ]


class TimedMessage(MessageRow, frozen=True, kw_only=True):
    """A message of a timeline."""

    outlier: Outlier | None


class RelatedRows(Shape, frozen=True):
    """A session's newest votes and operations, and its start and end, each in order of time."""

    votes: list[VoteRow]
    operations: list[OperationRow]
    marks: list[Mark]
