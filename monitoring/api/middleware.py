"""Middleware of the API: health checks before other middleware; entity tags and problem details for REST."""

import logging
from collections.abc import Callable
from hashlib import blake2b

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.security import SecurityMiddleware
from django.urls import Resolver404, resolve
from django.utils.cache import get_conditional_response, patch_vary_headers

from monitoring.api.auth import is_database_down, problem

log = logging.getLogger(__name__)
REST_PREFIX = "/api/v1/"


TITLES = {
    400: "the request cannot be parsed",
    404: "there is no such path",
    405: "this method is not allowed",
    500: "internal server error; the log has the cause",
}
"""Titles of the errors for which Django itself answers with a page or an empty body."""


class ProbeMiddleware:
    """Answers health checks and metrics before all other middleware, so that ALLOWED_HOSTS and redirects to HTTPS do
    not apply. Responses have the same security headers as all others."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        self._security = SecurityMiddleware(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            view = resolve("/" + request.path_info.strip("/"), "monitoring.api.urls").func
        except Resolver404:
            return self._get_response(request)
        try:
            response: HttpResponse = view(request)
        except Exception as error:
            if not is_database_down(error):
                raise
            log.error("the database does not answer %r: %s", request.path, error)
            response = problem(request, 503, "the database does not answer; try again later")
        return self._security.process_response(request, response)


class RestMiddleware:
    """Adds a strong ETag, the body's hash, to responses of REST; a request with the current one gets 304 (RFC 9110,
    section 13).

    `Cache-Control` forbids shared caches to store a response, and private ones to use it without revalidation. A
    streamed response has no tag, because its hash is known only at its end.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path.startswith(REST_PREFIX):
            return self._get_response(request)
        method, request.method = request.method, "GET" if request.method == "HEAD" else request.method
        response = as_problem(request, self._get_response(request))
        patch_vary_headers(response, ("Authorization", "Cookie"))
        response.headers.setdefault("Cache-Control", "private, no-cache")
        response, request.method = with_etag(request, response), method
        return without_body(response) if method == "HEAD" else response


def without_body(response: HttpResponseBase) -> HttpResponseBase:
    """The response without its body, with `Content-Length` if the length is known. A streamed body is not generated."""
    if not response.streaming:
        if response.status_code != 304:
            response.headers.setdefault("Content-Length", str(len(response.content)))  # type: ignore[attr-defined]
        response.content = b""  # type: ignore[attr-defined]
        return response
    response.close()
    return HttpResponse(status=response.status_code, headers=response.headers)


def as_problem(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Replaces Django's own error responses by problem details (RFC 9457)."""
    title = TITLES.get(response.status_code)
    if title is None or response.headers.get("Content-Type", "").startswith("application/problem+json"):
        return response
    details = problem(request, response.status_code, title)
    if "Allow" in response.headers:
        details["Allow"] = response.headers["Allow"]
    return details


def with_etag(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """The response with its ETag, or 304 if the client has it."""
    if request.method != "GET" or response.status_code != 200 or response.streaming:
        return response
    tag = f'"{blake2b(response.content, digest_size=16).hexdigest()}"'  # type: ignore[attr-defined]
    response.headers["ETag"] = tag
    conditional: HttpResponseBase | None = get_conditional_response(request, etag=tag, response=response)  # type: ignore[arg-type]
    return conditional or response
