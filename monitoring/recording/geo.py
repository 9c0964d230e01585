"""The country and the network's number of an address, from MaxMind-format databases (GEO_DATABASE). Pure.

Two layouts are read: nested (`country.iso_code`, `autonomous_system_number`) and flat (`country_code`, `country`,
`asn`). Addresses that belong to no place (private, loopback, documentation) are not looked up: databases guess them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import maxminddb

from monitoring.events.origin import Address, parsed

MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Geo:
    """None: unknown."""

    country: str | None = None
    asn: int | None = None

    def words(self) -> dict[str, Any]:
        """What is known, as it is sealed."""
        return {name: value for name, value in (("country", self.country), ("asn", self.asn)) if value is not None}


NOWHERE = Geo()


class Places:
    """Databases that are asked in order; the first that knows a country, or a number, is believed. Raises OSError or
    ValueError where a file cannot be read."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._readers = []
        for file in files:
            try:
                self._readers.append(maxminddb.open_database(file))
            except maxminddb.InvalidDatabaseError as error:
                raise ValueError(f"{file} is not a MaxMind database: {error}") from None
        self.of = lru_cache(MOST_REMEMBERED)(self._of)

    def _of(self, address: str) -> Geo:
        """Where an address is; NOWHERE for what is none, and for one that belongs to no place."""
        ip = parsed(address) if self._readers else None
        if ip is None or not ip.is_global:
            return NOWHERE
        found = [_read(reader, ip) for reader in self._readers]
        countries, numbers = [place.country for place in found], [place.asn for place in found]
        return Geo(next(filter(None, countries), None), next(filter(None, numbers), None))


def _read(reader: maxminddb.Reader, ip: Address) -> Geo:
    try:
        said = reader.get(ip)
    except (ValueError, maxminddb.InvalidDatabaseError):  # a database of IPv4 alone, or a broken place in it
        return NOWHERE
    return Geo(_country(said), _number(said)) if isinstance(said, dict) else NOWHERE


def _country(said: dict[str, Any]) -> str | None:
    nested = said.get("country")
    word = nested.get("iso_code") if isinstance(nested, dict) else said.get("country_code") or nested
    return word.upper() if isinstance(word, str) and len(word) == 2 and word.isascii() and word.isalpha() else None


def _number(said: dict[str, Any]) -> int | None:
    value = said.get("autonomous_system_number") or said.get("asn")
    word = value.upper().removeprefix("AS") if isinstance(value, str) else value
    number = int(word) if isinstance(word, int) or (isinstance(word, str) and word.isdigit()) else 0
    return number if 0 < number < 2**32 else None
