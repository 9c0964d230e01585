"""REST views of the reports, the figures' definitions and the price list."""

from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router

from monitoring.api import price_answers
from monitoring.api.auth import person, staff
from monitoring.api.rest import read_endpoint
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
MAX_DAYS = 90
ALL_USERS = "figures over all users are"
Days = Annotated[int, Query(ge=1, le=MAX_DAYS, description="Number of days in UTC, including today.")]


@read_endpoint(router, "/usage", "Usage", 422)
def usage(request: HttpRequest, days: Days = 28) -> Encoded[Usage]:
    """Messages, tokens and costs, real and shadow, by hour, day and model; lengths of conversations, and when users
    leave them. For staff."""
    staff(request, ALL_USERS)
    return report("usage", usage_report.usage, days)


@read_endpoint(router, "/responses", "Response times", 422)
def responses(request: HttpRequest, days: Days = 7) -> Encoded[Responses]:
    """Response times by hour, day and model, changes for the worse, and unusually slow answers. For staff."""
    staff(request, ALL_USERS)
    return report("responses", all_responses, days)


@read_endpoint(router, "/operations", "Operations of the application", 422)
def operations(request: HttpRequest, days: Days = 7) -> Encoded[Operations]:
    """Started, active and ended sessions; errors; the application's operations by name. For staff."""
    staff(request, ALL_USERS)
    return report("operations", operations_report, days)


@read_endpoint(router, "/mine", "Own figures", 404, 422)
def mine(request: HttpRequest, days: Days = 28) -> Encoded[Mine]:
    """The figures of `usage` for the user's own sessions, compared with all other users if there are enough of them."""
    return own_report(person(request), days)


@read_endpoint(router, "/definitions", "Definitions of the figures")
def definitions(request: HttpRequest) -> Definitions:
    """Every figure of pages and REST: its unit, its meaning, its window, and whether it is reported, recomputed or
    estimated."""
    return Definitions(list(DEFINITIONS.values()))


@read_endpoint(router, "/prices", "The price list")
def prices(request: HttpRequest) -> Prices:
    """Prices of models at commercial providers, with dates: the basis of shadow costs. For staff."""
    staff(request, "the price list is")
    return price_answers.prices()
