"""REST views of the receivers of alerts."""

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router
from ninja.errors import HttpError

from monitoring.alerts.deliveries import MAX_PAGE, State, deliveries, retry_dead
from monitoring.alerts.receiver import NewReceiver, Receiver, parse
from monitoring.alerts.receivers import delete_receiver, receivers, save_receiver
from monitoring.alerts.rows import Deliveries
from monitoring.alerts.sender import send_test
from monitoring.alerts.tell import site
from monitoring.api.auth import Before, Limit, administrators, staff, writer
from monitoring.api.cursors import pair_cursor
from monitoring.api.rest import body_of, created, gone, read_endpoint, write_endpoint
from monitoring.events.shape import Count, Shape

router = Router(tags=["alerts"])
InState = Annotated[State, Query(description="`waiting`, `sent` or `dead` ones; default: all.")]
OfAlert = Annotated[int | None, Query(description="About the alert with this id.")]


class Receivers(Shape, frozen=True):
    """Receivers in order of name. An address is shown without what may be secret."""

    receivers: list[Receiver]


class TestResult(Shape, frozen=True):
    """The result of a test message; `error` is empty if the receiver took it."""

    error: str


@read_endpoint(router, "/receivers", "Receivers of alerts")
def all_receivers(request: HttpRequest) -> Receivers:
    """For staff. A secret is never shown again."""
    staff(request, "receivers are")
    return Receivers(receivers())


@write_endpoint(router, "POST", "/receivers", "Save a receiver", 413, 422, body=NewReceiver, kind=Receiver, status=201)
def add_receiver(request: HttpRequest) -> HttpResponse:
    """A new one, or a change of the one with this name."""
    by = writer(request)
    return created(save_receiver(parse(body_of(request)), by.name, by.actor))


@write_endpoint(router, "DELETE", "/receivers/{segment:name}", "Delete a receiver", 404, 422, status=204)
def remove_receiver(request: HttpRequest, name: str) -> HttpResponse:
    """Its waiting messages are not sent. One that a rule or another receiver names is kept: 422."""
    if not delete_receiver(name, writer(request).actor):
        raise HttpError(404, f"there is no receiver {name!r}")
    return gone()


@write_endpoint(router, "POST", "/receivers/{segment:name}/test", "Send a test message", 404, kind=TestResult)
def test_receiver(request: HttpRequest, name: str) -> TestResult:
    """Sends a test message at once, and returns the receiver's answer."""
    writer(request)
    if all(name != known.name for known in receivers()):
        raise HttpError(404, f"there is no receiver {name!r}")
    return TestResult(send_test(name, f"{site()}/alerts/"))


class Retried(Shape, frozen=True):
    """The number of alerts in the message that is sent again."""

    alerts: Count


@read_endpoint(router, "/deliveries", "Messages about alerts", 422)
def all_deliveries(
    request: HttpRequest, state: InState = "", alert: OfAlert = None, limit: Limit = 100, before: Before = ""
) -> Deliveries:
    """Messages of the outbox, the newest first: to which receiver, in which state, with the last error. For
    administrators."""
    administrators(request, "messages about alerts are")
    return deliveries(state, alert, pair_cursor(before) if before else None, min(limit, MAX_PAGE))


@write_endpoint(
    router, "POST", "/deliveries/{segment:message_id}/retry", "Send a dead message again", 404, 422, kind=Retried
)
def retry_delivery(request: HttpRequest, message_id: str) -> Retried:
    """Begins anew with all attempts of a message that was given up."""
    number = retry_dead(message_id, writer(request).actor)
    if not number:
        raise HttpError(404, f"there is no dead message {message_id!r}")
    return Retried(number)
