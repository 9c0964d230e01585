"""Reads a file line by line, compressed by gzip or not. Pure."""

import gzip
import os
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from monitoring.ingest.importing.lines import RawLine

MAX_LINE_BYTES = 16 * 1024 * 1024
"""Most bytes of a line (one may hold a whole OTLP request); a longer one is refused, and never in memory as a whole."""
READ_BUFFER_BYTES = 1 << 17
GZIP_MAGIC = b"\x1f\x8b"


class DamagedFile(OSError):
    """The rest of a compressed file cannot be decompressed."""


class File:
    """A file that `open_file` opened. Its methods raise OSError."""

    def __init__(self, path: Path, raw_file: BinaryIO) -> None:
        self._raw_file = raw_file
        self._size = os.fstat(raw_file.fileno()).st_size
        self._compressed = raw_file.read(2) == GZIP_MAGIC
        raw_file.seek(0)
        self.name = path.name.removesuffix(".gz") if self._compressed else path.name

    @property
    def is_empty(self) -> bool:
        return not self._size

    @property
    def share(self) -> float:
        """The read share of the bytes on disk, 0 to 1."""
        return min(1.0, self._raw_file.tell() / self._size)

    def lines(self) -> Iterator[RawLine]:
        """Yields the lines; once."""
        if not self._compressed:
            yield from read_lines(self._raw_file)
            return
        try:
            with gzip.GzipFile(fileobj=self._raw_file) as file:
                yield from read_lines(file)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise DamagedFile(0, f"it is packed with gzip, and damaged: {error}") from None


@contextmanager
def open_file(path: Path) -> Iterator[File]:
    """Raises OSError, also if it is not a regular file."""
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode):
        raise OSError(0, "it is a directory" if stat.S_ISDIR(mode) else "it is not a plain file")
    with path.open("rb", READ_BUFFER_BYTES) as raw_file:
        yield File(path, raw_file)


def read_lines(file: BinaryIO | gzip.GzipFile) -> Iterator[RawLine]:
    """Yields the lines as text, without a byte order mark."""
    number = 0
    while raw := file.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(raw) > MAX_LINE_BYTES and not raw.endswith(b"\n"):
            while (raw := file.readline(READ_BUFFER_BYTES)) and not raw.endswith(b"\n"):
                pass
            yield RawLine(number, "", f"longer than {MAX_LINE_BYTES >> 20} MiB, and not kept")
            continue
        try:
            yield RawLine(number, raw.decode("utf-8-sig" if number == 1 else "utf-8"))
        except UnicodeDecodeError:
            yield RawLine(number, raw.decode(errors="surrogateescape"), "not readable as UTF-8")
