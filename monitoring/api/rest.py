"""Routes and encodes REST views: the type that a view returns describes its response."""

from collections.abc import Callable, Sequence
from typing import Literal, TypeVar, get_type_hints

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Router
from ninja.constants import NOT_SET
from ninja.errors import HttpError
from ninja.renderers import BaseRenderer

from monitoring.api.auth import AdminCookie, StaffCookie, WriteKey
from monitoring.api.openapi import JSON, Json, response_of, written
from monitoring.events.shape import Encoded, Shape, encode
from monitoring.people.viewer import ADMIN

View = TypeVar("View", bound=Callable[..., Shape | Encoded[Shape]])
Written = TypeVar("Written", bound=Callable[..., Shape | HttpResponse])
Kind = TypeVar("Kind")
MAX_BODY_BYTES = 65_536


def read_endpoint(
    router: Router, path: str, summary: str, *statuses: int, parameters: Sequence[Json] = ()
) -> Callable[[View], View]:
    """Decorator for a GET view. The return type describes the response, the name is the operation's id, the docstring
    its description. `statuses`: the errors besides those that every view may return."""

    def add(view: View) -> View:
        described = response_of(get_type_hints(view)["return"], *statuses)
        if parameters:
            described["parameters"] = list(parameters)
        added: View = router.get(path, operation_id=view.__name__, summary=summary, openapi_extra=described)(view)
        return added

    return add


def write_endpoint(
    router: Router,
    method: Literal["POST", "PUT", "DELETE"],
    path: str,
    summary: str,
    *statuses: int,
    body: type | None = None,
    kind: type | None = None,
    status: int = 200,
    for_staff: bool = False,
) -> Callable[[Written], Written]:
    """Decorator for a view that changes something, for administrators and keys with the scope `admin`, and with
    `for_staff` for each log-in of staff. The request has a body of type `body`, the response `status` one of type
    `kind`."""
    log_in = StaffCookie if for_staff else AdminCookie

    def add(view: Written) -> Written:
        added: Written = router.api_operation(
            [method],
            path,
            operation_id=view.__name__,
            summary=summary,
            openapi_extra=written(body, kind, *statuses, status=status),
            response=NOT_SET if status == 200 else {status: None},
            auth=[WriteKey(ADMIN), log_in(csrf=False)],
        )(view)
        return added

    return add


def body_of(request: HttpRequest) -> bytes:
    """The body of a request. Raises HttpError 413."""
    if len(request.body) > MAX_BODY_BYTES:
        raise HttpError(413, f"the body has at most {MAX_BODY_BYTES:,} bytes")
    return request.body


def decoded(request: HttpRequest, kind: type[Kind]) -> Kind:
    """The body of a request as a struct. Raises HttpError 413 or 422."""
    try:
        return msgspec.json.decode(body_of(request), type=kind)
    except msgspec.MsgspecError as error:
        raise HttpError(422, str(error)) from None


def gone() -> HttpResponse:
    """The response 204 of a view that removes."""
    return HttpResponse(status=204)


def created(shape: Shape) -> HttpResponse:
    """The response 201 of a view that writes."""
    return HttpResponse(encode(shape), status=201, content_type=JSON)


class ShapeRenderer(BaseRenderer):
    """Encodes the value that a view returns."""

    media_type = JSON

    def render(self, request: HttpRequest, data: Shape | Encoded[Shape], *, response_status: int) -> bytes:
        return encode(data)
