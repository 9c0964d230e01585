"""REST views of the monitoring's health, sources and consistency, the security log, and figures over time."""

from datetime import datetime
from time import time
from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router
from ninja.errors import HttpError

from monitoring.api import status_answers
from monitoring.api.auth import Before, Limit, staff, viewer
from monitoring.api.moments import seconds
from monitoring.api.rest import read_endpoint
from monitoring.api.schemas import Consistency, Health, SecurityEvents, Series
from monitoring.events.shape import Encoded
from monitoring.health.reading import HEALTH_FIGURES
from monitoring.ingest import source_state
from monitoring.ingest.ignored import Sources
from monitoring.operations.reader import CHECK, failing_jobs, last_report
from monitoring.stats.metrics import SERIES
from monitoring.stats.sessions.query import MAX_LIMIT

router = Router(tags=["state"])
HOUR_SECONDS, MAX_STEP_SECONDS = 3_600, 90 * 86_400
From = Annotated[datetime | None, Query(alias="from", description="RFC 3339; default: an hour before `to`.")]
To = Annotated[datetime | None, Query(description="RFC 3339; default: now.")]
Step = Annotated[int, Query(ge=1, le=MAX_STEP_SECONDS, description="Seconds between two points.")]


@read_endpoint(router, "/security/events", "The security log", 422)
def security_events(request: HttpRequest, limit: Limit = 100, before: Before = "") -> SecurityEvents:
    """Accesses, rate limits and entries of the security log, the newest first. Owners see their own."""
    return status_answers.security_list(viewer(request), min(limit, MAX_LIMIT), before)


@read_endpoint(router, "/metrics/{segment:name}", "A figure over time", 404, 422)
def metric(request: HttpRequest, name: str, start: From = None, to: To = None, step: Step = 60) -> Encoded[Series]:
    """`messages`, `tokens`, `cost`, `response_time`, `sessions_started`, `sessions_ended`, `sessions_active`,
    `answers`, `errors` or `operations`; of sbdash itself `pipeline_lag`, `newest_age`, `memory`, `cpu`,
    `refused_requests`, `rejected_events`, `dropped_clients`, `queue`, `disk_used`, `failed_deliveries`,
    `source_silence` (the longest of all sources) or `gap_seconds`, in steps of whole minutes. Points without events are
    omitted. Whole buckets are counted, of the largest width (1, 10, 60, 3,600 or 86,400 s) that divides `step` and is
    still retained: `from` and `to` of the response are the period that was counted. For staff."""
    staff(request, "figures over all users are")
    if name not in SERIES and name not in HEALTH_FIGURES:
        raise HttpError(404, f"no figure {name!r}; there are {', '.join([*SERIES, *HEALTH_FIGURES])}")
    end = seconds(to) if to else time()
    series = status_answers.health_series if name in HEALTH_FIGURES else status_answers.series_of
    return series(name, seconds(start) if start else end - HOUR_SECONDS, end, step)


@read_endpoint(router, "/sources", "Sources of events")
def sources(request: HttpRequest) -> Sources:
    """The state of the MongoDB follower, the dialects that were seen, and the counters of ignored input. For staff."""
    staff(request, "the sources of events are")
    return source_state.sources()


@read_endpoint(router, "/consistency", "Consistency check")
def consistency(request: HttpRequest) -> Consistency:
    """The last check's report: figures compared with their messages, and with the application's database. For staff."""
    staff(request, "the consistency report is")
    failed = next((job.error for job in failing_jobs() if job.name == CHECK), "")
    last = last_report()
    return Consistency(last.report if last else None, failed)


@read_endpoint(router, "/health", "Health of the monitoring")
def health(request: HttpRequest) -> Health:
    """The journal's head, each stage's position and lag, ingest counters, capacity limits. For staff."""
    staff(request, "the health of the monitoring is")
    return status_answers.health()
