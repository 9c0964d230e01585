"""Limits request bodies by path, and reads a whole body, within a size and a time, before Django runs."""

import asyncio
import json
from http import HTTPStatus

from monitoring.ingest.body import Broken, ClientDisconnected, TooLarge, content_length, read_body
from monitoring.ingest.http.wiring import the_ingest_app
from monitoring.messaging.asgi_types import Application, Message, Receive, Scope, Send
from sbdash.servers.limits import BODY_SECONDS, PAGE_BYTES


def largest_body(path: str) -> int:
    """The largest body at this path, bytes as received. Ingest's protocols have limits of their own."""
    return the_ingest_app().max_bytes(path) or PAGE_BYTES


async def with_whole_body(app: Application, scope: Scope, receive: Receive, send: Send) -> None:
    """Runs an ASGI application when a request's whole body has arrived; answers 413, 400 or 408 otherwise. A client
    that disconnects before gets no response."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            declared = content_length(dict(scope["headers"]).get(b"content-length", b"").decode("latin-1"))
            body = await read_body(receive, PAGE_BYTES, declared)
    except ClientDisconnected:
        return
    except TooLarge as error:
        await respond_error(scope, send, 413, str(error))
    except Broken as error:
        await respond_error(scope, send, 400, str(error))
    except TimeoutError:
        await respond_error(scope, send, 408, f"the body did not arrive within {BODY_SECONDS:.0f} s")
    else:
        await app(scope, _replay(body, receive), send)


def _replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that returns the body first, and then later messages."""
    replayed = False

    async def receive_again() -> Message:
        nonlocal replayed
        if replayed:
            return await receive()
        replayed = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again


async def respond_error(scope: Scope, send: Send, status: int, title: str) -> None:
    """Sends an error response: problem details (RFC 9457) under /api/, else plain text."""
    if scope["path"].startswith("/api/"):
        kind, body = b"application/problem+json", json.dumps({"type": "about:blank", "title": title, "status": status})
    else:
        kind, body = b"text/plain; charset=utf-8", f"{HTTPStatus(status).phrase}: {title}\n"
    headers = [(b"content-type", kind), (b"content-length", b"%d" % len(body.encode()))]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, (b"connection", b"close")]})
    await send({"type": "http.response.body", "body": body.encode()})
