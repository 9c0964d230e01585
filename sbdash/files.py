"""What this process writes is for its own user alone."""

import logging
import os
from collections.abc import Iterable
from pathlib import Path

log = logging.getLogger(__name__)
PRIVATE = 0o077
"""The rights that nobody else gets (umask)."""
BESIDE = ("", "-wal", "-shm", "-journal")
"""Endings of the files that SQLite keeps beside a database."""


def keep_private(folder: Path, database: str) -> None:
    """New files are this user's alone from now on; those of an older installation are made so. `database` is SQLite's
    file, or empty."""
    os.umask(PRIVATE)
    known = [folder / "first-run.json", *folder.glob("*.key")]
    tighten(known + [Path(database + end) for end in BESIDE if database])


def tighten(paths: Iterable[Path]) -> None:
    """Take the rights of others away from files; who cannot (not ours, a read-only mount), says so."""
    for path in paths:
        try:
            mode = path.stat().st_mode
            if mode & PRIVATE:
                path.chmod(mode & 0o700)
        except FileNotFoundError:
            continue
        except OSError as error:
            log.warning("%s may be read by others, and cannot be changed: %s", path, error.strerror)
