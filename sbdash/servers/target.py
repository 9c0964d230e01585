"""Parses request targets, and recognises WebSocket handshakes (RFC 9112, RFC 9110, RFC 6455). Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from monitoring.messaging.asgi_types import Header


@dataclass(frozen=True, slots=True)
class Target:
    """A request target in origin form. `authority` is the host of an absolute form, empty for an origin form."""

    path: bytes
    query: bytes
    authority: bytes = b""

    @property
    def origin(self) -> bytes:
        """Path and query as they stand in a request line."""
        return self.path + b"?" + self.query if self.query else self.path


def parse_target(uri: bytes) -> Target:
    """Parses origin form and absolute form (`http://host/path`, RFC 9112 section 3.2.2)."""
    before, _, query = uri.partition(b"?")
    scheme, absolute, rest = before.partition(b"://")
    if not absolute or scheme.lower() not in (b"http", b"https"):
        return Target(before, query)
    authority, _, path = rest.partition(b"/")
    return Target(b"/" + path, query, authority.rpartition(b"@")[2])


def with_host(headers: Iterable[Header], authority: bytes) -> list[Header]:
    """The headers (names in lower case) with this Host: an absolute form's authority overrides the header."""
    return [(b"host", authority), *(header for header in headers if header[0] != b"host")]


def is_websocket(method: bytes, headers: Sequence[Header]) -> bool:
    """Returns whether this is a WebSocket handshake: a GET without a body. Any other Upgrade is ignored, as RFC 9110
    section 7.8 allows, and the request is read as plain HTTP/1.1."""
    values = {name.lower(): value.strip().lower() for name, value in headers}
    options = [option.strip() for option in values.get(b"connection", b"").split(b",")]
    has_body = b"transfer-encoding" in values or values.get(b"content-length", b"0") != b"0"
    return method == b"GET" and b"upgrade" in options and values.get(b"upgrade") == b"websocket" and not has_body
