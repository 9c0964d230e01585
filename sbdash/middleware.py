"""What belongs to a log-in is kept by no browser; a database that does not answer is said in words."""

import logging
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string

from monitoring.api.auth import is_database_down, problem

log = logging.getLogger(__name__)


class NoStore:
    """Middleware, before the one of sessions. An answer to a log-in is not stored: neither the cache nor the button
    for going back shows it once the log-in has ended. The answer that ends the log-in clears what is there."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        said = response.cookies.get(settings.SESSION_COOKIE_NAME)
        if said is not None or settings.SESSION_COOKIE_NAME in request.COOKIES:
            response.headers["Cache-Control"] = "no-store"
        if said is not None and not said.value:
            response.headers["Clear-Site-Data"] = '"cache"'
        return response


class DatabaseDown:
    """Middleware: a database that does not answer is said in words, with 503, by every page and by REST."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not is_database_down(error):
            return None
        log.error("the database does not answer %r: %s", request.path, error)
        if request.path.startswith("/api/"):
            answer: HttpResponse = problem(request, 503, "the database does not answer; ask again later")
        else:
            answer = HttpResponse(render_to_string("503.html"), status=503)
        answer["Retry-After"] = "5"
        return answer
