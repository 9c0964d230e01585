"""Connections to receivers: a name is resolved once, its addresses are checked, and a checked one is used. Pure.

A receiver's address comes from an administrator, and must not reach services inside the machine's own network (SSRF).
"""

import socket
from concurrent.futures import Future
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from threading import BoundedSemaphore, Thread
from time import monotonic
from typing import Any

from monitoring.alerts.delivery.failure import Undeliverable

PRIVATE = "the address is private: set ALERT_PRIVATE_RECEIVERS=true"
NEVER = "the address is link-local or multicast, which no receiver is"
CLOUD_METADATA = {ip_address("168.63.129.16"), ip_address("100.100.100.200"), ip_address("192.0.0.192"),
                  ip_address("fd00:ec2::254")}  # fmt: skip
"""Addresses of metadata services outside of the link-local networks (Azure, Alibaba, Oracle, AWS)."""
NAT64 = IPv6Network("64:ff9b::/96")
LOOKUP_SECONDS, MAX_LOOKUPS = 5.0, 64
"""For the look-up of a name; how many may be under way."""
_lookups = BoundedSemaphore(MAX_LOOKUPS)
Address = tuple[socket.AddressFamily, tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]]


def refusal(address: str, private: bool) -> str:
    """Returns why an IP address is refused, empty if it is allowed. `private` allows loopback and private ones."""
    ip = _inner(ip_address(address.partition("%")[0]))
    if ip.is_link_local or ip.is_multicast or ip in CLOUD_METADATA:
        return NEVER
    if private or (ip.is_global and not ip.is_reserved and not _is_local(ip)):
        return ""
    return PRIVATE


def _is_local(ip: IPv4Address | IPv6Address) -> bool:
    """True for site-local addresses (fec0::/10), which Python calls global."""
    return isinstance(ip, IPv6Address) and ip.is_site_local


def _inner(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Returns the IPv4 address that an IPv6 address contains: mapped, 6to4, Teredo or NAT64."""
    if isinstance(ip, IPv4Address):
        return ip
    if ip in NAT64:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else ip)


def refusal_of_literal(host: str, private: bool) -> str:
    """Returns why a host is refused that is an address in any notation (`127.1`, `0x7f000001`) or the name of the
    machine itself. No name is looked up."""
    if host.rstrip(".").lower().rpartition(".")[2] == "localhost":
        return "" if private else PRIVATE
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return ""
    return next(filter(None, (refusal(str(place[0]), private) for *_, place in found)), "")


def resolve(host: str, port: int, private: bool, seconds: float = LOOKUP_SECONDS) -> list[Address]:
    """Returns the addresses of a host. Raises Undeliverable if there is none, if one of them is refused, or if the
    look-up takes longer than `seconds`."""
    try:
        found = _looked_up(host, port, seconds)
    except TimeoutError:
        raise Undeliverable(f"the look-up of {host} took longer than {seconds:.2g} s", is_unreachable=True) from None
    except (OSError, UnicodeError):
        raise Undeliverable(f"no address is known for {host}", is_unreachable=True) from None
    for *_, place in found:
        if words := refusal(str(place[0]), private):
            raise Undeliverable(words)
    return [(family, place) for family, _, _, _, place in found]


def _looked_up(host: str, port: int, seconds: float) -> list[Any]:
    """Asks the resolver in a thread of its own, since it cannot be interrupted. Raises TimeoutError, and while
    MAX_LOOKUPS have not ended."""
    if not _lookups.acquire(blocking=False):
        raise TimeoutError
    answer: Future[list[Any]] = Future()

    def ask() -> None:
        try:
            answer.set_result(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except Exception as error:
            answer.set_exception(error)
        finally:
            _lookups.release()

    Thread(target=ask, name="look-up of a receiver", daemon=True).start()
    return answer.result(seconds)


def connect(host: str, port: int, private: bool, deadline: float) -> socket.socket:
    """Returns a connection to the first address that answers before `deadline` (of `monotonic`); each gets a share of
    the time. Raises Undeliverable, or OSError of the last address."""
    error: OSError = TimeoutError()
    found = resolve(host, port, private, min(LOOKUP_SECONDS, max(0.001, deadline - monotonic())))
    for left, (family, place) in zip(range(len(found), 0, -1), found, strict=True):
        made = socket.socket(family, socket.SOCK_STREAM)
        try:
            made.settimeout(max(0.001, (deadline - monotonic()) / left))
            made.connect(place)
            return made
        except OSError as failure:
            made.close()
            error = failure
    raise error
