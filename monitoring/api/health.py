"""Views for health checks and for Prometheus."""

import logging
from ipaddress import ip_address

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from ninja.errors import HttpError

from monitoring.api.auth import ReadKey, problem
from monitoring.api.openapi import JSON
from monitoring.api.prometheus import KIND
from monitoring.api.prometheus_page import metrics as page
from monitoring.api.schemas import Alive, Ready
from monitoring.api.status_answers import ready
from monitoring.db.errors import or_mongodb
from monitoring.events.shape import encode

log = logging.getLogger(__name__)
PROXY_HEADERS = ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", "Forwarded", "Via")
"""Headers that proxies add. A request with one of them is not local, although the proxy may be."""


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Liveness: the process answers."""
    return HttpResponse(encode(Alive("ok")), content_type=JSON)


@require_safe
def loki_ready(request: HttpRequest) -> HttpResponse:
    """Readiness in Loki's format, for Loki's clients."""
    problems = _problems()
    return HttpResponse("\n".join(problems) or "ready\n", content_type="text/plain", status=503 if problems else 200)


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Readiness: database and journal can be read, and the pipeline is not far behind."""
    problems = _problems()
    readiness = Ready("unwell" if problems else "ok", problems)
    return HttpResponse(encode(readiness), status=503 if problems else 200, content_type=JSON)


def _problems() -> list[str]:
    try:
        return ready()
    except or_mongodb(DatabaseError):
        log.exception("the database does not answer")
        return ["the database does not answer; the log says why"]


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Metrics in Prometheus's text format, for local requests and for keys with the scope `read`."""
    try:
        if not is_local(request) and ReadKey()(request) is None:
            return problem(request, 401, "send the header `Authorization: Bearer KEY`, a key with the scope `read`")
    except HttpError as error:
        return problem(request, error.status_code, str(error))
    return HttpResponse(page(), content_type=KIND, headers={"Cache-Control": "no-store"})


def is_local(request: HttpRequest) -> bool:
    """Returns whether the peer has a loopback address and is no proxy. Always False with TRUSTED_PROXIES: behind a
    proxy on this machine every client has a loopback address, and the proxy may add no header."""
    if settings.TRUSTED_PROXIES or any(name in request.headers for name in PROXY_HEADERS):
        return False
    try:
        peer = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    mapped = getattr(peer, "ipv4_mapped", None)
    return bool((mapped or peer).is_loopback)
