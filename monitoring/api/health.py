"""What machines ask: whether we live, whether we are ready, and figures for Prometheus."""

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
FORWARDED = ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", "Forwarded", "Via")
"""What proxies add: whoever is behind one is not on this machine, though the proxy may be."""


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Alive: the process answers."""
    return HttpResponse(encode(Alive("ok")), content_type=JSON)


@require_safe
def loki_ready(request: HttpRequest) -> HttpResponse:
    """What Loki answers to who asks whether it is ready."""
    problems = _problems()
    return HttpResponse("\n".join(problems) or "ready\n", content_type="text/plain", status=503 if problems else 200)


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Ready: database and journal can be read, and the pipeline is not far behind."""
    problems = _problems()
    said = Ready("unwell" if problems else "ok", problems)
    return HttpResponse(encode(said), status=503 if problems else 200, content_type=JSON)


def _problems() -> list[str]:
    try:
        return ready()
    except or_mongodb(DatabaseError):
        log.exception("the database does not answer")
        return ["the database does not answer; the log says why"]


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' text, for who is on this machine, and for keys with the scope `read`."""
    try:
        if not is_here(request) and ReadKey()(request) is None:
            answer: HttpResponse = problem(
                request, 401, "send the header `Authorization: Bearer KEY`, a key with the scope `read`"
            )
            answer["WWW-Authenticate"] = "Bearer"
            return answer
    except HttpError as error:
        return problem(request, error.status_code, str(error))
    return HttpResponse(page(), content_type=KIND, headers={"Cache-Control": "no-store"})


def is_here(request: HttpRequest) -> bool:
    """Whether the peer is on this machine and no proxy speaks for somebody else. With TRUSTED_PROXIES nobody is: behind
    a proxy on this machine everybody has its address, whatever it adds."""
    if settings.TRUSTED_PROXIES or any(name in request.headers for name in FORWARDED):
        return False
    try:
        peer = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    mapped = getattr(peer, "ipv4_mapped", None)
    return bool((mapped or peer).is_loopback)
