"""System checks of the settings. Each message names the setting, its value, and what is allowed.

docs/operate.md has the same ranges; a test compares them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import maxminddb
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from monitoring.alerts.delivery.http_client import split
from monitoring.ingest.follow.address import Unusable, database_of
from monitoring.stats.session import GAPS
from sbdash.commands import SETTINGS
from sbdash.listening import is_host
from sbdash.mail import url_error
from sbdash.proxies import invalid_proxies

Messages: TypeAlias = Iterator[CheckMessage]
YEAR_SECONDS = 31_536_000
MIN_SECRET_KEY_CHARACTERS = 32
MAX_REPORT_DAYS = 90
"""The longest report's number of days."""
ORIGIN = re.compile(r"https?://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?", re.IGNORECASE)
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
    "EMAIL_PORT": Range(0, 65_535, ""),
    "INGEST_QUEUE_EVENTS": Range(1, 10_000_000, "events"),
    "INGEST_QUEUE_BYTES": Range(1, 2**34, "bytes"),
    "INGEST_BODIES_BYTES": Range(2**23, 2**34, "bytes"),
    "LIVE_SOCKETS": Range(1, 1_000_000, "sockets"),
    "LIVE_SOCKETS_PER_USER": Range(1, 1_000_000, "sockets"),
    "STATISTICS_RETENTION_DAYS": Range(1, 3_650, "days"),
    "STATISTICS_UPDATE_INTERVAL": Range(1, 86_400, "seconds"),
    "SESSION_TIMEOUT": Range(0, YEAR_SECONDS, "seconds"),
    "ALERT_HIGH_RESPONSE_TIME": Range(0.001, 86_400, "seconds"),
    "MAX_RESPONSE_TIME_ALERT": Range(0.001, 86_400, "seconds"),
    "ALERT_LOW_ENGAGEMENT": Range(0, 1, ""),
    "ALERT_SUSPICIOUS_ACTIVITY": Range(1, 1_000_000, "events"),
    "MAX_SESSION_DURATION": Range(1, YEAR_SECONDS, "seconds"),
    "MONITORING_UPDATE_FREQUENCY": Range(0.1, 86_400, "seconds"),
    "CONSISTENCY_CHECK_HOURS": Range(0, 8_760, "hours"),
}


def readable() -> Messages:
    """E005: a setting's value cannot be parsed."""
    for words in settings.SETTING_ERRORS:
        yield Error(words, id="sbdash.E005")


def ranges() -> Messages:
    """E006: a number is out of range."""
    for name, allowed in RANGES.items():
        given = getattr(settings, name)
        if not allowed.low <= given <= allowed.high:
            yield Error(f"{name} is {given}, and must be {allowed.words}", id="sbdash.E006")


def idle_gap() -> Messages:
    """E007: the idle gap is none of those by which gaps between messages are counted."""
    gap, allowed = settings.SESSION_IDLE_GAP, ", ".join(map(str, GAPS))
    if gap not in GAPS:
        yield Error(f"SESSION_IDLE_GAP is {gap}, and must be one of {allowed} seconds", id="sbdash.E007")


def proxies() -> Messages:
    """E008: a trusted proxy is neither an address nor a network."""
    for item in invalid_proxies(settings.TRUSTED_PROXIES):
        yield Error(
            f"TRUSTED_PROXIES names {item[:60]!r}, which is not an address or a network, or includes all addresses: "
            "name those from which your proxies connect, such as 127.0.0.1,10.0.0.0/8",
            id="sbdash.E008",
        )


def misspelt() -> Messages:
    """W002: a name in the environment resembles that of a setting."""
    for name, meant in settings.SETTING_NAMES_MISSPELT.items():
        yield Warning(f"{name} is not a setting of sbdash, and has no effect: is {meant} meant?", id="sbdash.W002")


def secret_key() -> Messages:
    """E011: SECRET_KEY, which signs sessions, is too short to be safe."""
    length = len(settings.SECRET_KEY)
    if length < MIN_SECRET_KEY_CHARACTERS:
        words = f"SECRET_KEY has {length} characters, and must have {MIN_SECRET_KEY_CHARACTERS} or more"
        yield Error(f"{words}; without the setting a key is generated", id="sbdash.E011")


def listening() -> Messages:
    """E010: HOST is neither an address nor a host name."""
    if not is_host(settings.HOST):
        words = f"HOST is {settings.HOST[:60]!r}, and must be an address or a name of this machine, such as 127.0.0.1"
        yield Error(f"{words}, 0.0.0.0 or [::1], without a scheme or port", id="sbdash.E010")


def hosts() -> Messages:
    """E009: ALLOWED_HOSTS is empty, or an item is not a bare host name."""
    if not settings.ALLOWED_HOSTS and not settings.DEBUG:
        yield Error("ALLOWED_HOSTS is empty, so every request would be rejected: name a host", id="sbdash.E009")
    words = "ALLOWED_HOSTS names {!r}: host names must have no scheme, port or path; IPv6 addresses need brackets"
    for host in settings.ALLOWED_HOSTS:
        if "/" in host or (":" in host and not host.startswith("[")):
            yield Error(words.format(host[:60]), id="sbdash.E009")


def embedding() -> Messages:
    """E013: an item of EMBED_ORIGINS is not an origin."""
    for origin in settings.EMBED_ORIGINS:
        if not ORIGIN.fullmatch(origin):
            words = f"EMBED_ORIGINS names {origin[:60]!r}, and must name origins such as https://intranet.example.org"
            yield Error(f"{words}, without a path or an asterisk", id="sbdash.E013")


def retention() -> Messages:
    """W001: the statistics are retained for fewer days than the longest report covers."""
    days = settings.STATISTICS_RETENTION_DAYS
    if 1 <= days < MAX_REPORT_DAYS:
        words = f"STATISTICS_RETENTION_DAYS is {days}: reports over {MAX_REPORT_DAYS} days will cover only {days}"
        yield Warning(words, id="sbdash.W001")


def chat_database() -> Messages:
    """E001: the follower's settings name no database."""
    try:
        if settings.CHAT_MONGODB_URL:
            database_of(settings.CHAT_MONGODB_URL, settings.CHAT_MONGODB_DATABASE)
    except Unusable as error:
        yield Error(str(error), id="sbdash.E001")


def geo_databases() -> Messages:
    """E012: a file of GEO_DATABASE is not a MaxMind database."""
    for file in settings.GEO_DATABASE:
        try:
            maxminddb.open_database(file).close()
        except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
            words = f"GEO_DATABASE names {file}, which cannot be read as a MaxMind database (.mmdb): {error}"
            yield Error(words, id="sbdash.E012")


def database() -> Messages:
    """E002: DATABASE_URL names no supported database, or its driver is not installed."""
    if settings.DATABASE_ERROR:
        yield Error(settings.DATABASE_ERROR, id="sbdash.E002")


def redis() -> Messages:
    """E004: REDIS_URL is not a URL of Redis."""
    if settings.REDIS_URL and not settings.REDIS_URL.startswith(("redis://", "rediss://", "unix://")):
        words = "REDIS_URL is not a URL of Redis, such as redis://host:6379/0, or rediss://host:6379/0 with TLS"
        yield Error(words, id="sbdash.E004")


def mail() -> Messages:
    """E014: EMAIL_URL is not the URL of a mail server, or EMAIL_FROM is not an address."""
    if settings.EMAIL_URL and (words := url_error(settings.EMAIL_URL)):
        yield Error(words, id="sbdash.E014")
    if "@" not in settings.DEFAULT_FROM_EMAIL or not settings.DEFAULT_FROM_EMAIL.isprintable():
        words = f"EMAIL_FROM is {settings.DEFAULT_FROM_EMAIL[:60]!r}, and must be an address such as sbdash@example.org"
        yield Error(words, id="sbdash.E014")


def heartbeat_url() -> Messages:
    """E015: ALERT_HEARTBEAT_URL is not a web address. It is not quoted, because it contains a secret."""
    try:
        if settings.ALERT_HEARTBEAT_URL:
            split(settings.ALERT_HEARTBEAT_URL)
    except ValueError as error:
        yield Error(f"ALERT_HEARTBEAT_URL is not a web address: {error}", id="sbdash.E015")


def replica_set(app_configs: object, databases: object = None, **options: object) -> list[CheckMessage]:
    """E003: MongoDB has no transactions. Only `migrate` runs it, as all checks that query a database."""
    if not databases or not settings.ON_MONGODB or getattr(connection.features, "_supports_transactions", False):
        return []
    return [Error(NO_REPLICA_SET, id="sbdash.E003")]


SETTING_CHECKS = (
    readable, ranges, idle_gap, proxies, hosts, listening, secret_key, misspelt, retention, chat_database, database,
    geo_databases, redis, embedding, mail, heartbeat_url,
)  # fmt: skip


def setting_checks(app_configs: object, **options: object) -> list[CheckMessage]:
    """All checks that query no database."""
    return [message for check in SETTING_CHECKS for message in check()]


def register_all() -> None:
    """Registers the checks with Django. The pipeline's application calls it when it is ready."""
    register(setting_checks, SETTINGS)
    register(replica_set, Tags.database)


def raise_on_errors() -> None:
    """Raises ImproperlyConfigured with the messages of all errors, for servers that start without a Django command."""
    errors = [check for check in run_checks(tags=[SETTINGS]) if check.is_serious() and not check.is_silenced()]
    if errors:
        raise ImproperlyConfigured("\n".join(f"{check.msg} ({check.id})" for check in errors))
