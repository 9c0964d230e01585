"""Daphne, with what it lacks: bodies reach the application as they arrive, bounded; heads have a deadline; connections
have a bound; a client that has shut down its side is still answered; nothing of a client is believed about the server.

Importing this installs Twisted's reactor.
"""

import asyncio
import logging
import time
from io import BytesIO
from typing import Any
from urllib.parse import unquote

import daphne.server
from daphne.http_protocol import HTTPFactory, WebRequest
from daphne.utils import HEADER_NAME_RE, INVALID_HEADER_VALUE_BYTES
from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol
from twisted.internet import reactor
from twisted.internet.error import ConnectionAborted, ConnectionDone
from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.python.failure import Failure
from twisted.web import http
from zope.interface import implementer

from sbdash.paths import routed
from sbdash.servers import limits
from sbdash.servers.bodies import largest_body
from sbdash.servers.connections import FULL, the_connections
from sbdash.servers.target import Header, is_websocket, parse_target, with_host

log = logging.getLogger(__name__)
ROOT_PATH = b"daphne-root-path"
"""A header of a client that Daphne would believe."""
BAD = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
TOO_LONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
LATE = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


TAKE = "sbdash.take"
"""Where a scope says whom to tell that a piece of the body was taken."""


def paced(application: Any) -> Any:
    """An ASGI application that tells its requests what it takes of their bodies."""

    async def run(scope: Any, receive: Any, send: Any) -> None:
        take = scope.pop(TAKE, None)

        async def receive_and_tell() -> Any:
            message = await receive()
            take(message)
            return message

        await application(scope, receive_and_tell if take else receive, send)

    return run


class Request(WebRequest):
    """Starts the application when the head is there, and hands it the body piece by piece. Beyond the address' bound
    pieces are dropped: the one that passed it tells the application, which answers 413."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._received = self._waiting = 0
        self.most = 0
        self.whole = False

    def gotLength(self, length: int | None) -> None:
        self.content = BytesIO()
        if length != 0:
            self._begin(self.channel._command, self.channel._path, self.channel._version)

    def _begin(self, method: bytes, uri: bytes, version: bytes) -> None:
        self.method, self.clientproto = method, version
        self.target = parse_target(uri)
        self.uri, self.path = self.target.origin, self.target.path
        self.most = largest_body(routed({"raw_path": self.path}))
        self.process()

    def handleContentChunk(self, data: bytes) -> None:
        if self._received <= self.most and self.application_queue is not None:
            self.application_queue.put_nowait({"type": "http.request", "body": data, "more_body": True})
            self._waiting += len(data)
            if self._waiting > limits.WAITING_BYTES:
                self.channel.transport.pauseProducing()
        self._received += len(data)

    def take(self, message: Any) -> None:
        """The application has taken a piece of the body: its sender goes on where it was held up."""
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
        """As Daphne's, but for where the body and the root path come from."""
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

    def _scope(self, headers: list[Header]) -> dict[str, Any]:
        """Raises ValueError where the head is not one."""
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
            TAKE: self.take,
        }

    def handle_reply(self, message: Any) -> None:
        if message.get("type") == "http.response.start" and not self.whole and self.channel is not None:
            self.responseHeaders.setRawHeaders(b"connection", [b"close"])
            self.channel.persistent = 0
        super().handle_reply(message)


@implementer(IHalfCloseableProtocol)
class Channel(http.HTTPChannel):
    """One connection: a deadline for each head, and an end that lets the client read the answer."""

    def __init__(self) -> None:
        super().__init__()
        self._timer: Any = None
        self._begun = False
        self._left: int | None = None
        self._ended = False
        self._unread: Any = None
        self.writable = asyncio.Event()
        self.writable.set()

    # --- its place among all connections --------------------------------------------------------------------------

    def connectionMade(self) -> None:
        super().connectionMade()
        if the_connections().enter(self):
            self._timer = reactor.callLater(limits.HEAD_SECONDS, self._late)
        else:
            self.transport.getHandle().send(FULL)
            self._close_now(ConnectionDone())

    def give_way(self) -> None:
        self._close_now(ConnectionAborted())

    def _close_now(self, reason: Exception) -> None:
        """Twisted closes when its loop turns next, and may accept a hundred others before."""
        self.transport.connectionLost(Failure(reason))

    def connectionLost(self, reason: Any) -> None:
        self._stop_timer()
        self._is_read()
        the_connections().leave(self)
        super().connectionLost(reason)

    def upgraded(self) -> None:
        """The connection is a WebSocket's from now on, which takes the place."""
        the_connections().leave(self)

    # --- heads ----------------------------------------------------------------------------------------------------

    def dataReceived(self, data: bytes) -> None:
        if self._left is not None:
            self._drop(data)
            return
        if self.line_mode and not self._begun:
            self._begun = True
            if self._timer is None:
                self._timer = reactor.callLater(limits.HEAD_SECONDS, self._late)
        super().dataReceived(data)

    def allHeadersReceived(self) -> None:
        self._stop_timer()
        self._begun = False
        super().allHeadersReceived()

    def lineReceived(self, line: bytes) -> None:
        if self._left is None:
            super().lineReceived(line)

    def lineLengthExceeded(self, line: bytes) -> None:
        self.transport.write(TOO_LONG)
        self._linger()

    def rawDataReceived(self, data: bytes) -> None:
        if self._left is None:
            super().rawDataReceived(data)

    def _late(self) -> None:
        self._timer = None
        if self._begun:
            self.transport.write(LATE)
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

    # --- answers --------------------------------------------------------------------------------------------------

    def pauseProducing(self) -> None:
        self.writable.clear()
        if self._unread is None:
            self._look_again()
        super().pauseProducing()

    def resumeProducing(self) -> None:
        self._is_read()
        super().resumeProducing()

    def _is_read(self) -> None:
        self.writable.set()
        if self._unread is not None and self._unread.active():
            self._unread.cancel()
        self._unread = None

    def _look_again(self) -> None:
        self._unread = reactor.callLater(limits.WRITE_SECONDS, self._look, self._unsent())

    def _look(self, before: int) -> None:
        """Whoever has read nothing of an answer since the last look will not read it."""
        if self._unsent() < before:
            self._look_again()
        else:
            self.transport.abortConnection()

    def _unsent(self) -> int:
        transport = self.transport
        return int(len(transport.dataBuffer) - transport.offset + transport._tempDataLen)

    # --- the end --------------------------------------------------------------------------------------------------

    def requestDone(self, request: Any) -> None:
        the_connections().wait(self)
        if not request.whole:
            del self.requests[0]
            self._linger()
            return
        super().requestDone(request)
        if self._ended and not self._handlingRequest:
            self.loseConnection()

    def _respondToBadRequestAndDisconnect(self) -> None:
        self.transport.write(BAD)
        self._linger()

    def _linger(self) -> None:
        """The answer went before the request was whole: its sender may read it, and then goes."""
        if self._left is not None:
            return
        self._left = limits.LINGER_BYTES
        self.setTimeout(None)
        self._stop_timer()
        self._timer = reactor.callLater(limits.LINGER_SECONDS, self.transport.abortConnection)
        self._networkProducer.unregisterProducer()
        self.transport.resumeProducing()
        self.transport.loseWriteConnection()

    def _drop(self, data: bytes) -> None:
        self._left = (self._left or 0) - len(data)
        if self._left < 0:
            self.transport.abortConnection()

    def readConnectionLost(self) -> None:
        """The client has said all. What it asked for as a whole is answered still."""
        self._ended = True
        if not self._handlingRequest:
            self.loseConnection()

    def writeConnectionLost(self) -> None:
        """We have said all."""


class Socket(WebSocketProtocol):
    """A WebSocket; it took the place of the connection that it was."""

    def connectionMade(self) -> None:
        super().connectionMade()
        the_connections().enter(self)
        the_connections().serve(self)

    def connectionLost(self, reason: Any) -> None:
        the_connections().leave(self)
        super().connectionLost(reason)

    def give_way(self) -> None:
        """Never asked to: it does not wait."""


class Connections(HTTPFactory):
    """Makes our channels and requests in place of Twisted's and Daphne's."""

    protocol = Channel

    def buildProtocol(self, addr: Any) -> Channel:
        channel: Channel = http.HTTPFactory.buildProtocol(self, addr)
        channel.requestFactory = Request
        return channel


class Sockets(WebSocketFactory):
    """Makes our sockets."""

    protocol = Socket


class Server(daphne.server.Server):
    """Daphne's server takes its factories by name: here they are ours."""

    def __init__(self, application: Any, **options: Any) -> None:
        super().__init__(paced(application), **options)
        self.trouble = ""

    def listen_error(self, failure: Any) -> None:
        """Nobody can be served: `run` ends, and `trouble` says why."""
        self.trouble = failure.getErrorMessage()
        super().listen_error(failure)

    def run(self) -> None:
        daphne.server.HTTPFactory, daphne.server.WebSocketFactory = Connections, Sockets
        super().run()

    async def handle_reply(self, protocol: Any, message: Any) -> None:
        """An application that streams waits for its reader, and does not fill our memory."""
        await super().handle_reply(protocol, message)
        channel = getattr(protocol, "channel", None)
        if isinstance(channel, Channel):
            await channel.writable.wait()

    def kill_all_applications(self) -> Any:
        """Requests whose head is not whole have no application yet."""
        self.connections = {kept: one for kept, one in self.connections.items() if "application_instance" in one}
        return super().kill_all_applications()
