"""Figures over many sessions, over REST: reports, what they mean, and the prices they reckon with."""

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from monitoring.api.answers.meanings import Definitions, Prices
from monitoring.api.answers.reports import Mine, Operations, Usage
from monitoring.api.answers.responses import Responses
from monitoring.api.gate.views import person, staff
from monitoring.api.openapi import answer
from monitoring.api.reports import queries
from monitoring.api.rest.views import said
from monitoring.live.reports.queries import own_report, report
from monitoring.stats.definitions import listed

router = Router(tags=["reports"])
MOST_DAYS = 90
EVERYBODY = "figures over everybody are"
Days = Annotated[int, Query(ge=1, le=MOST_DAYS, description="So many days in UTC, today included.")]


@router.get("/usage", operation_id="usage", summary="What was used", openapi_extra=answer(Usage, 422))
def usage(request: HttpRequest, days: Days = 28) -> HttpResponse:
    """Messages, tokens and costs, real and shadow, by hour, day and model; how people talk, and when they leave; for
    staff."""
    staff(request, EVERYBODY)
    return written(report("usage", days))


@router.get(
    "/responses", operation_id="responses", summary="How long people wait", openapi_extra=answer(Responses, 422)
)
def responses(request: HttpRequest, days: Days = 7) -> HttpResponse:
    """Response times by hour, day and model, whether they became slower, and the answers that stand out; for staff."""
    staff(request, EVERYBODY)
    return written(report("responses", days))


@router.get(
    "/operations", operation_id="operations", summary="How the application does", openapi_extra=answer(Operations, 422)
)
def operations(request: HttpRequest, days: Days = 7) -> HttpResponse:
    """Sessions that begin, live and end; errors; the application's operations by name; for staff."""
    staff(request, EVERYBODY)
    return written(report("operations", days))


@router.get("/mine", operation_id="mine", summary="One's own figures", openapi_extra=answer(Mine, 404, 422))
def mine(request: HttpRequest, days: Days = 28) -> HttpResponse:
    """What `usage` says, of one's own sessions alone, beside everybody else's where enough others are there."""
    return written(own_report(person(request), days))


@router.get(
    "/definitions", operation_id="definitions", summary="What the figures mean", openapi_extra=answer(Definitions)
)
def definitions(request: HttpRequest) -> HttpResponse:
    """Every figure of pages and REST: its unit, its words, its window, and whether it is reported, recomputed or
    estimated."""
    return said({"definitions": listed()})


@router.get("/prices", operation_id="prices", summary="The price list", openapi_extra=answer(Prices))
def prices(request: HttpRequest) -> HttpResponse:
    """What models cost elsewhere, with dates: shadow costs are made of it; for staff."""
    staff(request, "the price list is")
    return said(queries.prices())


def written(body: bytes) -> HttpResponse:
    """A report that is written already."""
    return HttpResponse(body, content_type="application/json")
