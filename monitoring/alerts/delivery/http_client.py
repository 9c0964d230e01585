"""A small HTTP client for receivers: one request, one status, within fixed bounds. Pure.

The time of the whole exchange is bounded, which the timeouts of http.client (for each read) are not. The answer's body
is dropped. Redirects are not followed.
"""

import re
import socket
import ssl
from base64 import b64encode
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from functools import cache
from time import monotonic, time
from urllib.parse import SplitResult, quote, unquote, urlsplit

from monitoring.alerts.delivery.addresses import connect
from monitoring.alerts.delivery.failure import Undeliverable

SECONDS = 10.0
"""For connection, TLS, request and the head of the answer together."""
MAX_ANSWER_BYTES = 64 * 1024
MAX_RETRY_AFTER = 3_600.0
"""The longest pause that a receiver may ask for, s."""
STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})[ \r\n]")
RETRY_AFTER = re.compile(rb"\r\nRetry-After:([^\r\n]*)", re.IGNORECASE)
ALLOWED = "/%:@!$&'()*+,;=~-._?"
"""Characters of a path and a query that are sent as they are (RFC 3986)."""
DRAIN_SECONDS = 0.2
UNSAFE = re.compile(r"[\x00-\x20\x7f]")


def request(
    url: str, method: str, headers: Mapping[str, str], body: bytes, private: bool, seconds: float = SECONDS
) -> None:
    """Sends a request. Raises Undeliverable unless the status is 2xx."""
    deadline = monotonic() + seconds
    try:
        status, head = _answer(split(url), method, headers, body, private, deadline)
    except TimeoutError:
        raise Undeliverable(f"no answer within {seconds:g} s", is_unreachable=True) from None
    except ssl.SSLCertVerificationError as error:
        raise Undeliverable(f"the certificate is not valid: {error.verify_message}", is_unreachable=True) from None
    except ssl.SSLError as error:
        raise Undeliverable(f"TLS failed: {error.reason or 'no TLS at this port'}", is_unreachable=True) from None
    except OSError as error:
        raise Undeliverable(f"no connection: {error.strerror or type(error).__name__}", is_unreachable=True) from None
    if 300 <= status < 400:
        raise Undeliverable(f"the receiver redirects ({status}), which is not followed: enter the final address")
    if not 200 <= status < 300:
        pause = retry_after(head, time()) if status in (429, 503) else 0.0
        raise Undeliverable(f"the receiver answered {status}", bool(pause), pause)


def split(url: str) -> SplitResult:
    """Returns the parts of an http or https URL. Raises ValueError, whose text says what is wrong."""
    if UNSAFE.search(url):
        raise ValueError("it contains a space or a control character")
    found = urlsplit(url)
    if found.scheme not in ("http", "https"):
        raise ValueError("it must begin with https:// or http://")
    if not found.hostname:
        raise ValueError("it names no host")
    if found.port == 0:
        raise ValueError("port 0 cannot be connected to")
    try:
        found.hostname.encode("idna")
    except UnicodeError:
        raise ValueError("its host is not a valid name") from None
    return found


def retry_after(head: bytes, now: float) -> float:
    """Returns the seconds for which the head of an answer asks to wait (`Retry-After`, a number or a date, RFC 9110),
    MAX_RETRY_AFTER at most; 0 without any. `now`: s since 1970."""
    match = RETRY_AFTER.search(head)
    if match is None:
        return 0.0
    text = match[1].decode("latin-1").strip()
    if text.isascii() and text.isdecimal():
        return float(min(int(text[:9]), MAX_RETRY_AFTER))
    try:
        return min(max(0.0, parsedate_to_datetime(text).timestamp() - now), MAX_RETRY_AFTER)
    except (ValueError, OverflowError):
        return 0.0


def _answer(
    url: SplitResult, method: str, headers: Mapping[str, str], body: bytes, private: bool, deadline: float
) -> tuple[int, bytes]:
    """Returns the status and the head of the answer."""
    assert url.hostname
    is_tls = url.scheme == "https"
    line = connect(url.hostname, url.port or (443 if is_tls else 80), private, deadline)
    with line:
        if is_tls:
            line.settimeout(_left(deadline))
            line = tls_context().wrap_socket(line, server_hostname=url.hostname)
        with line:
            line.settimeout(_left(deadline))
            line.sendall(_head(url, method, headers, len(body)) + body)
            status, head, size = _read_head(line, deadline)
            _drain(line, MAX_ANSWER_BYTES - size)
            return status, head


@cache
def tls_context() -> ssl.SSLContext:
    """Returns the context that verifies certificates and host names."""
    return ssl.create_default_context()


def _head(url: SplitResult, method: str, headers: Mapping[str, str], size: int) -> bytes:
    host = (url.hostname or "").encode("idna").decode() if ":" not in (url.hostname or "") else f"[{url.hostname}]"
    target = quote(f"{url.path or '/'}{'?' if url.query else ''}{url.query}", safe=ALLOWED)
    named = {"Host": f"{host}:{url.port}" if url.port else host, "User-Agent": "sbdash", "Connection": "close"}
    if method != "GET":
        named["Content-Length"] = str(size)
    if url.username is not None:
        login = f"{unquote(url.username)}:{unquote(url.password or '')}"
        named["Authorization"] = f"Basic {b64encode(login.encode()).decode()}"
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {text}" for name, text in {**named, **headers}.items())]
    return "\r\n".join([*lines, "", ""]).encode("ascii")


def _read_head(line: socket.socket, deadline: float) -> tuple[int, bytes, int]:
    """Reads the head of the answer, at most MAX_ANSWER_BYTES. Interim answers (1xx) are skipped. Returns the status,
    the head, and how many bytes were read."""
    read, size = b"", 0
    while size < MAX_ANSWER_BYTES:
        line.settimeout(_left(deadline))
        more = line.recv(8192)
        read, size = read + more, size + len(more)
        while b"\r\n\r\n" in read or not more:
            match = STATUS.match(read)
            if match is None:
                raise Undeliverable("the receiver closed the connection" if not read else "the answer is not HTTP")
            if not match[1].startswith(b"1"):
                return int(match[1]), read.partition(b"\r\n\r\n")[0], size
            read = read.partition(b"\r\n\r\n")[2]
    raise Undeliverable(f"the head of the answer is larger than {MAX_ANSWER_BYTES // 1024} KiB")


def _drain(line: socket.socket, most: int) -> None:
    """Drops the rest of the answer, so that a receiver that is still writing sees no error: at most `most` bytes, and
    no longer than DRAIN_SECONDS."""
    deadline = monotonic() + DRAIN_SECONDS
    try:
        while most > 0:
            line.settimeout(_left(deadline))
            more = len(line.recv(8192))
            most = most - more if more else 0
    except OSError:
        return  # the status is known


def _left(deadline: float) -> float:
    left = deadline - monotonic()
    if left <= 0:
        raise TimeoutError
    return left
