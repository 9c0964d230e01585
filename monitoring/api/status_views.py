"""The monitoring itself over REST: health, sources, consistency; the security log; figures over time."""

from datetime import UTC, datetime
from time import time
from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router
from ninja.errors import HttpError

from monitoring.api import status_answers
from monitoring.api.auth import Before, Limit, staff, viewer
from monitoring.api.rest import reading
from monitoring.api.schemas import Consistency, Health, SecurityEvents, Series
from monitoring.events.shape import Encoded
from monitoring.ingest import source_state
from monitoring.ingest.ignored import Sources
from monitoring.operations.reader import CHECK, failing_jobs, last_report
from monitoring.stats.metrics import SERIES
from monitoring.stats.sessions.query import MAX_LIMIT

router = Router(tags=["state"])
HOUR, LONGEST = 3_600, 90 * 86_400
From = Annotated[datetime | None, Query(alias="from", description="RFC 3339; an hour before `to` without it.")]
To = Annotated[datetime | None, Query(description="RFC 3339; now without it.")]
Step = Annotated[int, Query(ge=1, le=LONGEST, description="Seconds between two points.")]


@reading(router, "/security/events", "The security log", 422)
def security_events(request: HttpRequest, limit: Limit = 100, before: Before = "") -> SecurityEvents:
    """Accesses, rate limits and what the security log says, the newest first; owners see their own."""
    return status_answers.security_list(viewer(request), min(max(limit, 1), MAX_LIMIT), before)


@reading(router, "/metrics/{segment:name}", "A figure over time", 404, 422)
def metric(request: HttpRequest, name: str, start: From = None, to: To = None, step: Step = 60) -> Encoded[Series]:
    """`messages`, `tokens`, `cost`, `response_time`, `sessions_started`, `sessions_ended`, `sessions_active`,
    `answers`, `errors` or `operations`; for staff. Points in which nothing happened are left out. Counted are whole
    buckets, of the widest width (1, 10, 60, 3,600 or 86,400 s) that divides `step` and is still kept: `from` and `to`
    of the answer say over what time."""
    staff(request, "figures over everybody are")
    if name not in SERIES:
        raise HttpError(404, f"no figure {name!r}; there are {', '.join(SERIES)}")
    end = _seconds(to) if to else time()
    return status_answers.series_of(name, _seconds(start) if start else end - HOUR, end, step)


def _seconds(moment: datetime) -> float:
    """Since 1970; a time without a zone is UTC."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


@reading(router, "/sources", "Where events come from")
def sources(request: HttpRequest) -> Sources:
    """How the follower of MongoDB is, which dialects were seen, and what was counted and not kept; for staff."""
    staff(request, "where events come from, is")
    return source_state.sources()


@reading(router, "/consistency", "Whether the figures agree")
def consistency(request: HttpRequest) -> Consistency:
    """What the last check found: figures against their messages, and against what the application stored; for staff."""
    staff(request, "whether the figures agree, is")
    failed = next((job.error for job in failing_jobs() if job.name == CHECK), "")
    last = last_report()
    return Consistency(last.report if last else None, failed)


@reading(router, "/health", "How the monitoring is")
def health(request: HttpRequest) -> Health:
    """The journal's head, each stage's position and lag, what the door saw, how near each bound is; for staff."""
    staff(request, "how the monitoring is, is")
    return status_answers.health()
