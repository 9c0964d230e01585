"""Sessions over REST: lists, files, figures, messages, timelines; each reader's own, or all for staff."""

from collections.abc import AsyncIterator, Iterator
from time import time

from asgiref.sync import sync_to_async
from django.conf import settings
from django.http import HttpRequest, StreamingHttpResponse
from ninja import Router
from ninja.errors import HttpError

from monitoring.api import session_answers
from monitoring.api.auth import Before, Limit, viewer
from monitoring.api.openapi import READ, Json, parameter, refused
from monitoring.api.rest import reading
from monitoring.api.schemas import Messages, Timeline
from monitoring.stats.figures import session_figures
from monitoring.stats.reader import find_session
from monitoring.stats.rows import SessionFigures, SessionHead
from monitoring.stats.session import Session
from monitoring.stats.sessions.detail import details
from monitoring.stats.sessions.page import csv_rows, list_sessions
from monitoring.stats.sessions.query import DEFAULT_LIMIT, MAX_LIMIT, ORDERS, OUTCOMES, SORTS, WITHIN_SECONDS
from monitoring.stats.sessions.rows import Sessions

router = Router(tags=["sessions"])
TEXT, NUMBER = {"type": "string"}, {"type": "number", "minimum": 0}
MOMENT = {"type": "string", "format": "date-time"}
LENGTH = {"type": "string", "pattern": "^[0-9]{1,12}(\\.[0-9]{1,9})? ?(ms|s|min|h|d)?$"}
LIST = [
    parameter("q", TEXT, "A session's id, a part of it, or its owner's pseudonym."),
    parameter("owner", TEXT, "An owner's pseudonym, such as `falcon-26`."),
    parameter("model", TEXT, "A model that the session used."),
    parameter("outcome", {"enum": list(OUTCOMES)}, "How it ended; `failing`: with an error in it."),
    parameter("min_cost", NUMBER, "USD at least."),
    parameter("max_cost", NUMBER, "USD at most."),
    parameter("min_duration", LENGTH, "At least so long: seconds, or with a unit, such as `10 min`."),
    parameter("max_duration", LENGTH, "At most so long."),
    parameter("since", MOMENT, "The last message then or later."),
    parameter("until", MOMENT, "Begun then or before: with `since`, the sessions that went on between."),
    parameter("within", {"enum": list(WITHIN_SECONDS)}, "The last message within this time before now."),
    parameter("sort", {"enum": list(SORTS)}, "By what the list is in order.", "last_message"),
    parameter("order", {"enum": list(ORDERS)}, "Which way.", "desc"),
]
PAGE = [
    parameter("limit", {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT}, "Sessions of a page.", DEFAULT_LIMIT),
    parameter("before", TEXT, "The `next` of the page before."),
]
ID = {"session_id": "The session's id, percent-encoded."}
FILE: Json = {
    "responses": {
        200: {"description": "A table with a header line.", "content": {"text/csv": {"schema": TEXT}}},
        **refused(*READ, 422),
    }
}


def found(request: HttpRequest, session_id: str) -> Session:
    """404 for what is not there, and for what this viewer may not see: they cannot tell which."""
    session = find_session(viewer(request), session_id)
    if session is None:
        raise HttpError(404, "no such session")
    return session


@reading(router, "/sessions", "Sessions", 422, parameters=[*LIST, *PAGE])
def sessions(request: HttpRequest) -> Sessions:
    """Searched, filtered and in order. `next` is the `before` of the next page, also where a page is short."""
    return list_sessions(viewer(request), request.GET.dict())


@router.get(
    "/sessions.csv",
    operation_id="sessions_as_csv",
    summary="Sessions as a file",
    openapi_extra=FILE | {"parameters": LIST},
)
def sessions_as_csv(request: HttpRequest) -> StreamingHttpResponse:
    """All that match, in the list's order, however many."""
    pieces = csv_rows(viewer(request), request.GET.dict())
    heads = {"Content-Disposition": 'attachment; filename="sessions.csv"'}
    return StreamingHttpResponse(_one_by_one(pieces), content_type="text/csv; charset=utf-8", headers=heads)


async def _one_by_one(pieces: Iterator[str]) -> AsyncIterator[str]:
    """Each piece is made when the one before has been sent."""
    while piece := await sync_to_async(_piece)(pieces):
        yield piece


def _piece(pieces: Iterator[str]) -> str:
    return next(pieces, "")


@reading(router, "/sessions/{segment:session_id}/statistics", "A session's figures", 404)
def session_statistics(request: HttpRequest, session_id: str) -> SessionFigures:
    """The eight figures of a session, then the rest."""
    return session_figures(found(request, session_id), settings.SESSION_IDLE_GAP)


@reading(router, "/sessions/{segment:session_id}/messages", "A session's messages", 404, 422)
def session_messages(request: HttpRequest, session_id: str, limit: Limit = 100, before: Before = "") -> Messages:
    """In order of time; the newest page first. `next` is the `before` of the page of earlier ones."""
    return session_answers.messages(found(request, session_id), min(max(limit, 1), MAX_LIMIT), before)


@reading(router, "/sessions/{segment:session_id}/timeline", "What happened in a session", 404, 422)
def session_timeline(request: HttpRequest, session_id: str, limit: Limit = 100, before: Before = "") -> Timeline:
    """Messages as in `messages`, each with whether its response time stands out; votes, operations, start and end."""
    return session_answers.timeline(viewer(request), found(request, session_id), min(max(limit, 1), MAX_LIMIT), before)


@reading(router, "/sessions/{segment:session_id}", "One session", 404)
def session(request: HttpRequest, session_id: str) -> SessionHead:
    """Who, when, and its figures."""
    return details(found(request, session_id), time())
