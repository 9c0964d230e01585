"""REST views of alerts and silences."""

from typing import Annotated, Literal

from django.http import HttpRequest, HttpResponse
from msgspec import Struct
from ninja import Query, Router
from ninja.errors import HttpError

from monitoring.alerts import models, silences, store
from monitoring.alerts.rows import AlertRow, Alerts, Match, SilenceRow
from monitoring.alerts.silences import NewSilence, Preview, Silences
from monitoring.api.auth import Before, Limit, staff, writer
from monitoring.api.cursors import pair_cursor
from monitoring.api.rest import body_of, created, decoded, gone, read_endpoint, write_endpoint

router = Router(tags=["alerts"])
State = Annotated[Literal["", "firing", "past"], Query(description="Those that fire, or have ended; default: both.")]
OfRule = Annotated[int | None, Query(description="Of the rule with this id.")]


class Marked(Struct, frozen=True, forbid_unknown_fields=True, rename={"kind": "as"}):
    """A true or a false alarm; empty takes the mark away."""

    kind: Literal["true", "false", ""]


class Matched(Struct, frozen=True, forbid_unknown_fields=True):
    """The alerts that a silence would match."""

    match: Match = Match()


@read_endpoint(router, "/alerts", "Alerts", 422)
def all_alerts(
    request: HttpRequest, state: State = "", rule: OfRule = None, limit: Limit = 100, before: Before = ""
) -> Alerts:
    """Alerts, the newest first. For staff."""
    staff(request, "alerts are")
    return store.alerts(state, rule, pair_cursor(before) if before else None, limit)


@read_endpoint(router, "/alerts/{int:alert_id}", "One alert", 404)
def alert(request: HttpRequest, alert_id: int) -> AlertRow:
    """For staff."""
    staff(request, "alerts are")
    return store.row_of(_found(alert_id, store.find(alert_id)))


@write_endpoint(
    router, "POST", "/alerts/{int:alert_id}/acknowledge", "Acknowledge an alert", 404, kind=AlertRow, for_staff=True
)
def acknowledge_alert(request: HttpRequest, alert_id: int) -> AlertRow:
    """Says who takes care of it; staff may, too. Reminders and escalations end. The first one stays."""
    by = writer(request)
    return store.row_of(_found(alert_id, store.acknowledge(alert_id, by.name, by.actor)))


@write_endpoint(
    router, "POST", "/alerts/{int:alert_id}/mark", "Mark an alert", 404, 413, 422, body=Marked, kind=AlertRow,
    for_staff=True,
)  # fmt: skip
def mark_alert(request: HttpRequest, alert_id: int) -> AlertRow:
    """As a true or a false alarm, for staff, too: tuning of its rule shows how many of each a threshold catches."""
    marked = decoded(request, Marked).kind
    return store.row_of(_found(alert_id, store.mark(alert_id, marked, writer(request).actor)))


@read_endpoint(router, "/silences", "Silences")
def all_silences(request: HttpRequest) -> Silences:
    """The silences that end last. For staff."""
    staff(request, "silences are")
    return silences.silences()


@write_endpoint(router, "POST", "/silences", "Silence alerts", 413, 422, body=NewSilence, kind=SilenceRow, status=201)
def add_silence(request: HttpRequest) -> HttpResponse:
    """Matching alerts send no messages in this time. They are listed all the same."""
    by = writer(request)
    return created(silences.save_silence(silences.parse(body_of(request)), by.name, by.actor))


@write_endpoint(router, "DELETE", "/silences/{int:silence_id}", "End a silence", 404, status=204)
def remove_silence(request: HttpRequest, silence_id: int) -> HttpResponse:
    """It ends now, and stays in the list."""
    if silences.end_silence(silence_id, writer(request).actor) is None:
        raise HttpError(404, f"there is no silence {silence_id}")
    return gone()


@write_endpoint(router, "POST", "/silences/preview", "Preview a silence", 413, 422, body=Matched, kind=Preview)
def preview_silence(request: HttpRequest) -> Preview:
    """The alerts of the last 30 days that it would have hidden."""
    return silences.preview(decoded(request, Matched).match)


def _found(alert_id: int, alert: models.Alert | None) -> models.Alert:
    if alert is None:
        raise HttpError(404, f"there is no alert {alert_id}")
    return alert
