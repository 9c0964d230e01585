"""A file into the journal, batch by batch: events, and how far the file was read, are kept in one transaction."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol

from monitoring.db.transactions import transactional
from monitoring.events.envelope import Event
from monitoring.ingest.batch import validate_all
from monitoring.ingest.importing.files import Damaged, File, FileOffset, LineReader, RawLine
from monitoring.ingest.importing.lines import Line
from monitoring.ingest.importing.rejects import Rejects
from monitoring.ingest.source_state import forget, recall, remember, save_ignored
from monitoring.recording.record import commit

Read = Callable[[Iterable[str], str], Iterator[Line]]
BATCH = 2_000
"""Events in a transaction."""
MOST_LINES = 10_000
"""Lines in a transaction, where few of them are events."""


class Watcher(Protocol):
    """Who started an import, and looks on."""

    def refused(self, number: int, reason: str) -> None:
        """A line, or one of its events, is not taken."""

    def unreadable(self, names: Mapping[str, int]) -> None:
        """So many values under each name could not be read, and were left out."""

    def reached(self, place: FileOffset) -> None:
        """So far everything is kept."""

    def stopping(self) -> bool:
        """Whether to end behind the line at hand."""


def place_of(name: str) -> FileOffset | None:
    """Where an import stopped that did not end; None where there is none, or nothing that can be read."""
    return recall(name, FileOffset)


class Importer:
    """One file on its way, from a place on. A reader that `remembers` is given the lines before it as well."""

    def __init__(
        self, file: File, name: str, place: FileOffset, rejects: Rejects, watcher: Watcher, remembers: bool = False
    ) -> None:
        self.place = place
        self._after = place.number
        self._file = file
        self._name = name
        self._rejects = rejects
        self._watcher = watcher
        self._feed = LineReader(file, place, remembers)
        self._begin_batch()

    def _begin_batch(self) -> None:
        self._events: list[Event] = []
        self._lines = self._bad = 0
        self._unread: Counter[str] = Counter()
        self._last: RawLine | None = None

    def run(self, read: Read) -> bool:
        """Whether the end was reached; if not, another Importer goes on from its place. What was committed stays,
        whatever is raised."""
        try:
            return self._run(read)
        except Damaged:
            self._commit()
            raise

    def _run(self, read: Read) -> bool:
        for line in read(self._feed, self._file.name):
            if line.number > self._after:
                self._take(line, *self._feed.taken(line))
            stopping = self._watcher.stopping()
            if stopping or len(self._events) >= BATCH or self._lines >= MOST_LINES:
                self._commit()
            if stopping:
                return False
        self._pass_over(self._feed.rest())
        self._commit()
        forget(self._name)
        return True

    def _take(self, line: Line, passed: list[RawLine], own: list[RawLine]) -> None:
        self._pass_over(passed)
        events, reasons = self._parsed(line, own)
        self._events += events
        self._unread.update((*line.odd, *(name for event in events for name in event.unread)))
        if reasons:
            self._refuse(line.number, b"".join(piece.raw for piece in own), reasons)
        self._lines += line.count
        self._last = own[-1]

    def _parsed(self, line: Line, own: list[RawLine]) -> tuple[list[Event], list[str]]:
        """The valid events of a line, and what is wrong with the others."""
        reasons = [piece.problem for piece in own if piece.problem]
        if reasons:
            return [], reasons
        events, reasons = validate_all(line.events)
        return events, ([line.problem] if line.problem else []) + reasons

    def _pass_over(self, pieces: list[RawLine]) -> None:
        """Lines that say nothing, or cannot be read as text at all."""
        for piece in pieces:
            if piece.problem:
                self._refuse(piece.number, piece.raw, [piece.problem])
            self._last = piece
        self._lines += len(pieces)

    def _refuse(self, number: int, raw: bytes, reasons: list[str]) -> None:
        self._bad += 1
        self._rejects.add(number, raw, reasons, self._feed.before)
        for reason in reasons:
            self._watcher.refused(number, reason)

    def _commit(self) -> None:
        """The batch and the place behind it: both, or neither."""
        if self._last is None:
            return
        kept, told = self._rejects.flush()
        self.place = self._written(self._last, kept, told)
        self._watcher.unreadable(self._unread)
        self._begin_batch()
        self._watcher.reached(self.place)

    @transactional
    def _written(self, last: RawLine, kept: int, told: int) -> FileOffset:
        new = commit(self._events)[0] if self._events else []
        place = self._reached(last, sum(new), len(new) - sum(new), kept, told)
        remember(self._name, place)
        save_ignored({("files", "unreadable", name): count for name, count in self._unread.items()})
        return place

    def _reached(self, last: RawLine, new: int, known: int, kept: int, told: int) -> FileOffset:
        head, tail, tail_length = self._file.marks(last.end, last.raw)
        old = self.place
        return FileOffset(
            last.end, last.number, self._feed.begin or 0, head, tail, tail_length,
            old.new + new, old.known + known, old.bad + self._bad, self._rejects.name, kept, told,
        )  # fmt: skip
