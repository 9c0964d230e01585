"""Authenticates readers and writers by a session cookie or a key with a scope, and builds problem details."""

from dataclasses import dataclass
from typing import Annotated

from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from ninja import Query
from ninja.errors import HttpError
from ninja.security import APIKeyCookie, HttpBearer
from ninja.utils import check_csrf

from monitoring.db.errors import or_mongodb
from monitoring.events.internal import Actor
from monitoring.events.shape import Problem, encode
from monitoring.people.users import find_api_key, viewer_of
from monitoring.people.viewer import ADMIN, NOBODY, OPS, Viewer

Limit = Annotated[int, Query(ge=1, description="Rows of a page, 1 to 500; above that, 500.")]
Before = Annotated[str, Query(description="The `next` of the previous page; default: the first page.")]


class ReadKey(HttpBearer):
    """A key with the scope `read` gives the same access as staff have, one with `admin` that of administrators."""

    def authenticate(self, request: HttpRequest, token: str) -> Viewer | None:
        key = find_api_key(token)
        if key is None:
            return None
        scopes = set(key.scopes.split())
        if not {"read", ADMIN} & scopes:
            raise HttpError(403, "this key does not have the scope `read`")
        return Viewer(f"key {key.name}", frozenset({OPS} | {ADMIN} & scopes))


@dataclass(frozen=True, slots=True)
class Writer:
    """The person or program that changes something over REST."""

    name: str
    actor: Actor


class WriteKey(HttpBearer):
    """A key with this scope, or with the scope `admin`."""

    def __init__(self, scope: str) -> None:
        super().__init__()
        self._scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> Writer | None:
        key = find_api_key(token)
        if key is None:
            return None
        if not {self._scope, ADMIN} & set(key.scopes.split()):
            raise HttpError(403, f"this key does not have the scope `{self._scope}`")
        return Writer(f"key {key.name}", Actor("key", key=key.pk))


class AdminCookie(APIKeyCookie):
    """An administrator's log-in. The request needs the header `X-CSRFToken`, as a form would."""

    param_name = "sessionid"

    def _refusal(self, viewer: Viewer) -> str:
        """Returns why this viewer may not change it; empty if they may."""
        return "" if viewer.is_admin else "this change is for administrators"

    def authenticate(self, request: HttpRequest, key: str | None) -> Writer | None:
        viewer = viewer_of(request.user if request.user.is_authenticated else None)
        if viewer is NOBODY:
            return None
        if words := self._refusal(viewer):
            raise HttpError(403, words)
        if check_csrf(request):
            raise HttpError(403, "send the cookie `csrftoken` as the header `X-CSRFToken` too")
        return Writer(viewer.name, Actor("user", key=request.user.pk))


class StaffCookie(AdminCookie):
    """A log-in of staff, with the header `X-CSRFToken`."""

    def _refusal(self, viewer: Viewer) -> str:
        return "" if viewer.sees_all else "this change is for staff"


class Cookie(APIKeyCookie):
    param_name = "sessionid"

    def authenticate(self, request: HttpRequest, key: str | None) -> Viewer | None:
        viewer = viewer_of(request.user if request.user.is_authenticated else None)
        return None if viewer is NOBODY else viewer


def viewer(request: HttpRequest) -> Viewer:
    """The authenticated viewer, set by ReadKey or Cookie."""
    authenticated: Viewer = request.auth  # type: ignore[attr-defined]
    return authenticated


def writer(request: HttpRequest) -> Writer:
    """The authenticated writer, set by WriteKey, AdminCookie or StaffCookie."""
    authenticated: Writer = request.auth  # type: ignore[attr-defined]
    return authenticated


def staff(request: HttpRequest, what: str) -> None:
    """Raises HttpError 403 if the viewer is not staff. `what` is the beginning of the message: subject and verb."""
    if not viewer(request).sees_all:
        raise HttpError(403, f"{what} for staff")


def administrators(request: HttpRequest, what: str) -> None:
    """Raises HttpError 403 if the viewer is no administrator. `what`: subject and verb."""
    if not viewer(request).is_admin:
        raise HttpError(403, f"{what} for administrators")


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
