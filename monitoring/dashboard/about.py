"""The versions of programs, and the settings without secrets."""

import platform
from importlib.metadata import version

from django.conf import settings
from django.db import connection

PACKAGES = ("django", "channels", "daphne", "uvicorn", "msgspec", "plotly", "cryptography", "redis", "pymongo")


def about() -> dict[str, object]:
    """`versions`: (name, version) of each program; `settings`: every setting, by name."""
    versions = [("Python", platform.python_version()), ("system", platform.platform(terse=True)), database()]
    return {
        "versions": [*versions, *((name, version(name)) for name in PACKAGES)],
        "settings": settings.SETTINGS_SHOWN,
    }


def database() -> tuple[str, str]:
    """The database's name and version."""
    number = connection.get_database_version()
    return connection.display_name, ".".join(map(str, number))
