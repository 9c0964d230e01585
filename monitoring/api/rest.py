"""Routes of REST: the type that a view returns is encoded, and is the description of the answer."""

from collections.abc import Callable
from typing import Any, TypeVar, get_type_hints

from django.http import HttpRequest
from ninja import Router
from ninja.renderers import BaseRenderer

from monitoring.api.openapi import JSON, answer
from monitoring.events.shape import Encoded, Shape, encode

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
