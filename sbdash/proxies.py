"""Takes a client's address and scheme from the headers of trusted proxies. Pure."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

from monitoring.messaging.asgi_types import Header, Scope

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network
Peer: TypeAlias = Sequence[str | int]
"""Address and port."""
SECURE_SCHEMES = {"http": "https", "ws": "wss"}


def invalid_proxies(proxies: Iterable[str]) -> list[str]:
    """Those that are neither an address nor a network, or a network of all addresses."""
    return [proxy for proxy in proxies if (network := _network(proxy)) is None or network.prefixlen == 0]


def apply_forwarded(scope: Scope, trusted: Sequence[str]) -> Scope:
    """The scope with the client's scheme and address from `X-Forwarded-Proto` and `X-Forwarded-For`, if the peer is a
    trusted proxy; else the scope unchanged."""
    peer = scope.get("client")
    if not trusted or not peer or not is_trusted(peer[0], tuple(trusted)):
        return scope
    headers = scope["headers"]
    protocols = _header_values(headers, b"x-forwarded-proto")
    scheme = scope.get("scheme", "http")
    secure = SECURE_SCHEMES.get(scheme, scheme) if protocols and protocols[-1] in ("https", "wss") else scheme
    return scope | {
        "scheme": secure,
        "client": _client(_header_values(headers, b"x-forwarded-for"), peer, tuple(trusted)),
    }


def is_trusted(address: str, trusted: tuple[str, ...]) -> bool:
    """Returns whether an address is one of these, or in one of these networks."""
    parsed = _address(address)
    return parsed is not None and any(parsed in network for network in _networks(trusted))


def _client(hops: list[str], peer: Peer, trusted: tuple[str, ...]) -> Peer:
    """The last hop that is not a trusted proxy. The hops before it may be forged."""
    for hop in reversed(hops):
        if _address(hop) is None:
            return peer
        if not is_trusted(hop, trusted):
            return [hop, 0]
    return peer


def _header_values(headers: Iterable[Header], name: bytes) -> list[str]:
    lines = b",".join(value for key, value in headers if key == name).decode("latin-1")
    return [value.strip() for value in lines.split(",") if value.strip()]


def _address(text: str) -> Address | None:
    try:
        address = ip_address(text.strip("[]"))
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _network(text: str) -> Network | None:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


@lru_cache(maxsize=8)
def _networks(trusted: tuple[str, ...]) -> list[Network]:
    return [network for proxy in trusted if (network := _network(proxy)) is not None]
