"""Extends uvicorn: heads have a deadline and a size, connections have a limit, unread responses have a timeout; an
upgrade to another protocol than WebSocket is ignored and its body read; a client that has closed its sending side still
gets its response."""

import asyncio
from functools import partial
from http import HTTPStatus

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from monitoring.messaging.asgi_types import Application, Message, Receive, Scope, Send
from sbdash.servers import limits
from sbdash.servers.connections import FULL_RESPONSE, the_connections
from sbdash.servers.target import is_websocket, parse_target, with_host


class HeadRejected(Exception):
    """A complete head that is not accepted."""


class Transport:
    """Wraps the transport for uvicorn: `close` before a request is complete lets the client read the response."""

    def __init__(self, transport: asyncio.Transport, protocol: "Protocol") -> None:
        self._transport = transport
        self._protocol = protocol

    def __getattr__(self, name: str) -> object:
        attribute: object = getattr(self._transport, name)
        return attribute

    def close(self) -> None:
        if not self._protocol.linger():
            self._transport.close()

    def is_closing(self) -> bool:
        return self._protocol.lingers or self._transport.is_closing()


class Protocol(HttpToolsProtocol):
    """One connection."""

    _receiving = False
    _head: asyncio.TimerHandle | None = None
    _write_timer: asyncio.TimerHandle | None = None
    _lingering: asyncio.TimerHandle | None = None
    _linger_left = limits.LINGER_BYTES
    _read = _body = 0
    _raw: asyncio.Transport
    _rejection: HTTPStatus | None = None

    # --- the limit of connections -------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._raw = transport
        super().connection_made(Transport(transport, self))  # type: ignore[arg-type]
        if the_connections().acquire(self):
            self._head = self.loop.call_later(limits.HEAD_SECONDS, self._on_head_timeout)
        else:
            transport.write(FULL_RESPONSE)
            transport.close()

    def evict(self) -> None:
        self._raw.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        the_connections().release(self)
        for timer in (self._head, self._write_timer, self._lingering):
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
            self._head = self._head or self.loop.call_later(limits.HEAD_SECONDS, self._on_head_timeout)
        self._read += len(data)
        self._unset_keepalive_if_required()
        self._feed(data)
        if self._read - self._body > limits.HEAD_BYTES + 8 * self._body and not self.transport.is_closing():
            self._respond(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def _feed(self, data: bytes) -> None:
        """As uvicorn's, except that upgrades to other protocols than WebSocket are ignored."""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            if self._should_upgrade():
                self.handle_websocket_upgrade()
            else:
                self._ignore_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            if self._response_pending():
                self.cycle.keep_alive = False  # the response to the previous request is the last
                return
            if self._rejection is not None:
                self._respond(self._rejection)
                return
            self.logger.warning("Invalid HTTP request received.")
            self.send_400_response("Invalid HTTP request received.")

    def _ignore_upgrade(self, rest: bytes) -> None:
        """Parses the request again without its Upgrade, because the parser leaves the body to the requested
        protocol."""
        if self.scope["method"] == "CONNECT":
            self.send_400_response("This server is not a proxy.")
            return
        kept = [(name, value) for name, value in self.headers if name not in (b"upgrade", b"http2-settings")]
        version = self.parser.get_http_version().encode()
        line = b"%b %b HTTP/%b\r\n" % (self.scope["method"].encode(), self.url, version)
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn's
        self._feed(line + b"".join(b"%b: %b\r\n" % header for header in kept) + b"\r\n" + rest)

    def handle_websocket_upgrade(self) -> None:
        the_connections().release(self)
        self.transport = self._raw
        super().handle_websocket_upgrade()

    def _should_upgrade(self) -> bool:
        return is_websocket(self.parser.get_method(), self.headers)

    def on_headers_complete(self) -> None:
        self._check_head()
        target = parse_target(self.url)
        self.url = target.origin
        if target.authority:
            self.headers[:] = with_host(self.headers, target.authority)
        if self.parser.should_upgrade() and not self._should_upgrade():
            self.scope["method"] = self.parser.get_method().decode("ascii")
            return
        self._cancel_head_timer()
        super().on_headers_complete()

    def _response_pending(self) -> bool:
        """Returns whether the response to a previous, complete request is not complete yet."""
        return self.cycle is not None and not self.cycle.response_complete and not self.cycle.more_body

    def _check_head(self) -> None:
        """Raises HeadRejected, and stores the status: for a head over the limit, which one read may complete; for
        transfer codings other than chunked and for fragments in a target, which the parser does not support (RFC 9112,
        sections 6.1 and 3.2)."""
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        codings = [value.strip().lower() for name, value in self.headers if name == b"transfer-encoding"]
        if size > limits.HEAD_BYTES:
            self._rejection = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        elif codings not in ([], [b"chunked"]):
            self._rejection = HTTPStatus.NOT_IMPLEMENTED
        elif b"#" in self.url:
            self._rejection = HTTPStatus.BAD_REQUEST
        if self._rejection is not None:
            raise HeadRejected

    def _cancel_head_timer(self) -> None:
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

    def _on_head_timeout(self) -> None:
        self._head = None
        if self._receiving:
            self._respond(HTTPStatus.REQUEST_TIMEOUT)
        else:
            self._raw.close()

    def _respond(self, status: HTTPStatus) -> None:
        head = f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        self.transport.write(head.encode())
        self.transport.close()

    # --- responses ----------------------------------------------------------------------------------------------------

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Application) -> None:
        super()._start_asgi_task(cycle, partial(_run, cycle, app))

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.cycle.response_complete:
            the_connections().wait(self)

    def pause_writing(self) -> None:
        self._schedule_check(self._raw.get_write_buffer_size())
        super().pause_writing()

    def _schedule_check(self, size: int) -> None:
        self._write_timer = self.loop.call_later(limits.WRITE_SECONDS, self._check_progress, size)

    def _check_progress(self, before: int) -> None:
        """Aborts a connection whose client has read nothing of the response since the last check."""
        size = self._raw.get_write_buffer_size()
        if size < before:
            self._schedule_check(size)
        else:
            self._raw.abort()

    def resume_writing(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
        super().resume_writing()

    # --- the end ------------------------------------------------------------------------------------------------------

    def eof_received(self) -> bool:  # type: ignore[override]
        """The client has closed its sending side. A complete request still gets its response. Returns whether to keep
        the transport open."""
        pending = self.cycle is not None and not self._receiving and not self.cycle.response_complete
        if pending:
            self.cycle.keep_alive = False
        return pending

    @property
    def lingers(self) -> bool:
        return self._lingering is not None

    def linger(self) -> bool:
        """Starts to read and drop the rest of a request that has its response. Returns False if there is no rest, or
        this was started before."""
        if not self._receiving or self.lingers or self._raw.is_closing():
            return False
        self._lingering = self.loop.call_later(limits.LINGER_SECONDS, self._raw.abort)
        self._cancel_head_timer()
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.flow.resume_reading()
        self._raw.write_eof()
        return True

    def shutdown(self) -> None:
        """The server ends, and does not wait for an incomplete request."""
        if self._receiving and (self.cycle is None or self.cycle.response_complete):
            self._raw.abort()
        else:
            super().shutdown()

    def _drop(self, data: bytes) -> None:
        self._linger_left -= len(data)
        if self._linger_left < 0:
            self._raw.abort()


async def _run(cycle: RequestResponseCycle, app: Application, scope: Scope, receive: Receive, send: Send) -> None:
    """Runs an application. The connection is closed after a response to an incomplete request, and after one of unknown
    length to HTTP/1.0, which has no chunked coding."""
    until_closed = False

    async def counted_send(message: Message) -> None:
        nonlocal until_closed
        if message["type"] == "http.response.start":
            sized = any(name.lower() == b"content-length" for name, _ in message.get("headers", ()))
            until_closed = scope["http_version"] == "1.0" and not sized
            if until_closed:
                cycle.chunked_encoding = False
            if cycle.more_body:
                cycle.keep_alive = False
        elif until_closed:
            cycle.expected_content_length = len(message.get("body", b""))  # uvicorn compares the length with the body
        await send(message)

    await app(scope, receive, counted_send)


class Socket(WebSocketsSansIOProtocol):
    """A WebSocket, which replaces the HTTP connection that it came from."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        the_connections().acquire(self)
        the_connections().serve(self)

    def connection_lost(self, exc: Exception | None) -> None:
        the_connections().release(self)
        super().connection_lost(exc)

    def evict(self) -> None:
        """Never called: a WebSocket does not wait."""
