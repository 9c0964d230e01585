"""System checks of the settings. Each message names the setting, its value, and what is allowed.

docs/operate.md has the same ranges; a test compares them.
"""

from dataclasses import dataclass
from typing import Any

import maxminddb
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from monitoring.ingest.follow.address import Unusable, database_of
from monitoring.stats.session import GAPS
from sbdash.commands import SETTINGS
from sbdash.listening import is_host
from sbdash.proxies import invalid_proxies

YEAR_SECONDS = 31_536_000
MIN_SECRET_KEY_CHARACTERS = 32
MAX_REPORT_DAYS = 90
"""The longest report's number of days."""
NO_REPLICA_SET = (
    "DATABASE_URL names a MongoDB without a replica set, which has no transactions: start it with --replSet, "
    "and call rs.initiate() once; one member is enough"
)


@dataclass(frozen=True, slots=True)
class Range:
    """The allowed values of a number, both ends included."""

    low: float
    high: float
    unit: str

    @property
    def words(self) -> str:
        return f"{self.low:,} to {self.high:,}{f' {self.unit}' if self.unit else ''}"


RANGES = {
    "PORT": Range(0, 65_535, ""),
    "INGEST_QUEUE_EVENTS": Range(1, 10_000_000, "events"),
    "INGEST_QUEUE_BYTES": Range(1, 2**34, "bytes"),
    "INGEST_BODIES_BYTES": Range(2**23, 2**34, "bytes"),
    "LIVE_SOCKETS": Range(1, 1_000_000, "sockets"),
    "LIVE_SOCKETS_PER_USER": Range(1, 1_000_000, "sockets"),
    "STATISTICS_RETENTION_DAYS": Range(1, 3_650, "days"),
    "SESSION_TIMEOUT": Range(0, YEAR_SECONDS, "seconds"),
    "MAX_SESSION_DURATION": Range(1, YEAR_SECONDS, "seconds"),
    "MONITORING_UPDATE_FREQUENCY": Range(0.1, 86_400, "seconds"),
    "CONSISTENCY_CHECK_HOURS": Range(0, 8_760, "hours"),
}


def readable(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E005: a setting's value cannot be parsed."""
    return [Error(words, id="sbdash.E005") for words in settings.SETTING_ERRORS]


def ranges(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E006: a number is out of range."""
    given = {name: getattr(settings, name) for name in RANGES}
    return [
        Error(f"{name} is {given[name]}, and must be {allowed.words}", id="sbdash.E006")
        for name, allowed in RANGES.items()
        if not allowed.low <= given[name] <= allowed.high
    ]


def idle_gap(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E007: the idle gap is none of those by which gaps between messages are counted."""
    if settings.SESSION_IDLE_GAP in GAPS:
        return []
    words = f"SESSION_IDLE_GAP is {settings.SESSION_IDLE_GAP}, and must be one of {', '.join(map(str, GAPS))} seconds"
    return [Error(words, id="sbdash.E007")]


def proxies(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E008: a trusted proxy is neither an address nor a network."""
    return [
        Error(
            f"TRUSTED_PROXIES names {item[:60]!r}, which is not an address or a network, or includes all addresses: "
            "name those from which your proxies connect, such as 127.0.0.1,10.0.0.0/8",
            id="sbdash.E008",
        )
        for item in invalid_proxies(settings.TRUSTED_PROXIES)
    ]


def misspelt(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """W002: a name in the environment resembles that of a setting."""
    return [
        Warning(f"{name} is not a setting of sbdash, and has no effect: is {meant} meant?", id="sbdash.W002")
        for name, meant in settings.SETTING_NAMES_MISSPELT.items()
    ]


def secret_key(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E011: SECRET_KEY, which signs sessions, is too short to be safe."""
    if len(settings.SECRET_KEY) >= MIN_SECRET_KEY_CHARACTERS:
        return []
    words = f"SECRET_KEY has {len(settings.SECRET_KEY)} characters, and must have {MIN_SECRET_KEY_CHARACTERS} or more"
    return [Error(f"{words}; without the setting a key is generated", id="sbdash.E011")]


def listening(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E010: HOST is neither an address nor a host name."""
    if is_host(settings.HOST):
        return []
    words = f"HOST is {settings.HOST[:60]!r}, and must be an address or a name of this machine, such as 127.0.0.1"
    return [Error(f"{words}, 0.0.0.0 or [::1], without a scheme or port", id="sbdash.E010")]


def hosts(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E009: ALLOWED_HOSTS is empty, or an item is not a bare host name."""
    if not settings.ALLOWED_HOSTS and not settings.DEBUG:
        return [Error("ALLOWED_HOSTS is empty, so every request would be rejected: name a host", id="sbdash.E009")]
    wrong = [host for host in settings.ALLOWED_HOSTS if "/" in host or (":" in host and not host.startswith("["))]
    words = "ALLOWED_HOSTS names {!r}: host names must have no scheme, port or path; IPv6 addresses need brackets"
    return [Error(words.format(host[:60]), id="sbdash.E009") for host in wrong]


def retention(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """W001: the statistics are retained for fewer days than the longest report covers."""
    days = settings.STATISTICS_RETENTION_DAYS
    if not 1 <= days < MAX_REPORT_DAYS:
        return []
    words = f"STATISTICS_RETENTION_DAYS is {days}: reports over {MAX_REPORT_DAYS} days will cover only {days}"
    return [Warning(words, id="sbdash.W001")]


def chat_database(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E001: the follower's settings name no database."""
    if not settings.CHAT_MONGODB_URL:
        return []
    try:
        database_of(settings.CHAT_MONGODB_URL, settings.CHAT_MONGODB_DATABASE)
    except Unusable as error:
        return [Error(str(error), id="sbdash.E001")]
    return []


def geo_databases(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E012: a file of GEO_DATABASE is not a MaxMind database."""
    errors: list[CheckMessage] = []
    for file in settings.GEO_DATABASE:
        try:
            maxminddb.open_database(file).close()
        except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
            words = f"GEO_DATABASE names {file}, which cannot be read as a MaxMind database (.mmdb): {error}"
            errors.append(Error(words, id="sbdash.E012"))
    return errors


def database(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E002: DATABASE_URL names no supported database, or its driver is not installed."""
    return [Error(settings.DATABASE_ERROR, id="sbdash.E002")] if settings.DATABASE_ERROR else []


def redis(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E004: REDIS_URL is not a URL of Redis."""
    valid = not settings.REDIS_URL or settings.REDIS_URL.startswith(("redis://", "rediss://", "unix://"))
    words = "REDIS_URL is not a URL of Redis, such as redis://host:6379/0, or rediss://host:6379/0 with TLS"
    return [] if valid else [Error(words, id="sbdash.E004")]


def replica_set(app_configs: Any, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """E003: MongoDB has no transactions. Only `migrate` runs it, as all checks that query a database."""
    features: Any = connection.features
    if not databases or not settings.ON_MONGODB or features._supports_transactions:
        return []
    return [Error(NO_REPLICA_SET, id="sbdash.E003")]


SETTING_CHECKS = (
    readable, ranges, idle_gap, proxies, hosts, listening, secret_key, misspelt, retention, chat_database, database,
    geo_databases, redis,
)  # fmt: skip


def register_all() -> None:
    """Registers the checks with Django. The pipeline's application calls it when it is ready."""
    for check in SETTING_CHECKS:
        register(check, SETTINGS)
    register(replica_set, Tags.database)


def raise_on_errors() -> None:
    """Raises ImproperlyConfigured with the messages of all errors, for servers that start without a Django command."""
    errors = [check for check in run_checks(tags=[SETTINGS]) if check.is_serious() and not check.is_silenced()]
    if errors:
        raise ImproperlyConfigured("\n".join(f"{check.msg} ({check.id})" for check in errors))
