"""The rows of a CSV table: a header, then records whose quoted cells may run over several lines. Pure.

A quote that nobody closes would swallow the rest of the file. So a record of several lines that is not well formed
is refused for its first line only, and the second is read as if a record began there.
"""

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from monitoring.ingest.importing.lines import Unfit, numbered

DELIMITERS = ",;\t|"
LONGEST = 8 * 1024 * 1024
"""Characters of a record."""
_KEPT = re.compile(r"line of (?P<name>.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Header:
    """The names of the columns. A table of lines that were refused has one more before them, with the number that
    each had in the file `of`; ids are made of these."""

    columns: tuple[str, ...]
    delimiter: str
    of: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A record on `count` lines from `line` on: its cells, or what is wrong with it. `number` stands for it in ids."""

    line: int
    count: int
    number: int
    cells: list[str]
    problem: str | None = None


class Table:
    """Reads the header at once. Raises Unfit."""

    def __init__(self, lines: Iterable[str], delimiter: str | None = None) -> None:
        self._lines = numbered(lines)
        self._again: deque[tuple[int, str]] = deque()
        csv.field_size_limit(LONGEST)
        self.header = self._header(delimiter)

    def __iter__(self) -> Iterator[Row]:
        for line, text in self._pull():
            if text.strip():
                yield self._row(line, text)

    def _pull(self) -> Iterator[tuple[int, str]]:
        """The next lines; those that were given back come first."""
        while True:
            pair = self._again.popleft() if self._again else next(self._lines, None)
            if pair is None:
                return
            yield pair

    def _header(self, delimiter: str | None) -> Header:
        for line, text in self._pull():
            text = text.removeprefix("\ufeff")
            if not text.strip():
                continue
            chosen = delimiter or sniffed(text)
            cells, _, problem = self._record(line, text, chosen)
            if problem or "\ufffd" in "".join(cells):
                raise Unfit(f"the header is not readable: {problem or 'save the file as UTF-8'}")
            return _header(cells, chosen)
        raise Unfit("the file holds no header")

    def _row(self, line: int, text: str) -> Row:
        header = self.header
        wanted = len(header.columns) + (header.of is not None)
        cells, more, problem = self._record(line, text, header.delimiter)
        if problem is None and len(cells) != wanted:
            problem = f"{len(cells)} cells where {wanted} are expected"
        if problem is not None:
            self._again.extendleft(reversed(more))
            return Row(line, 1, line, [], problem)
        if header.of is None:
            return Row(line, 1 + len(more), line, cells)
        number = cells.pop(0)
        if not (number.isascii() and number.isdecimal() and len(number) < 16):
            return Row(line, 1 + len(more), line, [], f"the first cell must be the line's number in {header.of}")
        return Row(line, 1 + len(more), int(number), cells)

    def _record(self, line: int, text: str, delimiter: str) -> tuple[list[str], list[tuple[int, str]], str | None]:
        """The cells without the space around them, the lines taken beyond the first, and what is wrong."""
        if '"' not in text and "\r" not in text.rstrip("\r\n"):
            return [cell.strip() for cell in text.split(delimiter)], [], None
        more: list[tuple[int, str]] = []
        try:
            cells = next(csv.reader(self._record_lines(text, more), delimiter=delimiter, strict=True))
        except csv.Error as error:
            return [], more, f"not readable as CSV: {error}"
        return [cell.strip() for cell in cells], more, None

    def _record_lines(self, text: str, more: list[tuple[int, str]]) -> Iterator[str]:
        """As many lines as the reader asks for."""
        yield text
        length = len(text)
        for pair in self._pull():
            more.append(pair)
            length += len(pair[1])
            if length > LONGEST:
                return
            yield pair[1]


def sniffed(text: str) -> str:
    """The delimiter that makes most cells of a header."""
    return max(DELIMITERS, key=text.count)


def _header(cells: list[str], delimiter: str) -> Header:
    kept = _KEPT.fullmatch(cells[0])
    if kept:
        return Header(tuple(cells[1:]), delimiter, kept.group("name"))
    return Header(tuple(cells), delimiter)


def labels(name: str, delimiter: str | None, text: str) -> tuple[str, str]:
    """What to write before a header (`text`), and between a line's number and the line, where lines are kept apart from
    the table `name`. Both are nothing where they stand there already."""
    header = Table(text.split("\n"), delimiter).header
    if header.of is not None:
        return "", ""
    words = f"line of {name}".replace('"', '""')
    quoted = f'"{words}"' if re.search(r'["\s]' + "|" + re.escape(header.delimiter), name) else words
    return f"{quoted}{header.delimiter}", header.delimiter
