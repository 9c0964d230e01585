"""The checks of the settings: whoever starts anything with a bad value is told what is wrong and what is allowed.

docs/operate.md has the same ranges, compared by a test.
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
from sbdash.proxies import strange

YEAR = 31_536_000
SECRET_KEY_CHARACTERS = 32
REPORTED_DAYS = 90
"""Days of the longest report."""
ALONE = (
    "DATABASE_URL names a MongoDB that is no replica set and so has no transactions: start it with --replSet, "
    "and call rs.initiate() once; one member is enough"
)


@dataclass(frozen=True, slots=True)
class Range:
    """What a number may be, both ends included."""

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
    "SESSION_TIMEOUT": Range(0, YEAR, "seconds"),
    "MAX_SESSION_DURATION": Range(1, YEAR, "seconds"),
    "MONITORING_UPDATE_FREQUENCY": Range(0.1, 86_400, "seconds"),
    "CONSISTENCY_CHECK_HOURS": Range(0, 8_760, "hours"),
}


def readable(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Whether every setting is of its kind."""
    return [Error(words, id="sbdash.E005") for words in settings.SETTING_TROUBLES]


def ranges(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Whether every number is one that is obeyed as it stands."""
    given = {name: getattr(settings, name) for name in RANGES}
    return [
        Error(f"{name} is {given[name]}, and must be {known.words}", id="sbdash.E006")
        for name, known in RANGES.items()
        if not known.low <= given[name] <= known.high
    ]


def idle_gap(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Whether gaps between messages are counted by this border."""
    if settings.SESSION_IDLE_GAP in GAPS:
        return []
    words = f"SESSION_IDLE_GAP is {settings.SESSION_IDLE_GAP}, and must be one of {', '.join(map(str, GAPS))} seconds"
    return [Error(words, id="sbdash.E007")]


def proxies(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Whether the trusted proxies are addresses; any word used to be enough."""
    return [
        Error(
            f"TRUSTED_PROXIES names {word[:60]!r}, which is no address and no network, or everybody: name those "
            "from which your proxies connect, such as 127.0.0.1,10.0.0.0/8; they are compared with the peer",
            id="sbdash.E008",
        )
        for word in strange(settings.TRUSTED_PROXIES)
    ]


def misspelt(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Whether a name in the environment is nearly that of a setting."""
    return [
        Warning(f"{name} is no setting of sbdash, and is not obeyed: is {meant} meant?", id="sbdash.W002")
        for name, meant in settings.SETTING_NAMES_MISSPELT.items()
    ]


def secret_key(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Whether SECRET_KEY, which signs log-ins, is long enough to be no guess."""
    if len(settings.SECRET_KEY) >= SECRET_KEY_CHARACTERS:
        return []
    words = f"SECRET_KEY has {len(settings.SECRET_KEY)} characters, and must have {SECRET_KEY_CHARACTERS} or more"
    return [Error(f"{words}; where it is not set, it is made", id="sbdash.E011")]


def listening(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Whether HOST is an address or a name on which a server can listen."""
    if is_host(settings.HOST):
        return []
    words = f"HOST is {settings.HOST[:60]!r}, and must be an address or a name of this machine, such as 127.0.0.1"
    return [Error(f"{words}, 0.0.0.0 or [::1], without a scheme or port", id="sbdash.E010")]


def hosts(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Whether ALLOWED_HOSTS are bare names, and there is one."""
    if not settings.ALLOWED_HOSTS and not settings.DEBUG:
        return [Error("ALLOWED_HOSTS is empty: no page could be asked for; name a host", id="sbdash.E009")]
    wrong = [host for host in settings.ALLOWED_HOSTS if "/" in host or (":" in host and not host.startswith("["))]
    words = "ALLOWED_HOSTS names {!r}: names alone are allowed, without a scheme, port or path; IPv6 in brackets"
    return [Error(words.format(host[:60]), id="sbdash.E009") for host in wrong]


def retention(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Whether the longest report has all of its days."""
    days = settings.STATISTICS_RETENTION_DAYS
    if not 1 <= days < REPORTED_DAYS:
        return []
    words = f"STATISTICS_RETENTION_DAYS is {days}: reports over {REPORTED_DAYS} days hold no more than these"
    return [Warning(words, id="sbdash.W001")]


def chat_database(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Whether the follower's settings lead to a database."""
    if not settings.CHAT_MONGODB_URL:
        return []
    try:
        database_of(settings.CHAT_MONGODB_URL, settings.CHAT_MONGODB_DATABASE)
    except Unusable as error:
        return [Error(str(error), id="sbdash.E001")]
    return []


def geo_databases(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Whether the files of GEO_DATABASE are MaxMind databases."""
    found: list[CheckMessage] = []
    for file in settings.GEO_DATABASE:
        try:
            maxminddb.open_database(file).close()
        except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
            words = f"GEO_DATABASE names {file}, which cannot be read as a MaxMind database (.mmdb): {error}"
            found.append(Error(words, id="sbdash.E012"))
    return found


def database(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Whether sbdash runs on what DATABASE_URL names, and its driver is installed."""
    return [Error(settings.DATABASE_TROUBLE, id="sbdash.E002")] if settings.DATABASE_TROUBLE else []


def redis(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Whether REDIS_URL is an address of a Redis."""
    known = not settings.REDIS_URL or settings.REDIS_URL.startswith(("redis://", "rediss://", "unix://"))
    words = "REDIS_URL is no address of a Redis: redis://host:6379/0, or rediss:// with TLS"
    return [] if known else [Error(words, id="sbdash.E004")]


def replica_set(app_configs: Any, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Whether MongoDB has transactions; asked by `migrate`, as is everything for which a database must answer."""
    features: Any = connection.features
    if not databases or not settings.ON_MONGODB or features._supports_transactions:
        return []
    return [Error(ALONE, id="sbdash.E003")]


OF_SETTINGS = (
    readable, ranges, idle_gap, proxies, hosts, listening, secret_key, misspelt, retention, chat_database, database,
    geo_databases, redis,
)  # fmt: skip


def register_all() -> None:
    """Have Django make these checks; the app that composes everything calls it when it is ready."""
    for check in OF_SETTINGS:
        register(check, SETTINGS)
    register(replica_set, Tags.database)


def refuse_bad() -> None:
    """ImproperlyConfigured with a sentence for each bad setting: for who starts without a command that checks."""
    found = [check for check in run_checks(tags=[SETTINGS]) if check.is_serious() and not check.is_silenced()]
    if found:
        raise ImproperlyConfigured("\n".join(f"{check.msg} ({check.id})" for check in found))
