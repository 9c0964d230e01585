"""Refused lines, kept beside their file as they were, to be mended and imported; and why, in a second file. Pure."""

import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

from monitoring.ingest.importing.files import FileOffset

BOM = b"\xef\xbb\xbf"
Labels = Callable[[str], tuple[str, str]]
"""For the header of a table: what to write before it, and between a line's number and the line."""


class Unkept(OSError):
    """The place for refused lines cannot be written."""


def reasons_beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.txt")


class Rejects:
    """Nothing is written, and nothing is made, before the first line is refused. Without a path nothing is kept.
    Without labels the lines stand for themselves; else the header comes first, and each line's number before it."""

    def __init__(self, path: Path | None, labels: Labels | None, place: FileOffset) -> None:
        self.name = str(path.absolute()) if path else ""
        self._path = path
        self._labels = labels
        self._lengths = (place.kept, place.told) if place.rejected == self.name else (0, 0)
        self._files: tuple[BinaryIO, BinaryIO] | None = None
        self._parted = ""

    def add(self, number: int, raw: bytes, reasons: Sequence[str], before: bytes) -> None:
        """Keep a line, with its end; `before` is what stands before all lines. Raises Unkept."""
        if self._path is None:
            return
        try:
            lines, why = self._files or self._open(self._path, before)
            if raw:
                label = f"{number}{self._parted}" if self._parted else ""
                lines.write(label.encode() + raw + (b"" if raw.endswith(b"\n") else b"\n"))
            why.writelines(f"line {number}: {reason}\n".encode(errors="replace") for reason in reasons)
        except OSError as error:
            raise Unkept(error.errno, error.strerror) from None

    def flush(self) -> tuple[int, int]:
        """The lengths of both files, once so much of them is on disk. Raises Unkept."""
        try:
            for file in self._files or ():
                file.flush()
                os.fsync(file.fileno())
            if self._files:
                self._lengths = self._files[0].tell(), self._files[1].tell()
        except OSError as error:
            raise Unkept(error.errno, error.strerror) from None
        return self._lengths

    def close(self) -> None:
        for file in self._files or ():
            try:
                file.close()
            except OSError:  # what is not on disk was not counted, and is written again
                continue

    def _open(self, path: Path, before: bytes) -> tuple[BinaryIO, BinaryIO]:
        kept, told = self._lengths
        lines, why = self._files = _go_on(path, kept), _go_on(reasons_beside(path), told)
        if self._labels:
            header = before.removeprefix(BOM).lstrip(b"\r\n")
            label, self._parted = self._labels(header.decode(errors="replace"))
            if not lines.tell():
                lines.write(label.encode() + header)
        return lines, why


def _go_on(path: Path, length: int) -> BinaryIO:
    """Open a file behind its first bytes, and drop the rest. What is there from another import is set aside."""
    if path.exists() and not path.is_file():
        raise OSError(0, f"{path.name} is not a plain file")
    if not length and path.exists():
        path.rename(path.with_name(f"{path.name}.old"))
    file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600), "r+b")
    file.seek(0, os.SEEK_END)
    file.truncate(min(length, file.tell()))
    file.seek(0, os.SEEK_END)
    return file


def check(path: Path, source: Path) -> None:
    """Raises Unkept where no refused line of `source` could be kept."""
    for place in (path, reasons_beside(path)):
        if place.exists() and (not place.is_file() or place.samefile(source)):
            raise Unkept(0, f"{place.name} is {'the file itself' if place.is_file() else 'not a plain file'}")
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise Unkept(error.errno, error.strerror) from None
