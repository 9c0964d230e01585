"""The application that Daphne or uvicorn runs: the door, the sockets, and Django for the rest."""

import logging
import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sbdash.settings")

from django.core.asgi import get_asgi_application

django = get_asgi_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402  models need the line above
from channels.routing import URLRouter  # noqa: E402
from django.conf import settings  # noqa: E402
from django.db import DatabaseError  # noqa: E402

from monitoring.ingest.http.auth import parted  # noqa: E402
from monitoring.ingest.http.wiring import the_ingest_app  # noqa: E402
from monitoring.live.hub import TOO_SLOW  # noqa: E402
from monitoring.live.routing import websocket_urlpatterns  # noqa: E402
from monitoring.pipeline.runtime import Runtime  # noqa: E402
from sbdash.checks import refuse_bad  # noqa: E402
from sbdash.paths import Request, routed  # noqa: E402
from sbdash.proxies import told_by_proxy  # noqa: E402
from sbdash.servers.bodies import with_whole_body  # noqa: E402
from sbdash.servers.descriptors import raise_limit, report  # noqa: E402

log = logging.getLogger(__name__)
READY = ("/ready", "/loki/api/v1/push/ready")
refuse_bad()
raise_limit(settings.LIVE_SOCKETS)
report(settings.LIVE_SOCKETS)
runtime = Runtime(settings.PIPELINE)
django.request_class = Request
sockets = AuthMiddlewareStack(URLRouter(websocket_urlpatterns))


async def application(scope: Any, receive: Any, send: Any) -> None:
    """By kind and path. A server that sends lifespan events gets the runtime started by them; another's launcher, or
    the first request to the door, starts it. Where we are mounted is not for a client to say (Daphne-Root-Path)."""
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
        return
    scope = told_by_proxy(scope | {"root_path": ""}, settings.TRUSTED_PROXIES)
    scope["path"] = routed(scope)
    if scope["type"] == "websocket":
        await socket(scope, receive, send)
    elif the_ingest_app().opens(scope["path"]):
        runtime.start()
        await the_ingest_app()(scope, receive, send)
    elif parted(scope["path"])[1] in READY:
        await ready(scope, receive, send)
    else:
        await with_whole_body(django, scope, receive, send)


async def socket(scope: Any, receive: Any, send: Any) -> None:
    """A socket whose log-in cannot be looked up is closed, and its page tries again. Frames pass by the middlewares,
    which change none."""
    try:
        await sockets(scope | {"direct": send}, receive, send)
    except DatabaseError as error:
        log.warning("a socket is closed, the database does not answer: %s", error)
        await send({"type": "websocket.close", "code": TOO_SLOW})


async def ready(scope: Any, receive: Any, send: Any) -> None:
    """Who puts the key into an address asks there whether we are ready, too: it must be right, and reach no log."""
    secret, path = parted(scope["path"])
    if secret and await the_ingest_app().turns_away(secret, send):
        return
    await with_whole_body(django, scope | {"path": path, "raw_path": path.encode()}, receive, send)


async def lifespan(receive: Any, send: Any) -> None:
    """Start and stop the runtime with the server."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            runtime.start()
            await send({"type": "lifespan.startup.complete"})
        else:
            runtime.stop()
            await send({"type": "lifespan.shutdown.complete"})
            return
