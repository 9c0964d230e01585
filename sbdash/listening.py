"""Validates the host on which the server listens, and formats its URL. Pure."""

import re
from ipaddress import ip_address

ANYWHERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  compared with the setting, not bound
"""Hosts that mean all addresses of this machine, each with its loopback address."""

_NAME = re.compile(r"[a-zA-Z0-9_]([a-zA-Z0-9_-]*[a-zA-Z0-9_])?(\.[a-zA-Z0-9_]([a-zA-Z0-9_-]*[a-zA-Z0-9_])?)*\.?")


def is_host(host: str) -> bool:
    """Returns whether this is an IP address (IPv6 with or without brackets), a host name, or empty for all
    addresses."""
    if ":" not in host:
        return not host or _NAME.fullmatch(host) is not None
    try:
        ip_address(bare_host(host))
    except ValueError:
        return False
    return True


def bare_host(host: str) -> str:
    """A host without the brackets that an IPv6 address has in a URL."""
    return host.removeprefix("[").removesuffix("]")


def url_of(host: str, port: int) -> str:
    """`http://host:port`, reachable from this machine; an IPv6 address is in brackets (RFC 3986, 3.2.2)."""
    name = ANYWHERE.get(bare_host(host), bare_host(host))
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"
