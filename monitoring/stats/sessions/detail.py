"""One session: its summary, its messages with outliers marked, its votes and operations."""

from collections.abc import Sequence
from functools import lru_cache

from django.conf import settings
from msgspec.structs import astuple

from monitoring.people.pseudonym import pseudonym
from monitoring.stats.figures import marks, message_row, operation_row, session_head, session_row, vote_row
from monitoring.stats.message import Message
from monitoring.stats.price_list import session_shadow_costs
from monitoring.stats.prices import price_list
from monitoring.stats.reader import messages, operations, votes
from monitoring.stats.reports.outliers import HIDDEN_OUTLIER, Reference, judge
from monitoring.stats.reports.responses_report import disclosable_models, references
from monitoring.stats.rows import SessionHead, SessionRow
from monitoring.stats.session import Session
from monitoring.stats.sessions.rows import RelatedRows, TimedMessage

MAX_RELATED_ROWS = 200
"""Maximum number of votes, and of operations, in one answer: the newest."""
REFERENCE_SECONDS = 10
"""Seconds for which the references of outliers are cached."""


def details(session: Session, now: float) -> SessionHead:
    """Returns owner, times and figures of a session, and the shadow cost of its tokens without a reported cost; `now`
    in s."""
    shadow = session_shadow_costs(price_list(), session.detail.free) if session.detail.free else {}
    cost = sum(shadow.values()) if shadow else None
    return session_head(session, pseudonym(session.person), int(now * 1e6), cost, settings.SESSION_IDLE_GAP)


def newest_page(
    session: Session, limit: int, before: tuple[int, str] | None = None
) -> tuple[list[Message], str | None]:
    """Returns the newest messages in order of time, and the cursor of the page before them, or None."""
    rows = messages(session.key, limit + 1, before)
    page = rows[-limit:]
    return page, f"{page[0].at}.{page[0].message_id}" if len(rows) > limit else None


def with_outliers(rows: Sequence[Message], now: float, reader: int | None) -> list[TimedMessage]:
    """Returns messages as shown, with their outliers.

    `reader` is the person who reads, or None for staff. References are made of all answers, so a person gets only those
    with enough other people behind them.
    """
    by_model = _cached_references(int(now / REFERENCE_SECONDS)) if any(row.wait is not None for row in rows) else {}
    outliers = {}
    for row in rows:
        if row.wait is not None and (outlier := judge(by_model.get(row.model_name), row.wait / 1e6)):
            outliers[row.key] = outlier
    if outliers and reader is not None:
        visible = disclosable_models(reader, by_model, {row.model_name for row in rows if row.key in outliers}, now)
        outliers |= {row.key: HIDDEN_OUTLIER for row in rows if row.key in outliers and row.model_name not in visible}
    return [TimedMessage(*astuple(message_row(row)), outlier=outliers.get(row.key)) for row in rows]


@lru_cache(maxsize=1)
def _cached_references(moment: int) -> dict[str, Reference]:
    """Thirty days of answers change little in a few seconds."""
    return references(moment * REFERENCE_SECONDS)


def related_rows(session: Session) -> RelatedRows:
    newest_votes = [vote_row(vote) for vote in votes(session.key, MAX_RELATED_ROWS)]
    newest_operations = [operation_row(operation) for operation in operations(session.key, MAX_RELATED_ROWS)]
    return RelatedRows(newest_votes, newest_operations, marks(session))


def summary_row(session: Session, now: float) -> SessionRow:
    """Returns a session as a row of the list."""
    return session_row(session, pseudonym(session.person), int(now * 1e6))
