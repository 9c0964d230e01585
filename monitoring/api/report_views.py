"""REST views of the reports, the figures' definitions and the price list."""

from datetime import datetime
from math import ceil
from time import time
from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router
from ninja.errors import HttpError

from monitoring.api.auth import person, staff
from monitoring.api.moments import seconds
from monitoring.api.rest import read_endpoint
from monitoring.api.schemas import Definitions, PriceRow, Prices
from monitoring.events.shape import Encoded
from monitoring.stats.definitions import DEFINITIONS
from monitoring.stats.price_list import Price, per_million
from monitoring.stats.prices import price_list, today
from monitoring.stats.reports import usage_report
from monitoring.stats.reports.cached import own_report, report
from monitoring.stats.reports.operations import Operations
from monitoring.stats.reports.operations_report import operations_report
from monitoring.stats.reports.owners import Mine
from monitoring.stats.reports.responses_report import Responses
from monitoring.stats.reports.responses_report import responses as all_responses
from monitoring.stats.reports.usage import Usage
from monitoring.stats.window import MAX_SPAN, MIN_SPAN, Period, days_up_to, fixed

router = Router(tags=["reports"])
MAX_DAYS = 90
ALL_USERS = "figures over all users are"
Days = Annotated[int, Query(ge=1, le=MAX_DAYS, description="Number of days in UTC, including today; not with `from`.")]
From = Annotated[
    datetime | None,
    Query(
        alias="from",
        description="RFC 3339, in place of `days`. The report is rounded outwards: to whole hours in UTC, or to whole "
        "days if it is longer than three.",
    ),
]
To = Annotated[datetime | None, Query(alias="to", description="RFC 3339; default: now. At most 400 days after `from`.")]


def _period(days: int, start: datetime | None, end: datetime | None, now: float) -> Period:
    """The hours or days of a report."""
    if start is None:
        if end is not None:
            raise HttpError(422, "to: give `from` as well, or neither for the last days")
        return days_up_to(days, now)
    first, last = int(seconds(start)), ceil(seconds(end)) if end else int(now)
    if not MIN_SPAN <= last - first <= MAX_SPAN:
        raise HttpError(422, "from: use a time at least a minute and at most 400 days before `to`")
    return fixed(first, last).period(now)


@read_endpoint(router, "/usage", "Usage", 422)
def usage(request: HttpRequest, days: Days = 28, start: From = None, end: To = None) -> Encoded[Usage]:
    """Messages, tokens and costs, real and shadow, by hour, day and model; lengths of conversations, and when users
    leave them. For staff."""
    staff(request, ALL_USERS)
    return report("usage", usage_report.usage, _period(days, start, end, time()))


@read_endpoint(router, "/responses", "Response times", 422)
def responses(request: HttpRequest, days: Days = 7, start: From = None, end: To = None) -> Encoded[Responses]:
    """Response times by hour, day and model, changes for the worse, and unusually slow answers. For staff."""
    staff(request, ALL_USERS)
    return report("responses", all_responses, _period(days, start, end, time()))


@read_endpoint(router, "/operations", "Operations of the application", 422)
def operations(request: HttpRequest, days: Days = 7, start: From = None, end: To = None) -> Encoded[Operations]:
    """Started, active and ended sessions; errors; the application's operations by name. For staff."""
    staff(request, ALL_USERS)
    return report("operations", operations_report, _period(days, start, end, time()))


@read_endpoint(router, "/mine", "Own figures", 404, 422)
def mine(request: HttpRequest, days: Days = 28, start: From = None, end: To = None) -> Encoded[Mine]:
    """The figures of `usage` for the user's own sessions, in whole days. The last 7, 28 and 90 days are compared with
    all other users if there are enough of them."""
    owner, now = person(request), time()
    period = _period(days, start, end, now)
    return own_report(owner, fixed(period.start, period.until).days_of(now))


@read_endpoint(router, "/definitions", "Definitions of the figures")
def definitions(request: HttpRequest) -> Definitions:
    """Every figure of pages and REST: its unit, its meaning, its window, and whether it is reported, recomputed or
    estimated."""
    return Definitions(list(DEFINITIONS.values()))


@read_endpoint(router, "/prices", "The price list")
def prices(request: HttpRequest) -> Prices:
    """Prices of models at commercial providers, with dates: the basis of shadow costs. For staff."""
    staff(request, "the price list is")
    listed = price_list()
    return Prices(listed.version, list(map(_row, listed.prices)), list(map(_row, listed.in_force(today()))))


def _row(price: Price) -> PriceRow:
    cost = float(per_million(price.prompt)), float(per_million(price.completion))
    return PriceRow(price.model, price.valid_from.isoformat(), *cost, price.version, price.note)
