"""What DATABASE_URL names: SQLite, PostgreSQL or MongoDB, and what each needs so that what is acknowledged stays."""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from environ import Env

SQLITE, POSTGRESQL, MONGODB = "django.db.backends.sqlite3", "django.db.backends.postgresql", "sbdash.mongodb"
NAME = "sbdash"
"""The database of a MongoDB whose address names none."""
DURABLE = {"w": "majority", "journal": True, "readPreference": "primary", "readConcernLevel": "majority"}
"""A write is answered when most of a replica set have it on disk; what is read is what no failover can take back."""
PROMPT = {"serverSelectionTimeoutMS": 2_000, "connectTimeoutMS": 2_000}
"""A MongoDB that is gone is found to be gone while a sender still waits for its answer."""
PROMPT_TOO = {
    "connect_timeout": 3, "tcp_user_timeout": 10_000,
    "keepalives": 1, "keepalives_idle": 10, "keepalives_interval": 3, "keepalives_count": 3,
}  # fmt: skip
"""The same of PostgreSQL, and of a network that swallows what is sent to it (libpq's names; s and ms)."""
WAL = 128 * 1024 * 1024
"""Bytes to which SQLite cuts its write-ahead log back; at work it needs two thirds of it (20,000 pages)."""
PRAGMAS = (
    "PRAGMA journal_mode=wal; PRAGMA synchronous=full; PRAGMA wal_autocheckpoint=20000;"
    f"PRAGMA journal_size_limit={WAL};"
    "PRAGMA cache_size=-65536; PRAGMA temp_store=memory;"
)
DRIVERS = {POSTGRESQL: ("psycopg", "psycopg2"), MONGODB: ("django_mongodb_backend",), SQLITE: ("sqlite3",)}
MISSING = {
    POSTGRESQL: "DATABASE_URL names a PostgreSQL, and its driver is not installed: "
    ".venv/bin/pip install -r requirements-postgres.txt",
    MONGODB: "DATABASE_URL names a MongoDB, and its driver is not installed: .venv/bin/pip install -r requirements.txt",
    SQLITE: "This Python was built without SQLite: take another one, or let DATABASE_URL name a PostgreSQL or MongoDB",
}
NAMELESS = "DATABASE_URL names no file: sqlite:///FILE, with four slashes where its path begins with one"
STRANGE = "DATABASE_URL names no database that sbdash runs on: sqlite:///file, postgres://… or mongodb://…"


def described(url: str, folder: Path) -> dict[str, Any]:
    """Django's settings for the database behind an address; `folder` is where SQLite's test database lies."""
    if url.startswith(("mongodb://", "mongodb+srv://")):
        name = unquote(urlsplit(url).path[1:]) or NAME
        chosen = {word.lower() for word, _ in parse_qsl(urlsplit(url).query)}
        prompt = {word: value for word, value in PROMPT.items() if word.lower() not in chosen}
        return {"ENGINE": MONGODB, "HOST": url, "NAME": name, "OPTIONS": DURABLE | prompt}
    found: dict[str, Any] = Env.db_url_config(url)
    if found.get("ENGINE") == SQLITE:
        options = {"transaction_mode": "IMMEDIATE", "timeout": 30, "init_command": PRAGMAS}
        return found | {"OPTIONS": options, "TEST": {"NAME": str(folder / "test.sqlite3")}}
    if found.get("ENGINE") == POSTGRESQL:
        return found | {"OPTIONS": PROMPT_TOO | found.get("OPTIONS", {})}
    return found


def trouble(database: Mapping[str, Any]) -> str:
    """Why a database cannot be used here, in a sentence; empty when it can."""
    engine = database.get("ENGINE", "")
    if engine not in DRIVERS:
        return STRANGE
    if engine == SQLITE and database["NAME"] in ("", ":memory:"):
        return NAMELESS
    return "" if any(find_spec(name) for name in DRIVERS[engine]) else MISSING[engine]
