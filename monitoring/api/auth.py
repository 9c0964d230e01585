"""Who may read: a log-in's cookie, or a key with the scope `read`; and how a refusal is said."""

from typing import Annotated

from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from ninja import Query
from ninja.errors import HttpError
from ninja.security import APIKeyCookie, HttpBearer

from monitoring.db.errors import or_mongodb
from monitoring.events.shape import Problem, encode
from monitoring.people.store import find_api_key, viewer_of
from monitoring.people.viewer import NOBODY, Viewer

Limit = Annotated[int, Query(description="Rows of a page, 1 to 500; what lies outside is taken as the nearest.")]
Before = Annotated[str, Query(description="The `next` of the page before; the first page without it.")]


class ReadKey(HttpBearer):
    """A key with the scope `read` sees what staff see."""

    def authenticate(self, request: HttpRequest, token: str) -> Viewer | None:
        key = find_api_key(token)
        if key is None:
            return None
        if "read" not in key.scopes.split():
            raise HttpError(403, "this key does not have the scope `read`")
        return Viewer(f"key {key.name}", frozenset({"ops"}))


class Cookie(APIKeyCookie):
    """A log-in."""

    param_name = "sessionid"

    def authenticate(self, request: HttpRequest, key: str | None) -> Viewer | None:
        viewer = viewer_of(request.user if request.user.is_authenticated else None)
        return None if viewer is NOBODY else viewer


def viewer(request: HttpRequest) -> Viewer:
    """Who asks; set by the authentication above."""
    found: Viewer = request.auth  # type: ignore[attr-defined]
    return found


def staff(request: HttpRequest, what: str) -> None:
    """Refuse whoever is not staff; `what` begins the sentence."""
    if not viewer(request).sees_all:
        raise HttpError(403, f"{what} for staff")


def person(request: HttpRequest) -> int:
    """The key of the person whose sessions are the viewer's."""
    found = viewer(request).person
    if found is None:
        raise HttpError(404, "no session is yours: nothing that was sent names you as its owner")
    return found


def problem(request: HttpRequest, status: int, title: str) -> HttpResponse:
    """RFC 9457."""
    body = encode(Problem("about:blank", title, status, request.path))
    asked = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return HttpResponse(body, status=status, headers=asked, content_type="application/problem+json")


def is_silence(error: BaseException | None) -> bool:
    """Whether this is what is raised, on one database or another, when it does not answer."""
    known = or_mongodb(OperationalError, InterfaceError)
    return isinstance(error, known) or (isinstance(error, DatabaseError) and is_silence(error.__cause__))
