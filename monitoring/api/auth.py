"""Authenticates readers by a session cookie or a key with the scope `read`, and builds problem details."""

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

Limit = Annotated[int, Query(description="Rows of a page, 1 to 500; other values are clamped.")]
Before = Annotated[str, Query(description="The `next` of the previous page; default: the first page.")]


class ReadKey(HttpBearer):
    """A key with the scope `read` gives the same access as staff have."""

    def authenticate(self, request: HttpRequest, token: str) -> Viewer | None:
        key = find_api_key(token)
        if key is None:
            return None
        if "read" not in key.scopes.split():
            raise HttpError(403, "this key does not have the scope `read`")
        return Viewer(f"key {key.name}", frozenset({"ops"}))


class Cookie(APIKeyCookie):
    """The session cookie of a log-in."""

    param_name = "sessionid"

    def authenticate(self, request: HttpRequest, key: str | None) -> Viewer | None:
        viewer = viewer_of(request.user if request.user.is_authenticated else None)
        return None if viewer is NOBODY else viewer


def viewer(request: HttpRequest) -> Viewer:
    """The authenticated viewer, set by ReadKey or Cookie."""
    authenticated: Viewer = request.auth  # type: ignore[attr-defined]
    return authenticated


def staff(request: HttpRequest, what: str) -> None:
    """Raises HttpError 403 if the viewer is not staff. `what` is the beginning of the message: subject and verb."""
    if not viewer(request).sees_all:
        raise HttpError(403, f"{what} for staff")


def person(request: HttpRequest) -> int:
    """The viewer's person, who owns their sessions. Raises HttpError 404 if the viewer owns none."""
    key = viewer(request).person
    if key is None:
        raise HttpError(404, "you own no session: no event names you as its owner")
    return key


def problem(request: HttpRequest, status: int, title: str) -> HttpResponse:
    """A response with problem details (RFC 9457)."""
    body = encode(Problem("about:blank", title, status, request.path))
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return HttpResponse(body, status=status, headers=headers, content_type="application/problem+json")


def is_database_down(error: BaseException | None) -> bool:
    """Returns whether an error, on any of the databases, means that the database does not answer."""
    kinds = or_mongodb(OperationalError, InterfaceError)
    return isinstance(error, kinds) or (isinstance(error, DatabaseError) and is_database_down(error.__cause__))
