"""Makes CloudEvents, and parses the times in sources' data. Pure."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from monitoring.events.envelope import EPOCH

CloudEvent = dict[str, object]
_NUMBER = re.compile(r"[0-9]{1,20}(\.[0-9]+)?")
_UNITS = ((10**9, 10**11), (10**6, 10**14), (10**3, 10**17), (1, 10**20))
"""A unit in ns, and the first number that belongs to the next smaller unit: each unit covers times up to the year
5138."""


def cloud_event(source: str, id: str, type: str, time: str, data: Mapping[str, object]) -> CloudEvent:
    """Returns a CloudEvents 1.0 event without the fields of `data` that are None."""
    present = {name: value for name, value in data.items() if value is not None}
    return {"specversion": "1.0", "id": id, "source": source, "type": type, "time": time, "data": present}


def read_time(field: str, value: object) -> datetime:
    """Parses an ISO 8601 time; a time without a zone is UTC. Digits beyond the microsecond are cut off. Raises
    ValueError, which names the field."""
    if not isinstance(value, str):
        raise ValueError(f"{field}: not a time")
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError(f"{field}: not a time") from None
    if not 1900 < time.year < 9000:
        raise ValueError(f"{field}: the year {time.year} is out of range")
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def read_moment(field: str, text: str) -> datetime:
    """Parses a time of a table: ISO 8601, or a number of s, ms, µs or ns since 1970, depending on its size. Raises
    ValueError, which names the field."""
    if not _NUMBER.fullmatch(text):
        return read_time(field, text)
    whole, _, decimals = text.partition(".")
    unit = next((unit for unit, end in _UNITS if int(whole) < end), None)
    if unit is None:
        raise ValueError(f"{field}: not a time")
    fraction = int(decimals[:9].ljust(9, "0"))
    return EPOCH + timedelta(microseconds=(int(whole) * 10**9 + fraction) * unit // 10**12)


def write_time(time: datetime) -> str:
    """Returns ISO 8601 with microseconds and a Z."""
    return time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
