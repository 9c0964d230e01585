"""What holds of every answer of REST: its description is its type, refusals are problem details, what a reader has
already is not sent again, and HEAD is GET without the body."""

from collections.abc import Callable
from hashlib import blake2b
from typing import Any, TypeVar, get_type_hints

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers
from ninja import Router
from ninja.renderers import BaseRenderer

from monitoring.api.auth import problem
from monitoring.api.openapi import JSON, answer
from monitoring.events.shape import Encoded, Shape, encode

UNDER = "/api/v1/"
TITLES = {
    400: "the request as a whole cannot be read",
    404: "there is no such address",
    405: "not with this method",
    500: "something broke here; the log says what",
}
"""Where Django itself has refused, with a page or with nothing."""

View = TypeVar("View", bound=Callable[..., Shape | Encoded[Shape]])


def reading(router: Router, path: str, summary: str, *refusals: int, **more: Any) -> Callable[[View], View]:
    """A view's address: the type that it returns is encoded, and is the description of the answer. Its name is the
    operation's, its docstring the words."""

    def add(view: View) -> View:
        described = answer(get_type_hints(view)["return"], *refusals) | more
        added: View = router.get(path, operation_id=view.__name__, summary=summary, openapi_extra=described)(view)
        return added

    return add


class Shapes(BaseRenderer):
    """Encodes what a view returns."""

    media_type = JSON

    def render(self, request: HttpRequest, data: Shape | Encoded[Shape], *, response_status: int) -> bytes:
        return encode(data)


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
