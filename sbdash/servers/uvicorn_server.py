"""uvicorn, with what it lacks: heads have a deadline and a size, connections a bound, unread answers an end; an upgrade
to anything but a WebSocket is ignored and its body read; a client that has shut down its side is still answered."""

import asyncio
from functools import partial
from http import HTTPStatus
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from sbdash.servers import limits
from sbdash.servers.connections import FULL, the_connections
from sbdash.servers.target import is_websocket, parse_target, with_host


class Refused(Exception):
    """A head that is whole and that is not served."""


class Transport:
    """The transport as uvicorn sees it. Its `close` while a request is not whole lets the client read the answer."""

    def __init__(self, transport: Any, protocol: "Protocol") -> None:
        self._transport = transport
        self._protocol = protocol

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def close(self) -> None:
        if not self._protocol.linger():
            self._transport.close()

    def is_closing(self) -> bool:
        return self._protocol.lingers or bool(self._transport.is_closing())


class Protocol(HttpToolsProtocol):
    """One connection."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._receiving = False
        self._head: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None
        self._lingering: asyncio.TimerHandle | None = None
        self._left = limits.LINGER_BYTES
        self._read = self._body = 0
        self._raw: Any = None
        self._refused: HTTPStatus | None = None

    # --- its place among all connections ------------------------------------------------------------------------------

    def connection_made(self, transport: Any) -> None:
        self._raw = transport
        super().connection_made(Transport(transport, self))  # type: ignore[arg-type]
        if the_connections().enter(self):
            self._head = self.loop.call_later(limits.HEAD_SECONDS, self._late)
        else:
            transport.write(FULL)
            transport.close()

    def give_way(self) -> None:
        self._raw.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        the_connections().leave(self)
        for timer in (self._head, self._unread, self._lingering):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    # --- heads --------------------------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        if self._lingering is not None:
            self._drop(data)
            return
        if not self._receiving:
            self._receiving = True
            self._head = self._head or self.loop.call_later(limits.HEAD_SECONDS, self._late)
        self._read += len(data)
        self._unset_keepalive_if_required()
        self._feed(data)
        if self._read - self._body > limits.HEAD_BYTES + 8 * self._body and not self.transport.is_closing():
            self._answer(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def _feed(self, data: bytes) -> None:
        """As uvicorn's, but that other upgrades than to a WebSocket are ignored."""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            if self._should_upgrade():
                self.handle_websocket_upgrade()
            else:
                self._ignore_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            if self._owes():
                self.cycle.keep_alive = False  # the answer to the request before this one is the last
                return
            if self._refused is not None:
                self._answer(self._refused)
                return
            self.logger.warning("Invalid HTTP request received.")
            self.send_400_response("Invalid HTTP request received.")

    def _ignore_upgrade(self, rest: bytes) -> None:
        """Read the request again without its Upgrade: the parser leaves a body to the protocol that is asked for."""
        if self.scope["method"] == "CONNECT":
            self.send_400_response("This is no proxy.")
            return
        kept = [(name, value) for name, value in self.headers if name not in (b"upgrade", b"http2-settings")]
        version = self.parser.get_http_version().encode()
        line = b"%b %b HTTP/%b\r\n" % (self.scope["method"].encode(), self.url, version)
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn's
        self._feed(line + b"".join(b"%b: %b\r\n" % header for header in kept) + b"\r\n" + rest)

    def handle_websocket_upgrade(self) -> None:
        the_connections().leave(self)
        self.transport = self._raw
        super().handle_websocket_upgrade()

    def _should_upgrade(self) -> bool:
        return is_websocket(self.parser.get_method(), self.headers)

    def on_headers_complete(self) -> None:
        self._refuse_head()
        target = parse_target(self.url)
        self.url = target.origin
        if target.authority:
            self.headers[:] = with_host(self.headers, target.authority)
        if self.parser.should_upgrade() and not self._should_upgrade():
            self.scope["method"] = self.parser.get_method().decode("ascii")
            return
        self._head_is_there()
        super().on_headers_complete()

    def _owes(self) -> bool:
        """Whether a request before the one that arrives now is not answered yet."""
        return self.cycle is not None and not self.cycle.response_complete and not self.cycle.more_body

    def _refuse_head(self) -> None:
        """Raises Refused, and keeps the status. One read may bring a head beyond its bound as a whole; the parser knows
        no coding but chunked, and no fragment of a target (RFC 9112, sections 6.1 and 3.2)."""
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        codings = [value.strip().lower() for name, value in self.headers if name == b"transfer-encoding"]
        if size > limits.HEAD_BYTES:
            self._refused = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        elif codings not in ([], [b"chunked"]):
            self._refused = HTTPStatus.NOT_IMPLEMENTED
        elif b"#" in self.url:
            self._refused = HTTPStatus.BAD_REQUEST
        if self._refused is not None:
            raise Refused

    def _head_is_there(self) -> None:
        if self._head is not None:
            self._head.cancel()
        self._head = None

    def on_body(self, body: bytes) -> None:
        self._body += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self.parser.should_upgrade() and not self._should_upgrade():
            return
        self._receiving, self._read, self._body = False, 0, 0
        the_connections().serve(self)
        super().on_message_complete()

    def _late(self) -> None:
        self._head = None
        if self._receiving:
            self._answer(HTTPStatus.REQUEST_TIMEOUT)
        else:
            self._raw.close()

    def _answer(self, status: HTTPStatus) -> None:
        head = f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        self.transport.write(head.encode())
        self.transport.close()

    # --- answers ------------------------------------------------------------------------------------------------------

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        super()._start_asgi_task(cycle, partial(_answered, cycle, app))

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.cycle.response_complete:
            the_connections().wait(self)

    def pause_writing(self) -> None:
        self._look_again(self._raw.get_write_buffer_size())
        super().pause_writing()

    def _look_again(self, size: int) -> None:
        self._unread = self.loop.call_later(limits.WRITE_SECONDS, self._look, size)

    def _look(self, before: int) -> None:
        """Whoever has read nothing of an answer since the last look will not read it."""
        size = self._raw.get_write_buffer_size()
        if size < before:
            self._look_again(size)
        else:
            self._raw.abort()

    def resume_writing(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
        super().resume_writing()

    # --- the end ------------------------------------------------------------------------------------------------------

    def eof_received(self) -> bool:  # type: ignore[override]
        """The client has said all. What it asked for as a whole is answered still."""
        owed = self.cycle is not None and not self._receiving and not self.cycle.response_complete
        if owed:
            self.cycle.keep_alive = False
        return owed

    @property
    def lingers(self) -> bool:
        return self._lingering is not None

    def linger(self) -> bool:
        """Read and drop the rest of a request that is answered; False where there is none, or it is done already."""
        if not self._receiving or self.lingers or self._raw.is_closing():
            return False
        self._lingering = self.loop.call_later(limits.LINGER_SECONDS, self._raw.abort)
        self._head_is_there()
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.flow.resume_reading()
        self._raw.write_eof()
        return True

    def shutdown(self) -> None:
        """The server ends: a request that is not whole is not waited for."""
        if self._receiving and (self.cycle is None or self.cycle.response_complete):
            self._raw.abort()
        else:
            super().shutdown()

    def _drop(self, data: bytes) -> None:
        self._left -= len(data)
        if self._left < 0:
            self._raw.abort()


async def _answered(cycle: RequestResponseCycle, app: Any, scope: Any, receive: Any, send: Any) -> None:
    """Run an application; an answer to a request that is not whole is the connection's last. So is one to HTTP/1.0
    whose length is not known: that version has no chunks."""
    until_closed = False

    async def say(message: Any) -> None:
        nonlocal until_closed
        if message["type"] == "http.response.start":
            sized = any(name.lower() == b"content-length" for name, _ in message.get("headers", ()))
            until_closed = scope["http_version"] == "1.0" and not sized
            if until_closed:
                cycle.chunked_encoding = False
            if cycle.more_body:
                cycle.keep_alive = False
        elif until_closed:
            cycle.expected_content_length = len(message.get("body", b""))  # uvicorn compares it with what is sent
        await send(message)

    await app(scope, receive, say)


class Socket(WebSocketsSansIOProtocol):
    """A WebSocket; it took the place of the connection that it was."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        the_connections().enter(self)
        the_connections().serve(self)

    def connection_lost(self, exc: Exception | None) -> None:
        the_connections().leave(self)
        super().connection_lost(exc)

    def give_way(self) -> None:
        """Never asked to: it does not wait."""
