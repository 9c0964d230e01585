"""REST views of sessions: lists, files, figures, messages, timelines. Owners see their own, staff see all."""

from collections.abc import AsyncIterator, Iterator
from time import time

from asgiref.sync import sync_to_async
from django.conf import settings
from django.http import HttpRequest, StreamingHttpResponse
from msgspec.structs import astuple
from ninja import Router
from ninja.errors import HttpError

from monitoring.api.auth import Before, Limit, viewer
from monitoring.api.cursors import message_cursor
from monitoring.api.openapi import READ, Json, parameter, problem_responses
from monitoring.api.rest import read_endpoint
from monitoring.api.schemas import Messages, Timeline
from monitoring.stats.figures import message_row, session_figures
from monitoring.stats.message import Message
from monitoring.stats.reader import find_session
from monitoring.stats.rows import SessionFigures, SessionHead
from monitoring.stats.session import Session
from monitoring.stats.sessions.detail import details, newest_page, related_rows, with_outliers
from monitoring.stats.sessions.page import csv_rows, list_sessions
from monitoring.stats.sessions.query import DEFAULT_LIMIT, MAX_LIMIT, ORDERS, OUTCOMES, SORTS, STATES, WITHIN_SECONDS
from monitoring.stats.sessions.rows import Sessions

router = Router(tags=["sessions"])
TEXT, NUMBER, COUNT = {"type": "string"}, {"type": "number", "minimum": 0}, {"type": "integer", "minimum": 0}
MOMENT = {"type": "string", "format": "date-time"}
LENGTH = {"type": "string", "pattern": "^[0-9]{1,12}(\\.[0-9]{1,9})? ?(ms|s|min|h|d)?$"}
LIST = [
    parameter("q", TEXT, "A session's id or a part of it; its owner's pseudonym or the beginning of it."),
    parameter("owner", TEXT, "An owner's pseudonym, such as `falcon-26`."),
    parameter("model", TEXT, "A model that the session used."),
    parameter("outcome", {"enum": list(OUTCOMES)}, "How the session ended; `failing`: with an error in it."),
    parameter(
        "state",
        {"enum": list(STATES)},
        "What the session is now; an open one is `active` or `idle`. Not with `outcome`.",
    ),
    parameter("min_cost", NUMBER, "USD at least."),
    parameter("max_cost", NUMBER, "USD at most."),
    parameter("min_duration", LENGTH, "The shortest duration: seconds, or with a unit, such as `10 min`."),
    parameter("max_duration", LENGTH, "The longest duration."),
    parameter("min_slowest", LENGTH, "The slowest answer took at least this long."),
    parameter("min_p95", LENGTH, "The p95 of the response times is at least this long."),
    parameter("min_errors", COUNT, "Failed messages and operations at least."),
    parameter("min_tokens", COUNT, "Tokens at least."),
    parameter("since", MOMENT, "Sessions with the last message at this time or later."),
    parameter("until", MOMENT, "Sessions started at this time or earlier; with `since`: active between the two."),
    parameter("within", {"enum": list(WITHIN_SECONDS)}, "Sessions with the last message within this time before now."),
    parameter("sort", {"enum": list(SORTS)}, "The sort key.", "last_message"),
    parameter("order", {"enum": list(ORDERS)}, "The sort order.", "desc"),
]
PAGE = [
    parameter("limit", {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT}, "Sessions per page.", DEFAULT_LIMIT),
    parameter("before", TEXT, "The `next` of the previous page."),
]
ID = {"session_id": "The session's id, percent-encoded."}
FILE: Json = {
    "responses": {
        200: {"description": "CSV with a header line.", "content": {"text/csv": {"schema": TEXT}}},
        **problem_responses(*READ, 422),
    }
}


def find_or_404(request: HttpRequest, session_id: str) -> Session:
    """Raises HttpError 404 if the session does not exist or the viewer has no access; the response is the same."""
    session = find_session(viewer(request), session_id)
    if session is None:
        raise HttpError(404, "no such session")
    return session


@read_endpoint(router, "/sessions", "Sessions", 422, parameters=[*LIST, *PAGE])
def sessions(request: HttpRequest) -> Sessions:
    """Sessions that match the filters. `next` is the `before` of the next page; a short page may have one, too."""
    return list_sessions(viewer(request), request.GET.dict())


@router.get(
    "/sessions.csv",
    operation_id="sessions_as_csv",
    summary="Sessions as a file",
    openapi_extra=FILE | {"parameters": LIST},
)
def sessions_as_csv(request: HttpRequest) -> StreamingHttpResponse:
    """All sessions that match the filters, in the list's order."""
    chunks = csv_rows(viewer(request), request.GET.dict())
    headers = {"Content-Disposition": 'attachment; filename="sessions.csv"'}
    return StreamingHttpResponse(_stream(chunks), content_type="text/csv; charset=utf-8", headers=headers)


async def _stream(chunks: Iterator[str]) -> AsyncIterator[str]:
    """A chunk is made after the one before has been sent."""
    while chunk := await sync_to_async(lambda: next(chunks, ""))():
        yield chunk


@read_endpoint(router, "/sessions/{segment:session_id}/statistics", "A session's figures", 404)
def session_statistics(request: HttpRequest, session_id: str) -> SessionFigures:
    """The eight main figures of a session, then all others."""
    return session_figures(find_or_404(request, session_id), settings.SESSION_IDLE_GAP)


@read_endpoint(router, "/sessions/{segment:session_id}/messages", "A session's messages", 404, 422)
def session_messages(request: HttpRequest, session_id: str, limit: Limit = 100, before: Before = "") -> Messages:
    """Messages in order of time; the newest page first. `next` is the `before` of the page of earlier ones."""
    page, following = _page(find_or_404(request, session_id), limit, before)
    return Messages([message_row(row) for row in page], following)


@read_endpoint(router, "/sessions/{segment:session_id}/timeline", "A session's timeline", 404, 422)
def session_timeline(request: HttpRequest, session_id: str, limit: Limit = 100, before: Before = "") -> Timeline:
    """Messages as in `messages`, with a mark on unusually slow answers; votes, operations, start and end."""
    found, reader = find_or_404(request, session_id), viewer(request)
    page, following = _page(found, limit, before)
    shown = with_outliers(page, time(), None if reader.sees_all else reader.person)
    return Timeline(*astuple(related_rows(found)), messages=shown, next=following)


def _page(session: Session, limit: int, before: str) -> tuple[list[Message], str | None]:
    """Messages in order of time, the newest page first, and the cursor of the page of earlier ones. Raises Unclear."""
    return newest_page(session, min(limit, MAX_LIMIT), message_cursor(before) if before else None)


@read_endpoint(router, "/sessions/{segment:session_id}", "One session", 404)
def session(request: HttpRequest, session_id: str) -> SessionHead:
    """A session's owner, times and figures."""
    return details(find_or_404(request, session_id), time())
