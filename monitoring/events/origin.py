"""Where an event came from, as a stage sees it: keyed hashes, a country and a network's number. Pure.

The hashes are made when an entry is read, from words that are sealed with the person's key. The journal stores none of
them: who is erased takes them along, and what a stage keeps of them is made again without that person.
"""

from collections.abc import Callable, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

from msgspec import Struct

IPV4_PREFIX, IPV6_PREFIX = 24, 48
"""Bits of an address that name its network."""
Address = IPv4Address | IPv6Address
Digest = Callable[[str, str], bytes]


class Origin(Struct, frozen=True):
    """Hashes have 16 bytes; equal addresses, networks (/24, /48) and families of agents have equal ones, whoever comes
    from there. `country` is ISO 3166-1 alpha-2, `asn` the number of the autonomous system. None: unknown."""

    address: bytes | None = None
    network: bytes | None = None
    agent: bytes | None = None
    country: str | None = None
    asn: int | None = None


def parsed(address: str) -> Address | None:
    """An IP address; IPv4 within IPv6 as IPv4, without a zone. None where it is none."""
    try:
        found = ip_address(address.strip().strip("[]").partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


def network_of(address: Address) -> str:
    """The network of an address, as 203.0.113.0/24 or 2001:db8:77aa::/48."""
    prefix = IPV4_PREFIX if address.version == 4 else IPV6_PREFIX
    return str(ip_network(f"{address}/{prefix}", strict=False))


def origin_of(words: Mapping[str, Any], digest: Digest, family: Callable[[str], str]) -> Origin | None:
    """The origin that sealed words tell; None where they tell nothing of it. `digest(kind, name)` is the keyed hash."""
    said, agent = words.get("ip"), words.get("user_agent")
    if not (said or agent):
        return None
    address = parsed(said) if said else None
    return Origin(
        digest("address", str(address or said)) if said else None,
        digest("network", network_of(address)) if address else None,
        digest("agent family", family(agent)) if agent else None,
        words.get("country"),
        words.get("asn"),
    )
