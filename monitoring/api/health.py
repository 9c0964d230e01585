"""What machines ask: whether we live, whether we are ready, and figures for Prometheus."""

import logging
from collections.abc import Callable
from ipaddress import ip_address

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.middleware.security import SecurityMiddleware
from django.urls import Resolver404, resolve
from django.views.decorators.http import require_safe
from ninja.errors import HttpError

from monitoring.api.auth import ReadKey, is_silence, problem
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


class Probes:
    """Middleware, the first one: what machines ask is answered by whatever name and scheme they call us.
    The headers are those of every answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        self._security = SecurityMiddleware(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            view = resolve("/" + request.path_info.strip("/"), "monitoring.api.urls").func
        except Resolver404:
            return self._get_response(request)
        try:
            answer: HttpResponse = view(request)
        except Exception as error:
            if not is_silence(error):
                raise
            log.error("the database does not answer %r: %s", request.path, error)
            answer = problem(request, 503, "the database does not answer; ask again later")
        return self._security.process_response(request, answer)


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
