"""A session's head, its messages with what stands out among them, and what happened beside them."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from django.conf import settings
from msgspec.structs import astuple

from monitoring.people.pseudonym import pseudonym
from monitoring.stats.figures import marks, message_row, operation_row, session_head, session_row, vote_row
from monitoring.stats.message import Message
from monitoring.stats.price_list import session_shadow
from monitoring.stats.prices import price_list
from monitoring.stats.reader import messages, operations, votes
from monitoring.stats.reports.outliers import HIDDEN_OUTLIER, Outlier, Reference, judge
from monitoring.stats.reports.responses_report import references, told_models
from monitoring.stats.rows import SessionHead, SessionRow
from monitoring.stats.session import Session
from monitoring.stats.sessions.rows import RelatedRows, TimedMessage

BESIDE = 200
"""Votes and operations that are told of one session: the newest."""
MOMENT = 10
"""Seconds for which what is usual for a model is not looked up again."""


def details(found: Session, now: float) -> SessionHead:
    """Who, when, its figures, and what its tokens without a cost of their own would have cost (`now` in s)."""
    shadow = session_shadow(price_list(), found.detail.free) if found.detail.free else {}
    cost = sum(shadow.values()) if shadow else None
    return session_head(found, pseudonym(found.person), int(now * 1e6), cost, settings.SESSION_IDLE_GAP)


def newest_page(found: Session, limit: int, before: tuple[int, str] | None = None) -> tuple[list[Message], str | None]:
    """Messages in order, the newest page first, and where the page of earlier ones goes on; None where none are."""
    rows = messages(found.key, limit + 1, before)
    page = rows[-limit:]
    return page, f"{page[0].at}.{page[0].message_id}" if len(rows) > limit else None


def with_outliers(rows: Sequence[Message], now: float, reader: int | None) -> list[TimedMessage]:
    """Messages as they are shown; where one waited unusually long for its model, with the rule that says so.

    `reader` is the person who reads without staff's sight, None for staff: what is usual comes from everybody's
    answers, and is told a person only where enough others are behind it.
    """
    known = _usual(int(now / MOMENT)) if any(row.wait is not None for row in rows) else {}
    found = {row.key: outlier for row in rows if (outlier := _judge(row, known))}
    if found and reader is not None:
        told = told_models(reader, known, {row.model_name for row in rows if row.key in found}, now)
        found |= {row.key: HIDDEN_OUTLIER for row in rows if row.key in found and row.model_name not in told}
    return [TimedMessage(*astuple(message_row(row)), outlier=found.get(row.key)) for row in rows]


@lru_cache(maxsize=1)
def _usual(moment: int) -> dict[str, Reference]:
    """What is usual, looked up once in a while: thirty days change little in seconds."""
    return references(moment * MOMENT)


def _judge(row: Message, known: Mapping[str, Reference]) -> Outlier | None:
    return None if row.wait is None else judge(known.get(row.model_name), row.wait / 1e6)


def related_rows(found: Session) -> RelatedRows:
    done = [operation_row(one) for one in operations(found.key, BESIDE)]
    return RelatedRows([vote_row(vote) for vote in votes(found.key, BESIDE)], done, marks(found))


def summary_row(found: Session, now: float) -> SessionRow:
    """A session in a list."""
    return session_row(found, pseudonym(found.person), int(now * 1e6))
