"""Writes refused lines unchanged to a file, to be corrected, and the reasons to a second file. Pure."""

import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from monitoring.ingest.importing.lines import InvalidImport, RawLine


class RejectsUnwritable(OSError):
    """The file of refused lines cannot be written."""


def reasons_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.txt")


class Rejects:
    """Creates both files with the first refused line. Without a path, nothing is written."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._files: list[BinaryIO] = []

    def add(self, raw: RawLine, reasons: Sequence[str]) -> None:
        """Raises RejectsUnwritable."""
        if self.path is None:
            return
        try:
            if not self._files:
                self._files = [_create(self.path)]
                self._files.append(_create(reasons_path(self.path)))
            end = "" if raw.text.endswith("\n") or not raw.text else "\n"
            self._files[0].write(f"{raw.text}{end}".encode(errors="surrogateescape"))
            self._files[1].writelines(f"line {raw.number}: {reason}\n".encode(errors="replace") for reason in reasons)
            for file in self._files:
                file.flush()
        except OSError as error:
            raise RejectsUnwritable(error.errno, error.strerror) from None

    def close(self) -> None:
        for file in self._files:
            with suppress(OSError):  # a line that could not be written was reported
                file.close()


def _create(path: Path) -> BinaryIO:
    """A file of another import is renamed to NAME.old."""
    if path.exists():
        if not path.is_file():
            raise OSError(0, f"{path.name} is not a plain file")
        path.rename(path.with_name(f"{path.name}.old"))
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def rejects_path(source: Path, chosen: str | None) -> Path | None:
    """Returns the path for refused lines. A path of `--rejected` is checked before anything is read; the default one
    fails only when a line is refused, so that a valid file can be imported from a read-only folder. Raises
    InvalidImport."""
    if chosen is None:
        return source.with_name(f"{source.name}.rejected")
    if chosen == "-":
        return None
    path = Path(chosen)
    try:
        for target in (path, reasons_path(path)):
            if target.exists() and (not target.is_file() or target.samefile(source)):
                problem = "the file itself" if target.is_file() else "not a plain file"
                raise OSError(0, f"{target.name} is {problem}")
        with tempfile.TemporaryFile(dir=path.parent):
            return path
    except OSError as error:
        raise InvalidImport(f"refused lines cannot be kept in {path}: {error.strerror}") from None
