"""Routes and encodes REST views: the type that a view returns describes its response."""

from collections.abc import Callable
from typing import Any, TypeVar, get_type_hints

from django.http import HttpRequest
from ninja import Router
from ninja.renderers import BaseRenderer

from monitoring.api.openapi import JSON, response_of
from monitoring.events.shape import Encoded, Shape, encode

View = TypeVar("View", bound=Callable[..., Shape | Encoded[Shape]])


def read_endpoint(router: Router, path: str, summary: str, *statuses: int, **more: Any) -> Callable[[View], View]:
    """Decorator for a GET view. The return type describes the response, the name is the operation's id, the docstring
    its description. `statuses`: the errors besides those that every view may return."""

    def add(view: View) -> View:
        described = response_of(get_type_hints(view)["return"], *statuses) | more
        added: View = router.get(path, operation_id=view.__name__, summary=summary, openapi_extra=described)(view)
        return added

    return add


class ShapeRenderer(BaseRenderer):
    """Encodes the value that a view returns."""

    media_type = JSON

    def render(self, request: HttpRequest, data: Shape | Encoded[Shape], *, response_status: int) -> bytes:
        return encode(data)
