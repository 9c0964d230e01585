"""Reads a file line by line from any offset, compressed by gzip or not, and recognises it at the next run. Pure."""

import fcntl
import gzip
import os
import stat
import zlib
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import chain, takewhile
from pathlib import Path
from typing import BinaryIO, cast

from msgspec import Struct

from monitoring.ingest.importing.lines import Line, LineSource

MAX_LINE_BYTES = 16 * 1024 * 1024
"""Most bytes of a line (one may hold a whole OTLP request); a longer one is refused, and never in memory as a whole."""
FINGERPRINT_BYTES = 4096
"""Bytes at the beginning, and before the offset, whose hashes identify a file."""
READ_BUFFER_BYTES = 1 << 17
TOO_LONG = f"longer than {MAX_LINE_BYTES >> 20} MiB, and not kept"
GZIP_ERRORS = (EOFError, zlib.error, gzip.BadGzipFile)
DAMAGED_GZIP = "it is packed with gzip, and damaged"
GZIP_MAGIC = b"\x1f\x8b"


class DamagedFile(OSError):
    """The rest of a compressed file cannot be decompressed."""


class FileOffset(Struct, frozen=True):
    """How far a file was read. `offset`: decompressed bytes; `number`: lines; `begin`: bytes before the first line that
    is not blank or a header; `head`, `tail`, `tail_length`: hashes that identify the file; `new`, `known`, `bad`: new
    events, duplicates, refused lines; `rejected`, `kept`, `told`: the file of refused lines, its valid bytes, and those
    of the file of reasons."""

    offset: int = 0
    number: int = 0
    begin: int = 0
    head: str = ""
    tail: str = ""
    tail_length: int = 0
    new: int = 0
    known: int = 0
    bad: int = 0
    rejected: str = ""
    kept: int = 0
    told: int = 0


@dataclass(frozen=True, slots=True)
class RawLine:
    """A line of the file with its line ending; `end` is the offset after it. `raw` is empty if the line is too long."""

    number: int
    raw: bytes
    end: int
    problem: str | None = None


class File:
    """A file that `open_file` opened. Offsets are those of the decompressed bytes. Methods that read raise OSError."""

    def __init__(self, path: Path, raw_file: BinaryIO) -> None:
        self._raw_file = raw_file
        self._size = os.fstat(raw_file.fileno()).st_size
        compressed = raw_file.read(2) == GZIP_MAGIC
        raw_file.seek(0)
        self._file = cast(BinaryIO, gzip.GzipFile(fileobj=raw_file)) if compressed else raw_file
        self.name = path.name.removesuffix(".gz") if compressed else path.name
        self._head = self.read_range(0, FINGERPRINT_BYTES)

    @property
    def empty(self) -> bool:
        return not self._head

    @property
    def share(self) -> float:
        """The read share of the bytes on disk, 0 to 1."""
        return min(1.0, self._raw_file.tell() / self._size) if self._size else 1.0

    def read_range(self, begin: int, end: int) -> bytes:
        """Returns the bytes in a range, fewer at the end of the file."""
        try:
            self._file.seek(begin)
            return self._file.read(end - begin)
        except GZIP_ERRORS as error:
            raise DamagedFile(0, f"{DAMAGED_GZIP}: {error}") from None

    def raw_lines(self, offset: int, number: int) -> Iterator[RawLine]:
        """Yields the lines from an offset on; `number` is that of the first."""
        self.read_range(offset, offset)
        while raw := self._line(MAX_LINE_BYTES + 1):
            offset += len(raw)
            if len(raw) <= MAX_LINE_BYTES or raw.endswith(b"\n"):
                yield RawLine(number, raw, offset)
            else:
                offset += self._skip()
                yield RawLine(number, b"", offset, TOO_LONG)
            number += 1

    def _line(self, max_bytes: int) -> bytes:
        try:
            return self._file.readline(max_bytes)
        except GZIP_ERRORS as error:
            raise DamagedFile(0, f"{DAMAGED_GZIP}: {error}") from None

    def _skip(self) -> int:
        """Skips to the end of the line. Returns the number of skipped bytes."""
        length = 0
        while raw := self._line(READ_BUFFER_BYTES):
            length += len(raw)
            if raw.endswith(b"\n"):
                break
        return length

    def fingerprints(self, offset: int, last: bytes) -> tuple[str, str, int]:
        """Returns the hashes of the file's first bytes and of the last bytes before an offset, and the length of the
        latter."""
        tail = last[-FINGERPRINT_BYTES:]
        return _hash(self._head[:offset]), _hash(tail), len(tail)

    def matches(self, file_offset: FileOffset) -> bool:
        """Returns whether this is the file of the offset, unchanged until there."""
        last = self.read_range(max(0, file_offset.offset - file_offset.tail_length), file_offset.offset)
        return self.fingerprints(file_offset.offset, last) == (
            file_offset.head,
            file_offset.tail,
            file_offset.tail_length,
        )


def _hash(data: bytes) -> str:
    return sha256(data).hexdigest()[:32]


@contextmanager
def open_file(path: Path) -> Iterator[File]:
    """Opens and locks a file. Raises OSError, also if it is not a regular file, or another process imports it."""
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode):
        raise OSError(0, "it is a directory" if stat.S_ISDIR(mode) else "it is not a plain file")
    with path.open("rb", READ_BUFFER_BYTES) as raw_file:
        _lock(raw_file)
        yield File(path, raw_file)


def _lock(raw_file: BinaryIO) -> None:
    """Allows one import of a file at a time; the lock ends with the process."""
    try:
        fcntl.flock(raw_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise OSError(0, "another import reads it right now") from None
    except OSError:
        return  # some network drives have no locks on files that are opened for reading


class LineReader(LineSource):
    """Yields lines as text to a format's reader, and keeps the raw lines until `claim`.

    The lines before the first result (a header) are `before`, until the offset `begin`; they are replayed when a file
    is read from a later offset. A `stateful` reader, whose results depend on earlier lines, gets all earlier lines
    again.
    """

    def __init__(self, file: File, file_offset: FileOffset, stateful: bool = False) -> None:
        end = file_offset.offset if stateful else file_offset.begin
        replayed = takewhile(lambda raw_line: raw_line.end <= end, file.raw_lines(0, 1)) if end else iter(())
        self._raw_lines = chain(replayed, file.raw_lines(file_offset.offset, file_offset.number + 1))
        self._after = file_offset.number
        self._unclaimed: deque[RawLine] = deque()
        self.number = 0
        self.before = b""
        self.begin = file_offset.begin if file_offset.number else None

    def __next__(self) -> str:
        raw_line = next(self._raw_lines)
        try:
            text = raw_line.raw.decode()
        except UnicodeDecodeError:
            text = raw_line.raw.decode(errors="replace")
            raw_line = replace(raw_line, problem="not readable as UTF-8")
        self.number = raw_line.number
        if raw_line.number > self._after:
            self._add_unclaimed(raw_line)
        elif raw_line.end <= (self.begin or 0):
            self.before += raw_line.raw
        return text

    def _add_unclaimed(self, raw_line: RawLine) -> None:
        """Merges consecutive blank lines, so that a file of blank lines needs no memory."""
        last = self._unclaimed[-1] if self._unclaimed else None
        if last and _is_blank(raw_line) and _is_blank(last):
            self._unclaimed[-1] = replace(raw_line, raw=(last.raw + raw_line.raw)[-FINGERPRINT_BYTES:])
        else:
            self._unclaimed.append(raw_line)

    def claim(self, line: Line) -> tuple[list[RawLine], list[RawLine]]:
        """Returns the raw lines that the reader skipped before this line, and the raw lines of this line."""
        skipped = self._until(line.number)
        if self.begin is None:
            self.before = b"".join(raw_line.raw for raw_line in skipped)
            self.begin = skipped[-1].end if skipped else 0
        return skipped, self._until(line.number + line.count)

    def claim_rest(self) -> list[RawLine]:
        """Returns the raw lines that the reader skipped at the end."""
        return self._until(self.number + 1)

    def _until(self, number: int) -> list[RawLine]:
        claimed = []
        while self._unclaimed and self._unclaimed[0].number < number:
            claimed.append(self._unclaimed.popleft())
        return claimed


def _is_blank(raw_line: RawLine) -> bool:
    return not (raw_line.problem or raw_line.raw.strip())
