"""The country and the autonomous system number of an address, from MaxMind databases (GEO_DATABASE). Pure.

Two layouts are supported: nested (`country.iso_code`, `autonomous_system_number`) and flat (`country_code`, `country`,
`asn`). Addresses without a location (private, loopback, documentation) are not looked up, since databases guess it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import maxminddb

from monitoring.events.origin import Address, parsed

MAX_CACHED_ADDRESSES = 10_000


@dataclass(frozen=True, slots=True)
class Geo:
    """The location of an address. None means unknown."""

    country: str | None = None
    asn: int | None = None


UNKNOWN = Geo()


class GeoLocator:
    """Looks up addresses in several databases. The first database with a country, and the first with a number, decides.
    Raises OSError or ValueError if a file cannot be read."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._readers = []
        for file in files:
            try:
                self._readers.append(maxminddb.open_database(file))
            except maxminddb.InvalidDatabaseError as error:
                raise ValueError(f"{file} is not a MaxMind database: {error}") from None
        self.locate = lru_cache(MAX_CACHED_ADDRESSES)(self._locate)

    def _locate(self, address: str) -> Geo:
        """Returns the location of an address; UNKNOWN for a text that is not an address, or an address without a
        location."""
        ip = parsed(address) if self._readers else None
        if ip is None or not ip.is_global:
            return UNKNOWN
        results = [_read(reader, ip) for reader in self._readers]
        countries, numbers = [geo.country for geo in results], [geo.asn for geo in results]
        return Geo(next(filter(None, countries), None), next(filter(None, numbers), None))


def _read(reader: maxminddb.Reader, ip: Address) -> Geo:
    try:
        record = reader.get(ip)
    except (ValueError, maxminddb.InvalidDatabaseError):  # IPv6 in a database of IPv4 only, or a corrupt database
        return UNKNOWN
    return Geo(_country(record), _asn(record)) if isinstance(record, dict) else UNKNOWN


def _country(record: Mapping[str, object]) -> str | None:
    nested = record.get("country")
    code = nested.get("iso_code") if isinstance(nested, dict) else record.get("country_code") or nested
    return code.upper() if isinstance(code, str) and len(code) == 2 and code.isascii() and code.isalpha() else None


def _asn(record: Mapping[str, object]) -> int | None:
    value = record.get("autonomous_system_number") or record.get("asn")
    digits = value.upper().removeprefix("AS") if isinstance(value, str) else value
    number = int(digits) if isinstance(digits, int) or (isinstance(digits, str) and digits.isdigit()) else 0
    return number if 0 < number < 2**32 else None
