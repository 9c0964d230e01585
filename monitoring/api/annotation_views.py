"""REST views of annotations: marks on the charts, such as deploys, that programs and administrators set."""

from datetime import datetime
from time import time
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router
from ninja.errors import HttpError

from monitoring.api.auth import AdminCookie, WriteKey, staff, writer
from monitoring.api.moments import seconds
from monitoring.api.openapi import written
from monitoring.api.rest import created, read_endpoint
from monitoring.health import annotations as store
from monitoring.health.annotation import Annotation, Annotations, Invalid, NewAnnotation, parse

router = Router(tags=["annotations"])
DAY_SECONDS, MAX_BODY_BYTES = 86_400, 16_384
From = Annotated[datetime | None, Query(alias="from", description="RFC 3339; default: two days before `to`.")]
To = Annotated[datetime | None, Query(description="RFC 3339; default: a day from now, as clocks may be ahead.")]


@router.post(
    "/annotations",
    operation_id="annotate",
    summary="Mark a moment on the charts",
    openapi_extra=written(NewAnnotation, Annotation, 400, 413, 422),
    response={201: None},
    auth=[WriteKey("annotate"), AdminCookie(csrf=False)],
)
def annotate(request: HttpRequest) -> HttpResponse:
    """A deploy or a note, for keys with the scope `annotate` or `admin`, and for administrators. Sent again with the
    same `id` it is kept once, as it was first. Staff see it on every chart of time."""
    if len(request.body) > MAX_BODY_BYTES:
        raise HttpError(413, f"an annotation has at most {MAX_BODY_BYTES:,} bytes")
    by = writer(request)
    try:
        return created(store.annotate(parse(request.body), by.name, by.actor))
    except Invalid as error:
        raise HttpError(422, str(error)) from None


@read_endpoint(router, "/annotations", "Marks on the charts", 422)
def annotations(request: HttpRequest, start: From = None, to: To = None) -> Annotations:
    """The newest 500 annotations between `from` and `to`, in order of time. For staff."""
    staff(request, "annotations are")
    end = seconds(to) if to else time() + DAY_SECONDS
    return store.annotations(seconds(start) if start else end - 2 * DAY_SECONDS, end)
