"""Middleware: probes of machines are answered first; answers of REST have tags, and refusals are problem details."""

import logging
from collections.abc import Callable
from hashlib import blake2b

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.security import SecurityMiddleware
from django.urls import Resolver404, resolve
from django.utils.cache import get_conditional_response, patch_vary_headers

from monitoring.api.auth import is_silence, problem

log = logging.getLogger(__name__)
UNDER = "/api/v1/"


TITLES = {
    400: "the request as a whole cannot be read",
    404: "there is no such address",
    405: "not with this method",
    500: "something broke here; the log says what",
}
"""Where Django itself has refused, with a page or with nothing."""


class Probes:
    """Middleware, the first one: what machines ask is answered by whatever name and scheme they call us.
    The headers are those of every answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        self._security = SecurityMiddleware(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            view = resolve("/" + request.path_info.strip("/"), "monitoring.api.urls").func
        except Resolver404:
            return self._get_response(request)
        try:
            answer: HttpResponse = view(request)
        except Exception as error:
            if not is_silence(error):
                raise
            log.error("the database does not answer %r: %s", request.path, error)
            answer = problem(request, 503, "the database does not answer; ask again later")
        return self._security.process_response(request, answer)


class Rest:
    """Middleware. Answers carry a strong ETag, their body's hash; who sends back the newest one, gets 304 (RFC 9110,
    section 13).

    Nobody between may keep what belongs to one reader, and nobody may show what is kept without asking. What is sent as
    a stream has no tag: its hash is known when it is over.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path.startswith(UNDER):
            return self._get_response(request)
        asked, request.method = request.method, "GET" if request.method == "HEAD" else request.method
        response = in_words(request, self._get_response(request))
        patch_vary_headers(response, ("Authorization", "Cookie"))
        response.headers.setdefault("Cache-Control", "private, no-cache")
        response, request.method = unless_known(request, response), asked
        return bare(response) if asked == "HEAD" else response


def bare(response: HttpResponseBase) -> HttpResponseBase:
    """The same without its body; its length is told where it is known. A file is not made."""
    if not response.streaming:
        if response.status_code != 304:
            response.headers.setdefault("Content-Length", str(len(response.content)))  # type: ignore[attr-defined]
        response.content = b""  # type: ignore[attr-defined]
        return response
    response.close()
    return HttpResponse(status=response.status_code, headers=response.headers)


def in_words(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Django's own refusals as problem details (RFC 9457)."""
    title = TITLES.get(response.status_code)
    if title is None or response.headers.get("Content-Type", "").startswith("application/problem+json"):
        return response
    said = problem(request, response.status_code, title)
    if "Allow" in response.headers:
        said["Allow"] = response.headers["Allow"]
    return said


def unless_known(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """The answer with its tag; without its body where the reader has it."""
    if request.method != "GET" or response.status_code != 200 or response.streaming:
        return response
    tag = f'"{blake2b(response.content, digest_size=16).hexdigest()}"'  # type: ignore[attr-defined]
    response.headers["ETag"] = tag
    found: HttpResponseBase | None = get_conditional_response(request, etag=tag, response=response)  # type: ignore[arg-type]
    return found or response
