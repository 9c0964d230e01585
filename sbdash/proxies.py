"""Who the client is and how it came, where a proxy that is trusted says so. Pure."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, TypeAlias

Scope = dict[str, Any]
Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network
SECURE = {"http": "https", "ws": "wss"}


def strange(words: Iterable[str]) -> list[str]:
    """Those that are no address and no network, or a network of everybody."""
    return [word for word in words if (found := _network(word)) is None or found.prefixlen == 0]


def told_by_proxy(scope: Scope, trusted: Sequence[str]) -> Scope:
    """The scope with the client's scheme and address, where the peer is a trusted proxy and says them
    (`X-Forwarded-Proto`, `X-Forwarded-For`); of anybody else nothing is believed."""
    peer = scope.get("client")
    if not trusted or not peer or not is_trusted(peer[0], tuple(trusted)):
        return scope
    headers = scope["headers"]
    words = _said(headers, b"x-forwarded-proto")
    scheme = scope.get("scheme", "http")
    secure = SECURE.get(scheme, scheme) if words and words[-1] in ("https", "wss") else scheme
    return scope | {"scheme": secure, "client": _client(_said(headers, b"x-forwarded-for"), peer, tuple(trusted))}


def is_trusted(address: str, trusted: tuple[str, ...]) -> bool:
    """Whether an address is one of these, or lies in one of these networks."""
    found = _address(address)
    return found is not None and any(found in network for network in _networks(trusted))


def _client(hops: list[str], peer: Sequence[Any], trusted: tuple[str, ...]) -> Sequence[Any]:
    """The last hop that is no trusted proxy: what stands before it, anybody may have written."""
    for hop in reversed(hops):
        if _address(hop) is None:
            return peer
        if not is_trusted(hop, trusted):
            return [hop, 0]
    return peer


def _said(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> list[str]:
    lines = b",".join(value for key, value in headers if key == name).decode("latin-1")
    return [word.strip() for word in lines.split(",") if word.strip()]


def _address(word: str) -> Address | None:
    try:
        found = ip_address(word.strip("[]"))
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def _network(word: str) -> Network | None:
    try:
        return ip_network(word, strict=False)
    except ValueError:
        return None


@lru_cache(maxsize=8)
def _networks(trusted: tuple[str, ...]) -> list[Network]:
    return [network for word in trusted if (network := _network(word)) is not None]
