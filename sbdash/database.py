"""What DATABASE_URL names: SQLite, PostgreSQL or MongoDB, and what each needs so that what is acknowledged stays."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from environ import Env

SQLITE, POSTGRESQL, MONGODB = "django.db.backends.sqlite3", "django.db.backends.postgresql", "sbdash.mongodb"
NAME = "sbdash"
"""The database of a MongoDB whose address names none."""
DURABLE = {"w": "majority", "journal": True, "readPreference": "primary"}
"""A write is answered when most of a replica set have it on disk; what is read is what the primary knows."""
PRAGMAS = (
    "PRAGMA journal_mode=wal; PRAGMA synchronous=full; PRAGMA wal_autocheckpoint=20000;"
    "PRAGMA cache_size=-65536; PRAGMA temp_store=memory;"
)
DRIVERS = {POSTGRESQL: ("psycopg", "psycopg2"), MONGODB: ("django_mongodb_backend",), SQLITE: ("sqlite3",)}
MISSING = {
    POSTGRESQL: "DATABASE_URL names a PostgreSQL, and its driver is not installed: "
    ".venv/bin/pip install -r requirements-postgres.txt",
    MONGODB: "DATABASE_URL names a MongoDB, and its driver is not installed: .venv/bin/pip install -r requirements.txt",
    SQLITE: "This Python was built without SQLite: take another one, or let DATABASE_URL name a PostgreSQL or MongoDB",
}
STRANGE = "DATABASE_URL names no database that sbdash runs on: sqlite:///file, postgres://… or mongodb://…"


def described(url: str, folder: Path) -> dict[str, Any]:
    """Django's settings for the database behind an address; `folder` is where SQLite's test database lies."""
    if url.startswith(("mongodb://", "mongodb+srv://")):
        return {"ENGINE": MONGODB, "HOST": url, "NAME": unquote(urlsplit(url).path[1:]) or NAME, "OPTIONS": DURABLE}
    found: dict[str, Any] = Env.db_url_config(url)
    if found.get("ENGINE") == SQLITE:
        options = {"transaction_mode": "IMMEDIATE", "timeout": 30, "init_command": PRAGMAS}
        return found | {"OPTIONS": options, "TEST": {"NAME": str(folder / "test.sqlite3")}}
    return found


def trouble(engine: str) -> str:
    """Why a database cannot be used here, in a sentence; empty when it can."""
    if engine not in DRIVERS:
        return STRANGE
    return "" if any(find_spec(name) for name in DRIVERS[engine]) else MISSING[engine]
