"""Pure. A file as a source reads it: line by line from any place on, packed or not, and known again when the place
is."""

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

from monitoring.ingest.importing.lines import Line, Part

LONGEST = 16 * 1024 * 1024
"""Bytes of a line (a request of spans may be one); a longer one is refused, and never held."""
MARK = 4096
"""Bytes at the beginning, and before a place, by which a file is known again."""
BUFFER = 1 << 17
TOO_LONG = f"longer than {LONGEST >> 20} MiB, and not kept"
BROKEN = (EOFError, zlib.error, gzip.BadGzipFile)
DAMAGED = "it is packed with gzip, and damaged"
PACKED = b"\x1f\x8b"


class Damaged(OSError):
    """A packed file that cannot be unpacked any further."""


class FileOffset(Struct, frozen=True):
    """How far a file was read: bytes (unpacked) and lines; how many of the bytes stand before the first line that
    says something; hashes to know the file by; what came of it; and how much of the files of refused lines counts."""

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
    """A line as it stands in the file, with its end; `end` is the offset behind it. What is too long is empty."""

    number: int
    raw: bytes
    end: int
    problem: str | None = None


class File:
    """Made by `opened`. Offsets are those of the unpacked bytes. Whatever reads may raise OSError."""

    def __init__(self, path: Path, bare: BinaryIO) -> None:
        self._bare = bare
        self._size = os.fstat(bare.fileno()).st_size
        packed = bare.read(2) == PACKED
        bare.seek(0)
        self._file = cast(BinaryIO, gzip.GzipFile(fileobj=bare)) if packed else bare
        self.name = path.name.removesuffix(".gz") if packed else path.name
        self._first = self.between(0, MARK)

    @property
    def empty(self) -> bool:
        return not self._first

    @property
    def share(self) -> float:
        """How much was read, of the bytes on disk."""
        return min(1.0, self._bare.tell() / self._size) if self._size else 1.0

    def between(self, begin: int, end: int) -> bytes:
        """Some of the bytes; fewer where the file ends."""
        try:
            self._file.seek(begin)
            return self._file.read(end - begin)
        except BROKEN as error:
            raise Damaged(0, f"{DAMAGED}: {error}") from None

    def pieces(self, offset: int, number: int) -> Iterator[RawLine]:
        """The lines from an offset on, the first of which has this number."""
        self.between(offset, offset)
        while raw := self._line(LONGEST + 1):
            offset += len(raw)
            if len(raw) <= LONGEST or raw.endswith(b"\n"):
                yield RawLine(number, raw, offset)
            else:
                offset += self._skip()
                yield RawLine(number, b"", offset, TOO_LONG)
            number += 1

    def _line(self, most: int) -> bytes:
        try:
            return self._file.readline(most)
        except BROKEN as error:
            raise Damaged(0, f"{DAMAGED}: {error}") from None

    def _skip(self) -> int:
        """Go to the end of a line; the bytes that were passed over."""
        length = 0
        while raw := self._line(BUFFER):
            length += len(raw)
            if raw.endswith(b"\n"):
                break
        return length

    def marks(self, offset: int, last: bytes) -> tuple[str, str, int]:
        """Hashes of the first bytes and of the last before an offset, and the length of the latter."""
        tail = last[-MARK:]
        return _hash(self._first[:offset]), _hash(tail), len(tail)

    def is_known_at(self, place: FileOffset) -> bool:
        """Whether this is still the file in which the place was taken."""
        last = self.between(max(0, place.offset - place.tail_length), place.offset)
        return self.marks(place.offset, last) == (place.head, place.tail, place.tail_length)


def _hash(some: bytes) -> str:
    return sha256(some).hexdigest()[:32]


@contextmanager
def opened(path: Path) -> Iterator[File]:
    """Raises OSError, also where there is no plain file, or another process reads it."""
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode):
        raise OSError(0, "it is a directory" if stat.S_ISDIR(mode) else "it is not a plain file")
    with path.open("rb", BUFFER) as bare:
        _claim(bare)
        yield File(path, bare)


def _claim(bare: BinaryIO) -> None:
    """One import of a file at a time; the lock goes with the process, however that ends."""
    try:
        fcntl.flock(bare, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise OSError(0, "another import reads it right now") from None
    except OSError:
        return  # some network drives know no locks on files that are only read


class LineReader(Part):
    """Gives a reader its lines as text, and keeps them as they are until the reader has said what came of them.

    What stands before the first line that says something (a header) is `before`, up to the offset `begin`; when a file
    is read on from a place, it is given once more. So is all else for a reader that `remembers` earlier lines.
    """

    def __init__(self, file: File, place: FileOffset, remembers: bool = False) -> None:
        end = place.offset if remembers else place.begin
        again = takewhile(lambda piece: piece.end <= end, file.pieces(0, 1)) if end else iter(())
        self._pieces = chain(again, file.pieces(place.offset, place.number + 1))
        self._after = place.number
        self._held: deque[RawLine] = deque()
        self.number = 0
        self.before = b""
        self.begin = place.begin if place.number else None

    def __next__(self) -> str:
        piece = next(self._pieces)
        try:
            text = piece.raw.decode()
        except UnicodeDecodeError:
            text = piece.raw.decode(errors="replace")
            piece = replace(piece, problem="not readable as UTF-8")
        self.number = piece.number
        if piece.number > self._after:
            self._hold(piece)
        elif piece.end <= (self.begin or 0):
            self.before += piece.raw
        return text

    def _hold(self, piece: RawLine) -> None:
        """Blank lines in a row become one, so that a file of nothing else needs no room."""
        last = self._held[-1] if self._held else None
        if last and _is_blank(piece) and _is_blank(last):
            self._held[-1] = replace(piece, raw=(last.raw + piece.raw)[-MARK:])
        else:
            self._held.append(piece)

    def taken(self, line: Line) -> tuple[list[RawLine], list[RawLine]]:
        """The lines that the reader passed over, and those that are this one."""
        passed = self._until(line.number)
        if self.begin is None:
            self.before = b"".join(piece.raw for piece in passed)
            self.begin = passed[-1].end if passed else 0
        return passed, self._until(line.number + line.count)

    def rest(self) -> list[RawLine]:
        """What the reader passed over in the end."""
        return self._until(self.number + 1)

    def _until(self, number: int) -> list[RawLine]:
        found = []
        while self._held and self._held[0].number < number:
            found.append(self._held.popleft())
        return found


def _is_blank(piece: RawLine) -> bool:
    return not (piece.problem or piece.raw.strip())
