"""HTTP as bytes on a socket, for what no client library sends."""

import re
import socket
from dataclasses import dataclass

from running import Server


@dataclass(frozen=True)
class Said:
    """What came back: the first answer that is not a 100, and what came after its head."""

    status: int
    head: str
    body: bytes


def opened(server: Server, seconds: float = 20.0) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=seconds)


def head(method: str, path: str, **headers: object) -> bytes:
    """A request head; `_` in a name is `-`."""
    lines = {"Host": "localhost"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return "\r\n".join([f"{method} {path} HTTP/1.1", *(f"{n}: {v}" for n, v in lines.items()), "", ""]).encode()


def heard(line: socket.socket) -> Said:
    """Read until the first whole answer is there, or the server closes. AssertionError where it says nothing."""
    got = b""
    while (found := parsed(got)) is None:
        try:
            more = line.recv(65_536)
        except ConnectionResetError:
            more = b""
        if not more:
            break
        got += more
    found = parsed(got, over=True)
    assert found is not None, f"no answer: {got!r}"
    return found


def parsed(got: bytes, over: bool = False) -> Said | None:
    before, whole, body = got.partition(b"\r\n\r\n")
    if before.startswith(b"HTTP/1.1 100"):
        return parsed(body, over)
    if not whole:
        return None
    words = before.decode("latin-1")
    length = re.search(r"(?im)^content-length: *(\d+)", words)
    done = len(body) >= int(length[1]) if length else body.endswith(b"0\r\n\r\n")
    return Said(int(words.split()[1]), words, body) if done or over else None


def asked(server: Server, *parts: bytes, end: bool = False) -> Said:
    """Send bytes, and shut our side down if it is the end; the answer."""
    with opened(server) as line:
        for part in parts:
            line.sendall(part)
        if end:
            line.shutdown(socket.SHUT_WR)
        return heard(line)
