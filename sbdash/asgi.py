"""The ASGI application for Daphne and uvicorn: routes requests to ingest, to the WebSockets, or to Django."""

import logging
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sbdash.settings")

import django as framework

framework.setup()

from django.conf import settings  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402

from sbdash.finders import all_files  # noqa: E402
from sbdash.static_files import build  # noqa: E402

if not settings.DEBUG:
    build(all_files(), settings.STATIC_ROOT)  # before the middleware, which reads the folder once
django = get_asgi_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402  models need the line above
from channels.routing import URLRouter  # noqa: E402
from django.db import DatabaseError  # noqa: E402

from monitoring.ingest.http.auth import split_key  # noqa: E402
from monitoring.ingest.http.wiring import the_ingest_app  # noqa: E402
from monitoring.live.hub import TOO_SLOW  # noqa: E402
from monitoring.live.routing import websocket_urlpatterns  # noqa: E402
from monitoring.messaging.asgi_types import Receive, Scope, Send  # noqa: E402
from monitoring.pipeline.runtime import Runtime  # noqa: E402
from sbdash.checks import raise_on_errors  # noqa: E402
from sbdash.paths import Request, routing_path  # noqa: E402
from sbdash.proxies import apply_forwarded  # noqa: E402
from sbdash.servers.bodies import with_whole_body  # noqa: E402
from sbdash.servers.descriptors import raise_limit, report  # noqa: E402

log = logging.getLogger(__name__)
READINESS_PATHS = ("/ready", "/loki/api/v1/push/ready")
raise_on_errors()
raise_limit(settings.LIVE_SOCKETS)
report(settings.LIVE_SOCKETS)
runtime = Runtime(settings.PIPELINE)
django.request_class = Request
sockets = AuthMiddlewareStack(URLRouter(websocket_urlpatterns))


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Routes by type and path. The runtime is started by lifespan events; for a server without them by the command
    `serve`, or by the first request to ingest. `root_path` is ignored: Daphne takes it from a header of the client."""
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
        return
    scope = apply_forwarded(scope | {"root_path": ""}, settings.TRUSTED_PROXIES)
    scope["path"] = routing_path(scope)
    if scope["type"] == "websocket":
        await socket(scope, receive, send)
    elif the_ingest_app().handles(scope["path"]):
        runtime.start()
        await the_ingest_app()(scope, receive, send)
    elif split_key(scope["path"])[1] in READINESS_PATHS:
        await ready(scope, receive, send)
    else:
        await with_whole_body(django, scope, receive, send)


async def socket(scope: Scope, receive: Receive, send: Send) -> None:
    """Closes the socket if the database does not answer; the page reconnects. The server's own `send` is passed in the
    scope, so that frames do not pass through the middleware, which would change none."""
    try:
        await sockets(scope | {"direct": send}, receive, send)
    except DatabaseError as error:
        log.warning("socket closed, the database does not answer: %s", error)
        await send({"type": "websocket.close", "code": TOO_SLOW})


async def ready(scope: Scope, receive: Receive, send: Send) -> None:
    """Readiness at a path that may begin with a key: the key is checked, and removed so that it is not logged."""
    secret, path = split_key(scope["path"])
    if secret and await the_ingest_app().rejects_key(secret, send):
        return
    await with_whole_body(django, scope | {"path": path, "raw_path": path.encode()}, receive, send)


async def lifespan(receive: Receive, send: Send) -> None:
    """Starts and stops the runtime with the server."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            runtime.start()
            await send({"type": "lifespan.startup.complete"})
        else:
            runtime.stop()
            await send({"type": "lifespan.shutdown.complete"})
            return
