"""REST views of the receivers of alerts."""

from django.http import HttpRequest, HttpResponse
from ninja import Router
from ninja.errors import HttpError

from monitoring.alerts.receiver import NewReceiver, Receiver, parse
from monitoring.alerts.receivers import delete_receiver, receivers, save_receiver
from monitoring.alerts.sender import send_test
from monitoring.api.auth import staff, writer
from monitoring.api.rest import body_of, created, gone, read_endpoint, write_endpoint
from monitoring.events.shape import Shape

router = Router(tags=["alerts"])


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


@write_endpoint(router, "DELETE", "/receivers/{segment:name}", "Delete a receiver", 404, status=204)
def remove_receiver(request: HttpRequest, name: str) -> HttpResponse:
    """Its waiting messages are not sent."""
    if not delete_receiver(name, writer(request).actor):
        raise HttpError(404, f"there is no receiver {name!r}")
    return gone()


@write_endpoint(router, "POST", "/receivers/{segment:name}/test", "Send a test message", 404, kind=TestResult)
def test_receiver(request: HttpRequest, name: str) -> TestResult:
    """Sends it at once, and tells what the receiver answered."""
    writer(request)
    if all(name != known.name for known in receivers()):
        raise HttpError(404, f"there is no receiver {name!r}")
    return TestResult(send_test(name, request.build_absolute_uri("/alerts/")))
