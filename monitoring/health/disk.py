"""The disk of DATA_DIR."""

import shutil

from django.conf import settings
from django.db import connection


def disk_used() -> float | None:
    """Returns the used share of the disk, for SQLite alone: another database monitors its own disk."""
    if connection.vendor != "sqlite":
        return None
    disk = shutil.disk_usage(settings.DATA_DIR)
    return (disk.total - disk.free) / disk.total
