"""Restricts the files that this process writes to its own user."""

import logging
import os
from collections.abc import Iterable
from pathlib import Path

log = logging.getLogger(__name__)
OTHERS_MASK = 0o077
"""Permissions of group and others, as umask takes them."""
SQLITE_SUFFIXES = ("", "-wal", "-shm", "-journal")
"""SQLite's file and those that it keeps beside it."""


def keep_private(folder: Path, database: str) -> None:
    """Sets the umask, so that new files are private, and makes those of an older installation private. `database` is
    SQLite's file, or empty."""
    os.umask(OTHERS_MASK)
    secrets = [folder / "first-run.json", *folder.glob("*.key")]
    make_private(secrets + [Path(database + suffix) for suffix in SQLITE_SUFFIXES if database])


def make_private(paths: Iterable[Path]) -> None:
    """Removes permissions of group and others. A failure (another owner, a read-only mount) is logged."""
    for path in paths:
        try:
            mode = path.stat().st_mode
            if mode & OTHERS_MASK:
                path.chmod(mode & 0o700)
        except FileNotFoundError:
            continue
        except OSError as error:
            log.warning("%s is readable by other users, and its mode cannot be changed: %s", path, error.strerror)
