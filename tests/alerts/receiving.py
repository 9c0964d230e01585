"""Receivers for tests: real servers on loopback for webhooks and e-mail, with TLS if asked."""

import email
import socketserver
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from monitoring.alerts import models
from monitoring.alerts.receiver import NewReceiver, Options
from monitoring.alerts.receivers import save_receiver
from monitoring.events.internal import Actor
from sbdash.fields import new_key

ACTOR = Actor("command", name="tests")
RELEASE = threading.Event()
"""Set at the end of a test: handlers that hang go on."""


@dataclass
class Post:
    """A request that a webhook received."""

    headers: dict[str, str]
    body: bytes
    at: float
    path: str


@dataclass
class Web:
    """A web server. `answer(handler)` writes the answer to each request."""

    url: str
    answer: Callable[[BaseHTTPRequestHandler], None]
    posts: list[Post] = field(default_factory=list)


def status(code: int, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    """An answer with this status and no body."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, text in headers.items():
            handler.send_header(name, text)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def hang(handler: BaseHTTPRequestHandler) -> None:
    RELEASE.wait(30)


def trickle(handler: BaseHTTPRequestHandler) -> None:
    """A header that never ends, a byte every 50 ms: no single read is slow."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
    while not RELEASE.wait(0.05):
        handler.wfile.write(b"x")


def endless(handler: BaseHTTPRequestHandler) -> None:
    """An answer of 10 GB."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(10 * 1024**3))
    handler.end_headers()
    for _ in range(10 * 1024):
        handler.wfile.write(bytes(1024**2))


def endless_head(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        handler.wfile.write(b"X-More: " + b"x" * 1000 + b"\r\n")


@contextmanager
def web(
    answer: Callable[[BaseHTTPRequestHandler], None] | None = None, certificate: Path | None = None
) -> Iterator[Web]:
    """A web server on loopback, with TLS if there is a certificate (a PEM with its key)."""
    made = Web("", answer or status(204))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            made.posts.append(Post(dict(self.headers.items()), body, time.time(), self.path))
            try:
                made.answer(self)
            except OSError:
                pass  # the sender has closed the connection

        do_GET = do_POST

        def log_message(self, *_: object) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            pass

    server = Quiet(("127.0.0.1", 0), Handler)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    made.url = f"http{'s' if certificate else ''}://127.0.0.1:{server.server_port}"
    RELEASE.clear()
    with _running(server):
        yield made
        RELEASE.set()


@dataclass
class Mail:
    """A mail server. `encrypted`: whether each mail came over TLS. `refuses`: the answer to RCPT, if it is not 250.
    `log_ins`: the lines of AUTH."""

    port: int
    mails: list[Message] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    refuses: str = ""
    log_ins: list[str] = field(default_factory=list)


@contextmanager
def smtp(certificate: Path | None = None, starttls: bool = False, trickles: bool = False) -> Iterator[Mail]:
    """A mail server on loopback, with TLS if there is a certificate: from the first byte on, or after STARTTLS.
    `trickles`: its greeting never ends, a byte every 50 ms."""
    made = Mail(0)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if certificate:
        context.load_cert_chain(certificate)

    class Handler(socketserver.StreamRequestHandler):
        def say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

        def encrypt(self) -> None:
            self.request = context.wrap_socket(self.request, server_side=True)
            self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb", 0)

        def handle(self) -> None:
            try:
                if certificate and not starttls:
                    self.encrypt()
                self.talk()
            except OSError:
                pass  # the sender has closed the connection
            finally:
                self.request.close()  # TLS took the server's socket over

        def talk(self) -> None:
            while trickles and not RELEASE.wait(0.05):
                self.wfile.write(b"2")
            self.say("220 tests")
            while line := self.rfile.readline():
                word = line[:4].decode(errors="replace").upper()
                if word == "DATA":
                    self.say("354 go on")
                    lines = []
                    while (part := self.rfile.readline()) not in (b".\r\n", b""):
                        lines.append(part)
                    made.mails.append(email.message_from_bytes(b"".join(lines)))
                    made.encrypted.append(isinstance(self.request, ssl.SSLSocket))
                elif word == "EHLO":
                    self.say("250-tests")
                    self.say("250-AUTH PLAIN")
                    if starttls:
                        self.say("250-STARTTLS")
                elif word == "STAR":
                    self.say("220 go on")
                    self.encrypt()
                    continue
                elif word == "AUTH":
                    made.log_ins.append(line.decode().strip())
                    self.say("235 welcome")
                    continue
                elif word == "RCPT":
                    made.recipients.append(line.decode().strip())
                    if made.refuses:
                        self.say(made.refuses)
                        continue
                elif word == "QUIT":
                    self.say("221 bye")
                    return
                self.say("250 ok")

    class Threads(socketserver.ThreadingTCPServer):
        daemon_threads = True

    server = Threads(("127.0.0.1", 0), Handler)
    made.port = int(server.server_address[1])
    RELEASE.clear()
    with _running(server):
        yield made
        RELEASE.set()


@contextmanager
def _running(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, args=[0.02], daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def certificate(folder: Path, name: str = "127.0.0.1", expired: bool = False) -> Path:
    """A certificate that signs itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"tests {name} {expired}")])
    begin, end = (now - timedelta(days=9), now - timedelta(days=1 if expired else -1))
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(begin).not_valid_after(end)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(name))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / f"{name}-{expired}.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + pem)
    return path


def receiver(name: str, kind: Any, to: str, secret: str = "", **options: Any) -> models.Receiver:
    """A saved receiver."""
    save_receiver(NewReceiver(name, kind, to, secret, Options(**options)), "tests", ACTOR)
    return models.Receiver.objects.get(name=name)


def alert(rule: int = 7, scope: str = "", severity: str = "warning", **values: Any) -> models.Alert:
    """A saved alert that fires."""
    now = int(time.time() * 1e6)
    known = {"version": 1, "name": "Slow answers", "figure": "response_average", "peak": 12.5, "changed": now}
    return models.Alert.objects.create(
        key=new_key(), rule=rule, scope=scope, severity=severity, **({"start": now - 60_000_000} | known | values)
    )
