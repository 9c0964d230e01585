"""Writes refused lines unchanged to a file, to be corrected and imported, and the reasons to a second file. Pure."""

import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

from monitoring.ingest.importing.files import FileOffset

BOM = b"\xef\xbb\xbf"
Labels = Callable[[str], tuple[str, str]]
"""Maps a table's header to the text before it, and to the separator between a line's number and the line."""


class RejectsUnwritable(OSError):
    """The file of refused lines cannot be written."""


def reasons_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.txt")


class Rejects:
    """Creates both files with the first refused line. Without a path, nothing is written. With labels, the file begins
    with the header, and each line with its number."""

    def __init__(self, path: Path | None, labels: Labels | None, file_offset: FileOffset) -> None:
        self.name = str(path.absolute()) if path else ""
        self._path = path
        self._labels = labels
        self._lengths = (file_offset.kept, file_offset.told) if file_offset.rejected == self.name else (0, 0)
        self._files: tuple[BinaryIO, BinaryIO] | None = None
        self._separator = ""

    def add(self, number: int, raw: bytes, reasons: Sequence[str], header: bytes) -> None:
        """Writes a line with its line ending; `header` is the file's text before all lines. Raises
        RejectsUnwritable."""
        if self._path is None:
            return
        try:
            lines, reasons_file = self._files or self._open(self._path, header)
            if raw:
                label = f"{number}{self._separator}" if self._separator else ""
                lines.write(label.encode() + raw + (b"" if raw.endswith(b"\n") else b"\n"))
            reasons_file.writelines(f"line {number}: {reason}\n".encode(errors="replace") for reason in reasons)
        except OSError as error:
            raise RejectsUnwritable(error.errno, error.strerror) from None

    def flush(self) -> tuple[int, int]:
        """Syncs both files to disk. Returns their lengths. Raises RejectsUnwritable."""
        try:
            for file in self._files or ():
                file.flush()
                os.fsync(file.fileno())
            if self._files:
                self._lengths = self._files[0].tell(), self._files[1].tell()
        except OSError as error:
            raise RejectsUnwritable(error.errno, error.strerror) from None
        return self._lengths

    def close(self) -> None:
        for file in self._files or ():
            try:
                file.close()
            except OSError:  # unsynced lines are not in the offset, and are written again
                continue

    def _open(self, path: Path, header: bytes) -> tuple[BinaryIO, BinaryIO]:
        lines_size, reasons_size = self._lengths
        lines, reasons_file = self._files = _open_at(path, lines_size), _open_at(reasons_path(path), reasons_size)
        if self._labels:
            header = header.removeprefix(BOM).lstrip(b"\r\n")
            label, self._separator = self._labels(header.decode(errors="replace"))
            if not lines.tell():
                lines.write(label.encode() + header)
        return lines, reasons_file


def _open_at(path: Path, length: int) -> BinaryIO:
    """Opens a file at a length, and truncates the rest. A file of another import is renamed to NAME.old."""
    if path.exists() and not path.is_file():
        raise OSError(0, f"{path.name} is not a plain file")
    if not length and path.exists():
        path.rename(path.with_name(f"{path.name}.old"))
    file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600), "r+b")
    file.seek(0, os.SEEK_END)
    file.truncate(min(length, file.tell()))
    file.seek(0, os.SEEK_END)
    return file


def check_writable(path: Path, source: Path) -> None:
    """Raises RejectsUnwritable if refused lines of `source` cannot be written to the path."""
    for target in (path, reasons_path(path)):
        if target.exists() and (not target.is_file() or target.samefile(source)):
            raise RejectsUnwritable(
                0, f"{target.name} is {'the file itself' if target.is_file() else 'not a plain file'}"
            )
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise RejectsUnwritable(error.errno, error.strerror) from None
