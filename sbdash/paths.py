"""Addresses as they were asked for: a `%2F` inside an id is not a `/` between two segments (RFC 3986, section 2.2)."""

from typing import Any
from urllib.parse import quote, unquote, unquote_to_bytes

from django.core.handlers.asgi import ASGIRequest
from django.utils.encoding import iri_to_uri
from django.utils.http import escape_leading_slashes


def routed(scope: Any) -> str:
    """The path by which a request is routed: its segments percent-encoded, each in the one way that is usual, so that
    `%6Cogin` is `login`. ASGI's own `path` is decoded, and tells no longer which `/` stood in an id."""
    raw = scope.get("raw_path")
    if raw is None:  # a server need not tell it
        return quote(scope["path"])
    return "/".join(quote(unquote_to_bytes(segment), safe="") for segment in raw.split(b"/"))


class Segment:
    """`<segment:NAME>` in an address: one segment, decoded. What is not UTF-8 is nobody's id."""

    regex = "[^/]+"

    def to_python(self, value: str) -> str:
        return unquote(value, errors="strict")

    def to_url(self, value: str) -> str:
        return quote(value, safe="")


class Request(ASGIRequest):
    """Of a scope whose `path` is `routed`. Django would encode it once more where it writes an address."""

    def get_full_path(self, force_append_slash: bool = False) -> str:
        path = f"{self.path}/" if force_append_slash and not self.path.endswith("/") else self.path
        query = self.META.get("QUERY_STRING", "")
        return escape_leading_slashes(f"{path}?{iri_to_uri(query)}" if query else path)
