"""Times in parameters of REST. Pure."""

from datetime import UTC, datetime


def seconds(moment: datetime) -> float:
    """Seconds since 1970. A time without a zone is UTC."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
