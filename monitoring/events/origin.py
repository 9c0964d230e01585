"""The personal data of an event, and its origin (address, network, agent) as keyed hashes. Pure.

The hashes are computed when an entry is read, from values that are sealed with the person's key. The journal does not
store them: they cannot be computed any more once the person is erased, and stages rebuild their rows without that
person.
"""

from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from msgspec import Struct

from monitoring.events.internal import Change

IPV4_PREFIX, IPV6_PREFIX = 24, 48
"""Prefix lengths (bits) of the network of an address."""
Address = IPv4Address | IPv6Address
Digest = Callable[[str, str], bytes]
"""A keyed hash of (kind, text)."""


class PersonalData(Struct, frozen=True, omit_defaults=True):
    """The fields of an event that identify a person, sealed in its entry, with the location of the address when the
    event came, since databases change. `private` is the part of a change that identifies a person."""

    user_id: str | None = None
    ip: str | None = None
    user_agent: str | None = None
    country: str | None = None
    asn: int | None = None
    private: dict[str, Change] | None = None


class Origin(Struct, frozen=True):
    """Hashes of 16 bytes: equal addresses, networks (/24, /48) and agent families have equal hashes, whatever the
    person. `country` is ISO 3166-1 alpha-2, `asn` is the number of the autonomous system. None means unknown."""

    address: bytes | None = None
    network: bytes | None = None
    agent: bytes | None = None
    country: str | None = None
    asn: int | None = None


def parsed(address: str) -> Address | None:
    """Returns the IP address without a zone, an IPv4-mapped IPv6 address as IPv4; None if the text is not an
    address."""
    try:
        parsed_address = ip_address(address.strip().strip("[]").partition("%")[0])
    except ValueError:
        return None
    if isinstance(parsed_address, IPv6Address):
        return parsed_address.ipv4_mapped or parsed_address
    return parsed_address


def network_of(address: Address) -> str:
    """Returns the network of an address, as 203.0.113.0/24 or 2001:db8:77aa::/48."""
    prefix = IPV4_PREFIX if address.version == 4 else IPV6_PREFIX
    return str(ip_network(f"{address}/{prefix}", strict=False))


def origin_of(unsealed: PersonalData, digest: Digest, family: Callable[[str], str]) -> Origin | None:
    """Returns the origin in the unsealed personal data of an event; None if it has neither an address nor an agent.
    `digest(kind, text)` is the keyed hash, `family(agent)` the family of a user agent."""
    ip, agent = unsealed.ip, unsealed.user_agent
    if not (ip or agent):
        return None
    address = parsed(ip) if ip else None
    return Origin(
        digest("address", str(address or ip)) if ip else None,
        digest("network", network_of(address)) if address else None,
        digest("agent family", family(agent)) if agent else None,
        unsealed.country,
        unsealed.asn,
    )
