"""What belongs to a log-in is kept by no browser."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase


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
