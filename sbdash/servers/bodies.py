"""How large a body may be at which address; and bodies before Django hears of them: bounded, whole, in time."""

import asyncio
import json
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from monitoring.ingest.body import Broken, ClientDisconnected, TooLarge, content_length, read_body
from monitoring.ingest.http.wiring import the_ingest_app
from sbdash.servers.limits import BODY_SECONDS, PAGE_BYTES
from sbdash.servers.target import Header


def largest_body(path: str) -> int:
    """Bytes of a body as it arrives at this address. The ingest door's protocols say theirs."""
    return the_ingest_app().max_bytes(path) or PAGE_BYTES


async def with_whole_body(app: Any, scope: Any, receive: Any, send: Any) -> None:
    """Run an ASGI application once a request's body is there, whole; answer 413 or 408 in its place otherwise. Whoever
    hangs up before is not answered."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            body = await read_body(receive, PAGE_BYTES, _announced(scope["headers"]))
    except ClientDisconnected:
        return
    except TooLarge as error:
        await refuse(scope, send, 413, str(error))
    except Broken as error:
        await refuse(scope, send, 400, str(error))
    except TimeoutError:
        await refuse(scope, send, 408, f"the body did not come within {BODY_SECONDS:.0f} s")
    else:
        await app(scope, _replayed(body, receive), send)


def _announced(headers: Iterable[Header]) -> int | None:
    return content_length(dict(headers).get(b"content-length", b"").decode("latin-1"))


def _replayed(body: bytes, receive: Any) -> Any:
    """A `receive` that gives the body first, and then what comes next."""
    given = False

    async def receive_again() -> Any:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again


async def refuse(scope: Any, send: Any, status: int, title: str) -> None:
    """An answer in one sentence: problem details (RFC 9457) under /api/, else plain text."""
    if scope["path"].startswith("/api/"):
        kind, body = b"application/problem+json", json.dumps({"type": "about:blank", "title": title, "status": status})
    else:
        kind, body = b"text/plain; charset=utf-8", f"{HTTPStatus(status).phrase}: {title}\n"
    headers = [(b"content-type", kind), (b"content-length", b"%d" % len(body.encode()))]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, (b"connection", b"close")]})
    await send({"type": "http.response.body", "body": body.encode()})
