"""Country and network number, from databases that the tests write (and MaxMind's own where they lie beside)."""

from pathlib import Path

import pytest
from mmdb import write
from traces import SHARED

from monitoring.recording.geo import NOWHERE, Geo, Places


@pytest.fixture
def nested(tmp_path: Path) -> Path:
    return write(
        tmp_path / "city.mmdb", {"81.2.69.0/24": {"country": {"iso_code": "GB"}}, "9.9.9.0/24": {"country": {}}}
    )


@pytest.fixture
def flat(tmp_path: Path) -> Path:
    return write(tmp_path / "flat.mmdb", {"81.2.69.0/24": {"country_code": "gb", "asn": "AS1234"}})


def test_both_layouts_are_read(nested: Path, flat: Path) -> None:
    assert Places([nested]).of("81.2.69.160") == Geo("GB")
    assert Places([flat]).of("81.2.69.160") == Geo("GB", 1234)
    assert Places([nested, flat]).of("::ffff:81.2.69.160") == Geo("GB", 1234)


def test_numbers_of_networks_are_read_by_their_long_name(tmp_path: Path) -> None:
    file = write(tmp_path / "asn.mmdb", {"1.128.0.0/11": {"autonomous_system_number": 1221}})
    assert Places([file]).of("1.128.0.1") == Geo(None, 1221)


@pytest.mark.parametrize(
    "address", ["192.168.1.1", "127.0.0.1", "10.0.0.1", "203.0.113.9", "fe80::1", "no address", ""]
)
def test_what_belongs_to_no_place_is_never_guessed(tmp_path: Path, address: str) -> None:
    everything = write(tmp_path / "all.mmdb", {"0.0.0.0/0": {"country": {"iso_code": "AU"}}})
    assert Places([everything]).of("9.9.9.9") == Geo("AU")
    assert Places([everything]).of(address) == NOWHERE


def test_odd_records_say_nothing(tmp_path: Path) -> None:
    odd = {"1.0.0.0/8": {"country": "Australia"}, "2.0.0.0/8": {"asn": "AS-1"}, "4.0.0.0/8": {"asn": 2**40}}
    found = Places([write(tmp_path / "odd.mmdb", odd)])
    assert {found.of(f"{n}.1.1.1") for n in (1, 2, 4)} == {NOWHERE}


def test_ipv6_in_a_database_of_ipv4_alone_is_unknown(nested: Path) -> None:
    assert Places([nested]).of("2a00:1450::1") == NOWHERE


def test_a_file_that_is_no_database_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "x.mmdb").write_bytes(b"nothing")
    with pytest.raises(ValueError, match="is not a MaxMind database"):
        Places([tmp_path / "x.mmdb"])


def test_maxmind_s_own_databases_are_read_too() -> None:
    """Where they lie beside the checkout; the written one always."""
    for file in (SHARED / "maxmind-test" / "test-data").glob("Geo*-Cit*-Test.mmdb"):
        assert Places([file]).of("81.2.69.160").country == "GB"
