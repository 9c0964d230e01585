"""Reads the rows of a CSV table: a header, then records whose quoted cells may contain line breaks. Pure.

An unclosed quote would include the rest of the file. So a malformed record of several lines is refused for its first
line only, and the next record begins at its second line.
"""

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from monitoring.ingest.importing.lines import InvalidImport, RawLine

DELIMITERS = ",;\t|"
MAX_RECORD_CHARS = 8 * 1024 * 1024
"""Most characters of a record."""


@dataclass(frozen=True, slots=True)
class Row(RawLine):
    """A record with its cells, or a problem. `text` is that of all its lines, `number` that of the first."""

    cells: tuple[str, ...] = ()


class Table:
    """Iterates over the rows; the constructor reads the header. Raises InvalidImport."""

    def __init__(self, lines: Iterable[RawLine], delimiter: str | None = None) -> None:
        self._lines = iter(lines)
        self._returned: deque[RawLine] = deque()
        csv.field_size_limit(MAX_RECORD_CHARS)
        first = next(self._next_lines(), None)
        if first is None:
            raise InvalidImport("the file has no header")
        self.delimiter = delimiter or guess_delimiter(first.text)
        header = self._record(first)
        if header.problem:
            raise InvalidImport(f"the header is not readable: {header.problem}")
        self.columns = header.cells

    def __iter__(self) -> Iterator[Row]:
        for line in self._next_lines():
            yield self._record(line, len(self.columns))

    def _next_lines(self, blank: bool = False) -> Iterator[RawLine]:
        """Yields lines, first those that a malformed record returned. `blank`: also blank ones."""
        while line := self._returned.popleft() if self._returned else next(self._lines, None):
            if blank or line.problem or line.text.strip():
                yield line

    def _record(self, line: RawLine, expected: int | None = None) -> Row:
        """Returns the record that begins on this line."""
        lines, problem, cells = [line], None, list[str]()
        if '"' not in line.text and "\r" not in line.text.rstrip("\r\n"):
            cells = line.text.split(self.delimiter)
        else:
            try:
                cells = next(csv.reader(self._record_lines(lines), delimiter=self.delimiter, strict=True))
            except csv.Error as error:
                problem = f"not readable as CSV: {error}"
        if problem is None and expected not in (None, len(cells)):
            problem = f"{len(cells)} cells where {expected} are expected"
        if problem:
            self._returned.extendleft(reversed(lines[1:]))
            return Row(line.number, line.text, line.problem or problem)
        problem = next((one.problem for one in lines if one.problem), None)
        text = "".join(one.text for one in lines)
        return Row(line.number, text, problem, tuple(cell.strip() for cell in cells))

    def _record_lines(self, lines: list[RawLine]) -> Iterator[str]:
        """Yields the texts of as many lines as the CSV reader needs, and adds these lines to `lines`."""
        yield lines[0].text
        length = len(lines[0].text)
        for line in self._next_lines(blank=True):
            lines.append(line)
            length += len(line.text)
            if length > MAX_RECORD_CHARS:
                return
            yield line.text


def guess_delimiter(text: str) -> str:
    """Returns the delimiter with the most cells in a header."""
    return max(DELIMITERS, key=text.count)
