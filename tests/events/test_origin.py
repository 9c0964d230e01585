"""The origin of an event: equal addresses, networks and agent families have equal hashes."""

from hashlib import sha256
from typing import Any

import pytest
from msgspec import structs

from monitoring.events.origin import Origin, PersonalData, network_of, origin_of, parsed
from monitoring.events.vocabulary import PERSONAL


def digest(kind: str, name: str) -> bytes:
    return sha256(f"{kind} {name}".encode()).digest()[:16]


def origin(**words: Any) -> Origin:
    found = origin_of(PersonalData(**words), digest, lambda agent: agent.partition("/")[0])
    assert found
    return found


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.0/24"),
        ("::ffff:203.0.113.9", "203.0.113.0/24"),
        ("2001:db8:77aa:1234::99", "2001:db8:77aa::/48"),
        ("[2001:db8:77aa:1234::99]", "2001:db8:77aa::/48"),
        ("fe80::1%eth0", "fe80::/48"),
    ],
)
def test_a_network_is_a_24_or_a_48(address: str, network: str) -> None:
    found = parsed(address)
    assert found
    assert network_of(found) == network


def test_equal_addresses_have_equal_hashes_in_any_notation() -> None:
    assert origin(ip="::ffff:203.0.113.9") == origin(ip="203.0.113.9")
    assert origin(ip="2001:DB8::1") == origin(ip="2001:db8:0:0::1")


def test_addresses_of_a_network_and_versions_of_an_agent_share_a_hash() -> None:
    one, two = (origin(ip=f"203.0.113.{n}", user_agent=f"Firefox/{n}") for n in (1, 2))
    assert one.address != two.address
    assert one.network == two.network
    assert one.agent == two.agent
    assert origin(ip="203.0.114.1").network != one.network


def test_a_text_that_is_no_address_has_a_hash_and_no_network() -> None:
    found = origin(ip="unix:")
    assert found.address
    assert found.network is None


def test_data_without_address_and_agent_has_no_origin() -> None:
    assert origin_of(PersonalData(user_id="alice"), digest, str) is None


def test_what_is_removed_from_an_entry_is_what_is_sealed() -> None:
    sealed = {field.name for field in structs.fields(PersonalData)}
    assert sealed == {*PERSONAL, "country", "asn", "private"}
