"""Translates DATABASE_URL to Django's settings for SQLite, PostgreSQL or MongoDB, with options for durability."""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, unquote, urlsplit

from environ import Env

Config: TypeAlias = dict[str, Any]
"""Django's settings of a database."""
SQLITE, POSTGRESQL, MONGODB = "django.db.backends.sqlite3", "django.db.backends.postgresql", "sbdash.mongodb"
DEFAULT_NAME = "sbdash"
"""The MongoDB database if the URL names none."""
DURABLE = {"w": "majority", "journal": True, "readPreference": "primary", "readConcernLevel": "majority"}
"""Writes are acknowledged when a majority of the replica set has them on disk; reads see only what survives a
failover."""
MONGODB_TIMEOUTS = {"serverSelectionTimeoutMS": 2_000, "connectTimeoutMS": 2_000}
"""Short enough that ingest detects a MongoDB that is down while the sender still waits for its response."""
POSTGRESQL_TIMEOUTS = {
    "connect_timeout": 3, "tcp_user_timeout": 10_000,
    "keepalives": 1, "keepalives_idle": 10, "keepalives_interval": 3, "keepalives_count": 3,
}  # fmt: skip
"""The same for PostgreSQL, also if the network drops packets (libpq's names; seconds, `tcp_user_timeout` in ms)."""
WAL_BYTES = 128 * 1024 * 1024
"""The size to which SQLite truncates its write-ahead log. Its usual size is two thirds of that (20,000 pages)."""
PRAGMAS = (
    "PRAGMA journal_mode=wal; PRAGMA synchronous=full; PRAGMA wal_autocheckpoint=20000;"
    f"PRAGMA journal_size_limit={WAL_BYTES};"
    "PRAGMA cache_size=-65536; PRAGMA temp_store=memory;"
)
DRIVERS = {POSTGRESQL: ("psycopg", "psycopg2"), MONGODB: ("django_mongodb_backend",), SQLITE: ("sqlite3",)}
DRIVER_MISSING = {
    POSTGRESQL: "DATABASE_URL names a PostgreSQL, and its driver is not installed: "
    ".venv/bin/pip install -r requirements-postgres.txt",
    MONGODB: "DATABASE_URL names a MongoDB, and its driver is not installed: .venv/bin/pip install -r requirements.txt",
    SQLITE: "this Python was built without SQLite: use another one, or set DATABASE_URL to a PostgreSQL or MongoDB",
}
NO_FILE = "DATABASE_URL names no file: sqlite:///FILE, with four slashes for an absolute path"
UNSUPPORTED = "DATABASE_URL names no database that sbdash runs on: sqlite:///file, postgres://… or mongodb://…"


def database_settings(url: str, folder: Path) -> Config:
    """Django's settings for the database of a URL. `folder` is for SQLite's test database. Raises ValueError."""
    if url.startswith(("mongodb://", "mongodb+srv://")):
        name = unquote(urlsplit(url).path[1:]) or DEFAULT_NAME
        in_url = {option.lower() for option, _ in parse_qsl(urlsplit(url).query)}
        timeouts = {option: value for option, value in MONGODB_TIMEOUTS.items() if option.lower() not in in_url}
        return {"ENGINE": MONGODB, "HOST": url, "NAME": name, "OPTIONS": DURABLE | timeouts}
    config: Config = Env.db_url_config(url)
    if config.get("ENGINE") == SQLITE:
        options = {"transaction_mode": "IMMEDIATE", "timeout": 30, "init_command": PRAGMAS}
        return config | {"OPTIONS": options, "TEST": {"NAME": str(folder / "test.sqlite3")}}
    if config.get("ENGINE") == POSTGRESQL:
        return config | {"OPTIONS": POSTGRESQL_TIMEOUTS | config.get("OPTIONS", {})}
    return config


def database_error(database: Mapping[str, object]) -> str:
    """Returns why a database cannot be used, empty if it can."""
    engine = str(database.get("ENGINE", ""))
    if engine not in DRIVERS:
        return UNSUPPORTED
    if engine == SQLITE and database["NAME"] in ("", ":memory:"):
        return NO_FILE
    return "" if any(find_spec(name) for name in DRIVERS[engine]) else DRIVER_MISSING[engine]
