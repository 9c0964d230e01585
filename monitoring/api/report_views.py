"""Figures over many sessions, over REST: reports, what they mean, and the prices they reckon with."""

from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router

from monitoring.api import price_answers
from monitoring.api.auth import person, staff
from monitoring.api.rest import reading
from monitoring.api.schemas import Definitions, Prices
from monitoring.events.shape import Encoded
from monitoring.stats.definitions import DEFINITIONS
from monitoring.stats.reports import usage_report
from monitoring.stats.reports.cached import own_report, report
from monitoring.stats.reports.operations import Operations
from monitoring.stats.reports.operations_report import operations_report
from monitoring.stats.reports.owners import Mine
from monitoring.stats.reports.responses_report import Responses
from monitoring.stats.reports.responses_report import responses as all_responses
from monitoring.stats.reports.usage import Usage

router = Router(tags=["reports"])
MOST_DAYS = 90
EVERYBODY = "figures over everybody are"
Days = Annotated[int, Query(ge=1, le=MOST_DAYS, description="So many days in UTC, today included.")]


@reading(router, "/usage", "What was used", 422)
def usage(request: HttpRequest, days: Days = 28) -> Encoded[Usage]:
    """Messages, tokens and costs, real and shadow, by hour, day and model; how people talk, and when they leave; for
    staff."""
    staff(request, EVERYBODY)
    return report("usage", usage_report.usage, days)


@reading(router, "/responses", "How long people wait", 422)
def responses(request: HttpRequest, days: Days = 7) -> Encoded[Responses]:
    """Response times by hour, day and model, whether they became slower, and the answers that stand out; for staff."""
    staff(request, EVERYBODY)
    return report("responses", all_responses, days)


@reading(router, "/operations", "How the application does", 422)
def operations(request: HttpRequest, days: Days = 7) -> Encoded[Operations]:
    """Sessions that begin, live and end; errors; the application's operations by name; for staff."""
    staff(request, EVERYBODY)
    return report("operations", operations_report, days)


@reading(router, "/mine", "One's own figures", 404, 422)
def mine(request: HttpRequest, days: Days = 28) -> Encoded[Mine]:
    """What `usage` says, of one's own sessions alone, beside everybody else's where enough others are there."""
    return own_report(person(request), days)


@reading(router, "/definitions", "What the figures mean")
def definitions(request: HttpRequest) -> Definitions:
    """Every figure of pages and REST: its unit, its words, its window, and whether it is reported, recomputed or
    estimated."""
    return Definitions(list(DEFINITIONS.values()))


@reading(router, "/prices", "The price list")
def prices(request: HttpRequest) -> Prices:
    """What models cost elsewhere, with dates: shadow costs are made of it; for staff."""
    staff(request, "the price list is")
    return price_answers.prices()
