"""Country and network number, from databases that the tests write (and MaxMind's own, if beside the checkout)."""

from pathlib import Path

import pytest
from mmdb import write
from traces import SHARED

from monitoring.recording.geo import UNKNOWN, Geo, GeoLocator


@pytest.fixture
def nested(tmp_path: Path) -> Path:
    return write(
        tmp_path / "city.mmdb", {"81.2.69.0/24": {"country": {"iso_code": "GB"}}, "9.9.9.0/24": {"country": {}}}
    )


@pytest.fixture
def flat(tmp_path: Path) -> Path:
    return write(tmp_path / "flat.mmdb", {"81.2.69.0/24": {"country_code": "gb", "asn": "AS1234"}})


def test_both_layouts_are_read(nested: Path, flat: Path) -> None:
    assert GeoLocator([nested]).locate("81.2.69.160") == Geo("GB")
    assert GeoLocator([flat]).locate("81.2.69.160") == Geo("GB", 1234)
    assert GeoLocator([nested, flat]).locate("::ffff:81.2.69.160") == Geo("GB", 1234)


def test_numbers_of_networks_are_read_by_their_long_name(tmp_path: Path) -> None:
    file = write(tmp_path / "asn.mmdb", {"1.128.0.0/11": {"autonomous_system_number": 1221}})
    assert GeoLocator([file]).locate("1.128.0.1") == Geo(None, 1221)


@pytest.mark.parametrize(
    "address", ["192.168.1.1", "127.0.0.1", "10.0.0.1", "203.0.113.9", "fe80::1", "no address", ""]
)
def test_an_address_without_a_location_is_unknown(tmp_path: Path, address: str) -> None:
    everything = write(tmp_path / "all.mmdb", {"0.0.0.0/0": {"country": {"iso_code": "AU"}}})
    assert GeoLocator([everything]).locate("9.9.9.9") == Geo("AU")
    assert GeoLocator([everything]).locate(address) == UNKNOWN


def test_malformed_records_are_unknown(tmp_path: Path) -> None:
    odd = {"1.0.0.0/8": {"country": "Australia"}, "2.0.0.0/8": {"asn": "AS-1"}, "4.0.0.0/8": {"asn": 2**40}}
    found = GeoLocator([write(tmp_path / "odd.mmdb", odd)])
    assert {found.locate(f"{n}.1.1.1") for n in (1, 2, 4)} == {UNKNOWN}


def test_ipv6_in_a_database_of_ipv4_alone_is_unknown(nested: Path) -> None:
    assert GeoLocator([nested]).locate("2a00:1450::1") == UNKNOWN


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.mmdb").write_bytes(b"nothing")
    with pytest.raises(ValueError, match="is not a MaxMind database"):
        GeoLocator([tmp_path / "x.mmdb"])


def test_maxmind_s_own_databases_are_read_too() -> None:
    """MaxMind's databases if they are beside the checkout; the written one always."""
    for file in (SHARED / "maxmind-test" / "test-data").glob("Geo*-Cit*-Test.mmdb"):
        assert GeoLocator([file]).locate("81.2.69.160").country == "GB"
