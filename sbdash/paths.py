"""Routes by encoded paths, so that a `%2F` inside an id is not a `/` between two segments (RFC 3986, section 2.2)."""

from urllib.parse import quote, unquote, unquote_to_bytes

from django.core.handlers.asgi import ASGIRequest
from django.utils.encoding import iri_to_uri
from django.utils.http import escape_leading_slashes

from monitoring.messaging.asgi_types import Scope


def routing_path(scope: Scope) -> str:
    """The path by which a request is routed: its segments in normalised percent-encoding, so that `%6Cogin` is `login`.
    ASGI's own `path` is decoded, and no longer shows which `/` was in an id."""
    raw = scope.get("raw_path")
    if raw is None:  # optional in ASGI
        return quote(scope["path"])
    return "/".join(quote(unquote_to_bytes(segment), safe="") for segment in raw.split(b"/"))


class Segment:
    """The path converter `<segment:NAME>`: one segment, decoded. A segment that is not UTF-8, or has a zero byte, which
    PostgreSQL's texts cannot hold, does not match."""

    regex = "[^/]+"

    def to_python(self, value: str) -> str:
        decoded = unquote(value, errors="strict")
        if "\0" in decoded:
            raise ValueError("a zero byte")
        return decoded

    def to_url(self, value: str) -> str:
        return quote(value, safe="")


class Request(ASGIRequest):
    """A request whose path is `routing_path`, which is encoded already; Django's own method would encode it again."""

    def get_full_path(self, force_append_slash: bool = False) -> str:
        path = f"{self.path}/" if force_append_slash and not self.path.endswith("/") else self.path
        query = self.META.get("QUERY_STRING", "")
        return escape_leading_slashes(f"{path}?{iri_to_uri(query)}" if query else path)
