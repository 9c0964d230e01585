"""Reads the rows of a CSV table: a header, then records whose quoted cells may contain line breaks. Pure.

An unclosed quote would include the rest of the file. So a malformed record of several lines is refused for its first
line only, and the next record begins at its second line.
"""

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from monitoring.ingest.importing.lines import InvalidImport, numbered

DELIMITERS = ",;\t|"
MAX_RECORD_CHARS = 8 * 1024 * 1024
"""Most characters of a record."""
_REJECTS_COLUMN = re.compile(r"line of (?P<name>.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Header:
    """The names of the columns. A table of refused lines has one more column before them, with each line's number in
    the file `origin`; ids are made of these."""

    columns: tuple[str, ...]
    delimiter: str
    origin: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A record on `count` lines from `line` on: its cells, or the problem with it. `number` is its line's number in
    ids."""

    line: int
    count: int
    number: int
    cells: list[str]
    problem: str | None = None


class Table:
    """Iterates over the rows; the constructor reads the header. Raises InvalidImport."""

    def __init__(self, lines: Iterable[str], delimiter: str | None = None) -> None:
        self._lines = numbered(lines)
        self._returned: deque[tuple[int, str]] = deque()
        csv.field_size_limit(MAX_RECORD_CHARS)
        self.header = self._header(delimiter)

    def __iter__(self) -> Iterator[Row]:
        for line, text in self._next_lines():
            if text.strip():
                yield self._row(line, text)

    def _next_lines(self) -> Iterator[tuple[int, str]]:
        """Yields lines, first those that a malformed record returned."""
        while True:
            pair = self._returned.popleft() if self._returned else next(self._lines, None)
            if pair is None:
                return
            yield pair

    def _header(self, delimiter: str | None) -> Header:
        for line, text in self._next_lines():
            text = text.removeprefix("\ufeff")
            if not text.strip():
                continue
            chosen = delimiter or guess_delimiter(text)
            cells, _, problem = self._record(line, text, chosen)
            if problem or "\ufffd" in "".join(cells):
                raise InvalidImport(f"the header is not readable: {problem or 'save the file as UTF-8'}")
            return _header(cells, chosen)
        raise InvalidImport("the file has no header")

    def _row(self, line: int, text: str) -> Row:
        header = self.header
        expected = len(header.columns) + (header.origin is not None)
        cells, more, problem = self._record(line, text, header.delimiter)
        if problem is None and len(cells) != expected:
            problem = f"{len(cells)} cells where {expected} are expected"
        if problem is not None:
            self._returned.extendleft(reversed(more))
            return Row(line, 1, line, [], problem)
        if header.origin is None:
            return Row(line, 1 + len(more), line, cells)
        number = cells.pop(0)
        if not (number.isascii() and number.isdecimal() and len(number) < 16):
            return Row(line, 1 + len(more), line, [], f"the first cell must be the line's number in {header.origin}")
        return Row(line, 1 + len(more), int(number), cells)

    def _record(self, line: int, text: str, delimiter: str) -> tuple[list[str], list[tuple[int, str]], str | None]:
        """Returns the stripped cells, the lines after the first, and the problem."""
        if '"' not in text and "\r" not in text.rstrip("\r\n"):
            return [cell.strip() for cell in text.split(delimiter)], [], None
        more: list[tuple[int, str]] = []
        try:
            cells = next(csv.reader(self._record_lines(text, more), delimiter=delimiter, strict=True))
        except csv.Error as error:
            return [], more, f"not readable as CSV: {error}"
        return [cell.strip() for cell in cells], more, None

    def _record_lines(self, text: str, more: list[tuple[int, str]]) -> Iterator[str]:
        """Yields as many lines as the CSV reader needs, and adds them to `more`."""
        yield text
        length = len(text)
        for pair in self._next_lines():
            more.append(pair)
            length += len(pair[1])
            if length > MAX_RECORD_CHARS:
                return
            yield pair[1]


def guess_delimiter(text: str) -> str:
    """Returns the delimiter with the most cells in a header."""
    return max(DELIMITERS, key=text.count)


def _header(cells: list[str], delimiter: str) -> Header:
    match = _REJECTS_COLUMN.fullmatch(cells[0])
    if match:
        return Header(tuple(cells[1:]), delimiter, match.group("name"))
    return Header(tuple(cells), delimiter)


def labels(name: str, delimiter: str | None, text: str) -> tuple[str, str]:
    """Returns the text before a header (`text`), and the separator between a line's number and the line, for a file of
    refused lines of the table `name`. Both are empty if the table has a column of numbers already."""
    header = Table(text.split("\n"), delimiter).header
    if header.origin is not None:
        return "", ""
    column = f"line of {name}".replace('"', '""')
    cell = f'"{column}"' if re.search(r'["\s]' + "|" + re.escape(header.delimiter), name) else column
    return f"{cell}{header.delimiter}", header.delimiter
