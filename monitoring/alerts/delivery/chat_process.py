"""Sends one message with Apprise, in a process of its own that an audit hook guards. Pure.

Apprise has modules for many services, written by many people. Here none of them can connect to a private address,
start a program, or hold up or fill the process that sends. The request is JSON on standard input, since it contains
secrets; the answer is JSON on standard output.
"""

import json
import logging
import re
import resource
import socket
import sys
from collections.abc import Callable
from typing import Any, TypedDict

from monitoring.alerts.delivery.addresses import refusal

MISSING = "chat services need the package apprise: install requirements.txt"
MAX_DATA_BYTES = 512 * 1024**2
MAX_ANSWER_BYTES = 256 * 1024
"""Of all answers together."""
SERVICE_SECONDS = 10.0
FORBIDDEN = {"subprocess.Popen", "os.exec", "os.posix_spawn", "os.system", "os.fork", "os.forkpty", "pty.spawn"}
STATUS = re.compile(r"error=(\d{3})\b")


class Order(TypedDict):
    """A message to send. `check`: nothing is sent, only the URL is read. `private` allows private addresses."""

    url: str
    title: str
    text: str
    type: str
    private: bool
    check: bool


def guard(private: bool, refused: Callable[[str], None]) -> None:
    """Refuses connections to addresses that are not allowed, and other programs, for the rest of this process."""

    def hook(event: str, args: tuple[Any, ...]) -> None:
        words = ""
        if event in ("socket.connect", "socket.sendto"):
            words = _refusal_of(args[1], private)
        elif event in FORBIDDEN:
            words = "the service wants to start a program, which is refused"
        if words:
            refused(words)
            raise OSError(words)

    sys.addaudithook(hook)


def bound_answers(refused: Callable[[str], None]) -> None:
    """Ends every answer after MAX_ANSWER_BYTES, for the rest of this process: services read them whole."""
    read, total = socket.SocketIO.readinto, 0

    def readinto(self: socket.SocketIO, buffer: Any) -> int | None:
        nonlocal total
        count = read(self, buffer)
        total += count or 0
        if total > MAX_ANSWER_BYTES:
            refused("the service's answer is too large")
            raise OSError("the answer is too large")
        return count

    socket.SocketIO.readinto = readinto  # type: ignore[assignment, method-assign]


def _refusal_of(address: object, private: bool) -> str:
    """Returns why an address of a socket is refused. A name would be resolved later, so it is refused too."""
    try:
        return refusal(str(address[0]), private) if isinstance(address, tuple) else "a local socket is refused"
    except ValueError:
        return "a connection to a name that was not resolved is refused"


def answer(order: Order) -> str:
    """Sends the message. Returns an error in words, empty after success."""
    try:
        import apprise
    except ImportError:
        return MISSING
    log = _Log()
    logging.getLogger("apprise").addHandler(log)
    asset = apprise.AppriseAsset(
        secure_logging=True, storage_mode="memory", async_mode=False, http_redirects=False,
        service_timeout=SERVICE_SECONDS,
    )  # fmt: skip
    service = apprise.Apprise.instantiate(order["url"], asset=asset, suppress_exceptions=True)
    if service is None:
        return "this is not an address of a service that Apprise knows, or a part of it is missing"
    if not _is_web_service(service):
        return f"{service.schema}:// is not a web service: choose another kind of receiver"
    if order["check"]:
        return ""
    service.verify_certificate, service.redirects = True, False
    refusals: list[str] = []
    guard(order["private"], refusals.append)
    bound_answers(refusals.append)
    if service.notify(body=order["text"], title=order["title"], notify_type=apprise.NotifyType(order["type"])):
        return ""
    return refusals[0] if refusals else log.words


def _is_web_service(service: object) -> bool:
    """True if the module of a service, or of a class that it extends, speaks HTTP with requests."""
    names = [parent.__module__ for parent in type(service).__mro__ if parent.__module__.startswith("apprise.plugins.")]
    return any(hasattr(sys.modules[name], "requests") for name in names)


class _Log(logging.Handler):
    """Keeps the status of an answer from Apprise's log, and no other word: those may quote secrets."""

    words = "the service could not be reached"

    def emit(self, record: logging.LogRecord) -> None:
        if match := STATUS.search(record.getMessage()):
            self.words = f"the service answered {match[1]}"


def main() -> None:
    """Reads an order and writes the answer."""
    resource.setrlimit(resource.RLIMIT_DATA, (MAX_DATA_BYTES, MAX_DATA_BYTES))
    order: Order = json.load(sys.stdin)
    output, sys.stdout = sys.stdout, sys.stderr
    json.dump({"error": answer(order)}, output)


if __name__ == "__main__":
    main()
