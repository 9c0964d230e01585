"""REST for reading: a log-in's cookie, or a key with the scope `read`."""

import logging
from datetime import datetime
from time import time
from typing import Any

from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.security import APIKeyCookie, HttpBearer
from pymongo.errors import PyMongoError

from monitoring.api.queries import (
    FIGURES,
    health,
    ready,
    security_list,
    series,
    session_list,
    session_messages,
    session_statistics,
)
from monitoring.ingest.queries import sources
from monitoring.operations.queries import last_report, shown
from monitoring.people.store import find_api_key, viewer_of
from monitoring.people.viewer import NOBODY, Viewer

log = logging.getLogger(__name__)
MOST = 500


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


api = NinjaAPI(
    title="sbdash",
    version="1.0",
    description="Figures of chat sessions. Times are RFC 3339 in UTC, durations seconds, cost USD.",
    auth=[ReadKey(), Cookie(csrf=False)],
    urls_namespace="api",
    docs_url="/docs",
    openapi_url="/openapi.json",
)


def problem(request: HttpRequest, status: int, title: str) -> JsonResponse:
    """RFC 9457."""
    body = {"type": "about:blank", "title": title, "status": status, "instance": request.path}
    return JsonResponse(body, status=status, content_type="application/problem+json")


def is_silence(error: BaseException | None) -> bool:
    """Whether this is what is raised, on one database or another, when it does not answer."""
    known = (OperationalError, InterfaceError, PyMongoError)
    return isinstance(error, known) or (isinstance(error, DatabaseError) and is_silence(error.__cause__))


@api.exception_handler(AuthenticationError)
def _not_known(request: HttpRequest, error: AuthenticationError) -> JsonResponse:
    return problem(request, 401, "log in, or send a key with the scope `read`")


@api.exception_handler(HttpError)
def _refused(request: HttpRequest, error: HttpError) -> JsonResponse:
    return problem(request, error.status_code, str(error))


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> JsonResponse:
    first = error.errors[0] if error.errors else {"loc": (), "msg": "invalid"}
    return problem(request, 422, f"{'.'.join(map(str, first['loc'][1:]))}: {first['msg']}")


def viewer(request: HttpRequest) -> Viewer:
    """Who asks; set by the authentication above."""
    found: Viewer = request.auth  # type: ignore[attr-defined]
    return found


@api.get("/sessions")
def sessions(request: HttpRequest, limit: int = 50, before: str = "") -> dict[str, Any]:
    """Sessions, the latest message first. `next` is the `before` of the next page."""
    return session_list(viewer(request), min(max(limit, 1), MOST), before)


@api.get("/sessions/{path:session_id}/statistics")
def statistics(request: HttpRequest, session_id: str) -> dict[str, Any]:
    """The eight figures of a session, then the rest."""
    return found(session_statistics(viewer(request), session_id))


@api.get("/sessions/{path:session_id}/messages")
def messages(request: HttpRequest, session_id: str, limit: int = 100, before: str = "") -> dict[str, Any]:
    """Messages of a session, in order; the newest page first. `next` is the `before` of the page of earlier ones."""
    return found(session_messages(viewer(request), session_id, min(max(limit, 1), MOST), before))


@api.get("/sessions/{path:session_id}")
def session(request: HttpRequest, session_id: str) -> dict[str, Any]:
    """One session: who, when, and its figures."""
    return found(session_statistics(viewer(request), session_id, head=True))


@api.get("/security/events")
def security_events(request: HttpRequest, limit: int = 100, before: str = "") -> dict[str, Any]:
    """Accesses, rate limits and what the security log says, the newest first; owners see their own."""
    return security_list(viewer(request), min(max(limit, 1), MOST), before)


@api.get("/metrics/{name}")
def metrics(request: HttpRequest, name: str, to: datetime | None = None, step: int = 60) -> dict[str, Any]:
    """A figure over time: `from` and `to` (RFC 3339; the last hour without them), `step` in seconds."""
    if not viewer(request).sees_all:
        raise HttpError(403, "figures over everybody are for staff")
    if name not in FIGURES:
        raise HttpError(404, f"no figure {name!r}; there are {', '.join(FIGURES)}")
    end = to.timestamp() if to else time()
    try:
        return series(name, _from(request, end), end, step)
    except ValueError as error:
        raise HttpError(422, f"step: {error}") from None


@api.get("/sources")
def sources_of_events(request: HttpRequest) -> dict[str, Any]:
    """How the follower of MongoDB is, which dialects were seen, and what was counted and not kept."""
    if not viewer(request).sees_all:
        raise HttpError(403, "where events come from, is for staff")
    return sources()


@api.get("/consistency")
def consistency(request: HttpRequest) -> dict[str, Any]:
    """What the last check of the figures found: against their messages, and against what the application stored."""
    if not viewer(request).sees_all:
        raise HttpError(403, "whether the figures agree, is for staff")
    return {"report": shown(last_report())}


@api.get("/health")
def state_of_health(request: HttpRequest) -> dict[str, Any]:
    """How the monitoring itself is: the journal's head, each stage's position and lag, what the door saw."""
    if not viewer(request).sees_all:
        raise HttpError(403, "how the monitoring is, is for staff")
    return health()


def found(answer: dict[str, Any] | None) -> dict[str, Any]:
    """404 for what is not there, and for what this viewer may not see: they cannot tell which."""
    if answer is None:
        raise HttpError(404, "no such session")
    return answer


def _from(request: HttpRequest, end: float) -> float:
    words = request.GET.get("from", "")
    try:
        return datetime.fromisoformat(words).timestamp() if words else end - 3600
    except ValueError:
        raise HttpError(422, f"from: {words[:60]!r} is not a time in RFC 3339") from None


def healthz(request: HttpRequest) -> JsonResponse:
    """Alive: the process answers."""
    return JsonResponse({"status": "ok"})


def loki_ready(request: HttpRequest) -> HttpResponse:
    """What Loki answers to who asks whether it is ready."""
    problems = _problems()
    return HttpResponse("\n".join(problems) or "ready\n", content_type="text/plain", status=503 if problems else 200)


def readyz(request: HttpRequest) -> JsonResponse:
    """Ready: database and journal can be read, and the pipeline is not far behind."""
    problems = _problems()
    return JsonResponse(
        {"status": "unwell" if problems else "ok", "problems": problems}, status=503 if problems else 200
    )


def _problems() -> list[str]:
    try:
        return ready()
    except (DatabaseError, PyMongoError):
        log.exception("the database does not answer")
        return ["the database does not answer; the log says why"]
