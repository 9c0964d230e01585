"""Middleware: forbids browsers to store responses to a log-in; answers 503 while the database is down; lets the origins
of EMBED_ORIGINS show wall screens in a frame."""

import logging
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string

from monitoring.api.auth import is_database_down, problem

log = logging.getLogger(__name__)
WALL_SCREENS = frozenset({"/", "/usage/", "/responses/", "/operations/"})
"""Pages that the origins of EMBED_ORIGINS may show in a frame."""


class NoStoreMiddleware:
    """Comes before the middleware of sessions. Responses to a log-in are not stored, so that neither the cache nor the
    back button shows them after a log-out. The response to a log-out clears the cache."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        cookie = response.cookies.get(settings.SESSION_COOKIE_NAME)
        if cookie is not None or settings.SESSION_COOKIE_NAME in request.COOKIES:
            response.headers["Cache-Control"] = "no-store"
        if cookie is not None and not cookie.value:
            response.headers["Clear-Site-Data"] = '"cache"'
        return response


class EmbedMiddleware:
    """Comes after the middleware of the Content-Security-Policy. Only WALL_SCREENS with `?kiosk` may be framed, and
    only by the origins of EMBED_ORIGINS: they have no controls that a click could be led to."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        if settings.EMBED_ORIGINS and request.GET.get("kiosk") in ("", "1") and request.path in WALL_SCREENS:
            response._csp_replace = {"frame-ancestors": settings.EMBED_ORIGINS}  # type: ignore[attr-defined]
            del response.headers["X-Frame-Options"]
        return response


class DatabaseDownMiddleware:
    """Answers 503 while the database does not answer: pages with an error page, REST with problem details."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not is_database_down(error):
            return None
        log.error("the database does not answer %r: %s", request.path, error)
        if request.path.startswith("/api/"):
            response: HttpResponse = problem(request, 503, "the database does not answer; try again later")
        else:
            response = HttpResponse(render_to_string("503.html"), status=503)
        response["Retry-After"] = "5"
        return response
