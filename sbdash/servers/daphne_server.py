"""Extends Daphne: bodies reach the application as they arrive, up to a limit; heads have a deadline; connections have a
limit; a client that has closed its sending side still gets its response; headers of a client do not set the root path.

Importing this module installs Twisted's reactor.
"""

import asyncio
import logging
import time
from io import BytesIO
from urllib.parse import unquote

import daphne.server
from daphne.http_protocol import HTTPFactory, WebRequest
from daphne.utils import HEADER_NAME_RE, INVALID_HEADER_VALUE_BYTES
from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol
from twisted.internet import reactor
from twisted.internet.base import DelayedCall
from twisted.internet.error import ConnectionAborted, ConnectionDone
from twisted.internet.interfaces import IAddress, IHalfCloseableProtocol
from twisted.python.failure import Failure
from twisted.web import http
from zope.interface import implementer

from monitoring.messaging.asgi_types import Application, Header, Message, Receive, Scope, Send
from sbdash.paths import routing_path
from sbdash.servers import limits
from sbdash.servers.bodies import largest_body
from sbdash.servers.connections import FULL_RESPONSE, the_connections
from sbdash.servers.target import is_websocket, parse_target, with_host

log = logging.getLogger(__name__)
ROOT_PATH = b"daphne-root-path"
"""A header from which Daphne would take the root path."""
BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
HEAD_TOO_LONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
REQUEST_TIMEOUT = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


TAKE_KEY = "sbdash.take"
"""The scope's key for the callback that gets each message that the application has received."""


def with_backpressure(application: Application) -> Application:
    """Wraps an ASGI application, so that a request learns how much of its body the application has received."""

    async def run(scope: Scope, receive: Receive, send: Send) -> None:
        take = scope.pop(TAKE_KEY, None)

        async def counted_receive() -> Message:
            message = await receive()
            take(message)
            return message

        await application(scope, counted_receive if take else receive, send)

    return run


class Request(WebRequest):
    """Starts the application when the head is complete, and passes the body in chunks. Chunks beyond the path's limit
    are dropped; from the chunk that exceeds it the application knows to answer 413."""

    _received = _waiting = 0
    most = 0
    whole = False

    def gotLength(self, length: int | None) -> None:
        self.content = BytesIO()
        if length != 0:
            self._begin(self.channel._command, self.channel._path, self.channel._version)

    def _begin(self, method: bytes, uri: bytes, version: bytes) -> None:
        self.method, self.clientproto = method, version
        self.target = parse_target(uri)
        self.uri, self.path = self.target.origin, self.target.path
        self.most = largest_body(routing_path({"raw_path": self.path}))
        self.process()

    def handleContentChunk(self, data: bytes) -> None:
        if self._received <= self.most and self.application_queue is not None:
            self.application_queue.put_nowait({"type": "http.request", "body": data, "more_body": True})
            self._waiting += len(data)
            if self._waiting > limits.WAITING_BYTES:
                self.channel.transport.pauseProducing()
        self._received += len(data)

    def take(self, message: Message) -> None:
        """Called when the application has received a message: resumes reading from the client if it was paused."""
        self._waiting -= len(message.get("body", b""))
        if not self.whole and self.channel is not None and self._waiting <= limits.WAITING_BYTES:
            self.channel.transport.resumeProducing()

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:
        self.whole = True
        the_connections().serve(self.channel)
        if self.application_queue is None and not self.finished:
            self._begin(command, path, version)
        if self.application_queue is not None:
            self.application_queue.put_nowait({"type": "http.request", "body": b"", "more_body": False})

    def process(self) -> None:
        """Replaces Daphne's method, which needs the whole body and takes the root path from a header."""
        headers = [(n.lower(), v) for n, values in self.requestHeaders.getAllRawHeaders() for v in values]
        if self.whole and is_websocket(self.method, headers):
            self.requestHeaders.removeHeader(ROOT_PATH)
            self.channel.upgraded()
            super().process()
            return
        try:
            scope = self._scope(headers)
        except ValueError as error:
            self.basic_error(400, b"Bad Request", str(error))
            return
        self.request_start = time.time()
        self.application_queue = self.server.create_application(self, scope)

    def _scope(self, headers: list[Header]) -> Scope:
        """Raises ValueError if the head is invalid."""
        for name, value in headers:
            if not HEADER_NAME_RE.fullmatch(name) or INVALID_HEADER_VALUE_BYTES.intersection(value):
                raise ValueError("Invalid header name or value")
        if not self.uri.isascii() or b"#" in self.uri:
            raise ValueError("Invalid characters in path or query string")
        kept = [header for header in headers if b"_" not in header[0] and header[0] != ROOT_PATH]  # CVE-2015-0219
        if hasattr(self.client, "host"):
            self.client_addr = [str(self.client.host), self.client.port]
            self.server_addr = [str(self.host.host), self.host.port]
        return {
            "type": "http",
            "http_version": self.clientproto.split(b"/")[-1].decode("ascii"),
            "method": self.method.decode("ascii"),
            "path": unquote(self.path.decode("ascii")),
            "raw_path": self.path,
            "root_path": "",
            "scheme": "https" if self.isSecure() else "http",
            "query_string": self.target.query,
            "headers": with_host(kept, self.target.authority) if self.target.authority else kept,
            "client": self.client_addr,
            "server": self.server_addr,
            TAKE_KEY: self.take,
        }

    def handle_reply(self, message: Message) -> None:
        if message.get("type") == "http.response.start" and not self.whole and self.channel is not None:
            self.responseHeaders.setRawHeaders(b"connection", [b"close"])
            self.channel.persistent = 0
        super().handle_reply(message)


@implementer(IHalfCloseableProtocol)
class Channel(http.HTTPChannel):
    """One connection. Has a deadline for each head, and closes so that the client can read the response."""

    _timer: DelayedCall | None = None
    _write_timer: DelayedCall | None = None
    _receiving_head = _read_closed = False
    _linger_left: int | None = None

    def __init__(self) -> None:
        super().__init__()
        self.writable = asyncio.Event()
        self.writable.set()

    # --- the limit of connections ---------------------------------------------------------------------------------

    def connectionMade(self) -> None:
        super().connectionMade()
        if the_connections().acquire(self):
            self._timer = reactor.callLater(limits.HEAD_SECONDS, self._on_head_timeout)
        else:
            self.transport.getHandle().send(FULL_RESPONSE)
            self._close_now(ConnectionDone())

    def evict(self) -> None:
        self._close_now(ConnectionAborted())

    def _close_now(self, reason: Exception) -> None:
        """Closes the socket immediately. Twisted's own methods close in the next iteration of its loop, which may
        accept a hundred other connections before."""
        self.transport.connectionLost(Failure(reason))

    def connectionLost(self, reason: Failure) -> None:
        self._stop_timer()
        self._stop_write_timer()
        the_connections().release(self)
        super().connectionLost(reason)

    def upgraded(self) -> None:
        """The connection becomes a WebSocket's, which acquires a connection itself."""
        the_connections().release(self)

    # --- heads ----------------------------------------------------------------------------------------------------

    def dataReceived(self, data: bytes) -> None:
        if self._linger_left is not None:
            self._drop(data)
            return
        if self.line_mode and not self._receiving_head:
            self._receiving_head = True
            if self._timer is None:
                self._timer = reactor.callLater(limits.HEAD_SECONDS, self._on_head_timeout)
        super().dataReceived(data)

    def allHeadersReceived(self) -> None:
        self._stop_timer()
        self._receiving_head = False
        super().allHeadersReceived()

    def lineReceived(self, line: bytes) -> None:
        if self._linger_left is None:
            super().lineReceived(line)

    def lineLengthExceeded(self, line: bytes) -> None:
        self.transport.write(HEAD_TOO_LONG)
        self._linger()

    def rawDataReceived(self, data: bytes) -> None:
        if self._linger_left is None:
            super().rawDataReceived(data)

    def _on_head_timeout(self) -> None:
        self._timer = None
        if self._receiving_head:
            self.transport.write(REQUEST_TIMEOUT)
            self._linger()
        else:
            self.loseConnection()

    def _stop_timer(self) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None

    def _send100Continue(self) -> None:
        if self.requests and not self.requests[-1].finished and (self.length or 0) <= self.requests[-1].most:
            super()._send100Continue()

    # --- responses ------------------------------------------------------------------------------------------------

    def pauseProducing(self) -> None:
        self.writable.clear()
        if self._write_timer is None:
            self._schedule_check()
        super().pauseProducing()

    def resumeProducing(self) -> None:
        self._stop_write_timer()
        super().resumeProducing()

    def _stop_write_timer(self) -> None:
        self.writable.set()
        if self._write_timer is not None and self._write_timer.active():
            self._write_timer.cancel()
        self._write_timer = None

    def _schedule_check(self) -> None:
        self._write_timer = reactor.callLater(limits.WRITE_SECONDS, self._check_progress, self._unsent())

    def _check_progress(self, before: int) -> None:
        """Aborts a connection whose client has read nothing of the response since the last check."""
        if self._unsent() < before:
            self._schedule_check()
        else:
            self.transport.abortConnection()

    def _unsent(self) -> int:
        transport = self.transport
        return int(len(transport.dataBuffer) - transport.offset + transport._tempDataLen)

    # --- the end --------------------------------------------------------------------------------------------------

    def requestDone(self, request: Request) -> None:
        the_connections().wait(self)
        if not request.whole:
            del self.requests[0]
            self._linger()
            return
        super().requestDone(request)
        if self._read_closed and not self._handlingRequest:
            self.loseConnection()

    def _respondToBadRequestAndDisconnect(self) -> None:
        self.transport.write(BAD_REQUEST)
        self._linger()

    def _linger(self) -> None:
        """The response was sent before the request was complete: lets the client read it, then closes."""
        if self._linger_left is not None:
            return
        self._linger_left = limits.LINGER_BYTES
        self.setTimeout(None)
        self._stop_timer()
        self._timer = reactor.callLater(limits.LINGER_SECONDS, self.transport.abortConnection)
        self._networkProducer.unregisterProducer()
        self.transport.resumeProducing()
        self.transport.loseWriteConnection()

    def _drop(self, data: bytes) -> None:
        self._linger_left = (self._linger_left or 0) - len(data)
        if self._linger_left < 0:
            self.transport.abortConnection()

    def readConnectionLost(self) -> None:
        """The client has closed its sending side. Complete requests still get their responses."""
        self._read_closed = True
        if not self._handlingRequest:
            self.loseConnection()

    def writeConnectionLost(self) -> None:
        """Our sending side is closed; the rest of the request is still read."""


class Socket(WebSocketProtocol):
    """A WebSocket, which replaces the HTTP connection that it came from."""

    def connectionMade(self) -> None:
        super().connectionMade()
        the_connections().acquire(self)
        the_connections().serve(self)

    def connectionLost(self, reason: Failure) -> None:
        the_connections().release(self)
        super().connectionLost(reason)

    def evict(self) -> None:
        """Never called: a WebSocket does not wait."""


class Connections(HTTPFactory):
    """Builds connections as Channel and requests as Request."""

    protocol = Channel

    def buildProtocol(self, addr: IAddress) -> Channel:
        channel: Channel = http.HTTPFactory.buildProtocol(self, addr)
        channel.requestFactory = Request
        return channel


class Sockets(WebSocketFactory):
    """Builds WebSockets as Socket."""

    protocol = Socket


class Server(daphne.server.Server):
    """Daphne's server with the factories of this module, which `run` puts in place of Daphne's by name."""

    def __init__(self, application: Application, **options: object) -> None:
        super().__init__(with_backpressure(application), **options)
        self.listen_failure = ""

    def listen_error(self, failure: Failure) -> None:
        """`run` ends, and `listen_failure` is the reason."""
        self.listen_failure = failure.getErrorMessage()
        super().listen_error(failure)

    def run(self) -> None:
        daphne.server.HTTPFactory, daphne.server.WebSocketFactory = Connections, Sockets
        super().run()

    async def handle_reply(self, protocol: object, message: Message) -> None:
        """A streaming application waits for its client to read, so that its response does not accumulate in memory."""
        await super().handle_reply(protocol, message)
        channel = getattr(protocol, "channel", None)
        if isinstance(channel, Channel):
            await channel.writable.wait()

    def kill_all_applications(self) -> object:
        """Excludes requests whose head is not complete: they have no application yet."""
        self.connections = {key: one for key, one in self.connections.items() if "application_instance" in one}
        return super().kill_all_applications()
