"""Imports a file in batches; a batch's events and the file's offset are committed in one transaction."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol

from monitoring.db.transactions import transactional
from monitoring.events.envelope import Event
from monitoring.ingest.batch import validate_all
from monitoring.ingest.importing.files import DamagedFile, File, FileOffset, LineReader, RawLine
from monitoring.ingest.importing.lines import Line
from monitoring.ingest.importing.rejects import Rejects
from monitoring.ingest.source_state import forget, recall, remember, save_ignored
from monitoring.recording.record import commit

Read = Callable[[Iterable[str], str], Iterator[Line]]
BATCH_EVENTS = 2_000
"""Events after which a batch is committed."""
BATCH_LINES = 10_000
"""Lines after which a batch is committed, if few of them have events."""


class ImportListener(Protocol):
    """Receives the progress of an import."""

    def on_refused(self, number: int, reason: str) -> None:
        """A line, or one of its events, was refused."""

    def on_unreadable(self, names: Mapping[str, int]) -> None:
        """Values were dropped because they are invalid; counted by field."""

    def on_progress(self, file_offset: FileOffset) -> None:
        """Everything until this offset is committed."""

    def is_stopping(self) -> bool:
        """Returns whether to end after the current line."""


def load_offset(name: str) -> FileOffset | None:
    """Returns the offset of an interrupted import, None if there is none, or its state is invalid."""
    return recall(name, FileOffset)


class Importer:
    """Imports one file from an offset on. A `stateful` reader also gets the lines before it."""

    def __init__(
        self,
        file: File,
        name: str,
        file_offset: FileOffset,
        rejects: Rejects,
        listener: ImportListener,
        stateful: bool = False,
    ) -> None:
        self.file_offset = file_offset
        self._after = file_offset.number
        self._file = file
        self._name = name
        self._rejects = rejects
        self._listener = listener
        self._reader = LineReader(file, file_offset, stateful)
        self._begin_batch()

    def _begin_batch(self) -> None:
        self._events: list[Event] = []
        self._lines = self._bad = 0
        self._unread: Counter[str] = Counter()
        self._last: RawLine | None = None

    def run(self, read: Read) -> bool:
        """Returns True at the end of the file, False after a stop: another Importer continues from `file_offset`.
        Committed batches stay after an error, too."""
        try:
            return self._run(read)
        except DamagedFile:
            self._commit()
            raise

    def _run(self, read: Read) -> bool:
        for line in read(self._reader, self._file.name):
            if line.number > self._after:
                self._add_line(line, *self._reader.claim(line))
            is_stopping = self._listener.is_stopping()
            if is_stopping or len(self._events) >= BATCH_EVENTS or self._lines >= BATCH_LINES:
                self._commit()
            if is_stopping:
                return False
        self._skip(self._reader.claim_rest())
        self._commit()
        forget(self._name)
        return True

    def _add_line(self, line: Line, skipped: list[RawLine], raw_lines: list[RawLine]) -> None:
        self._skip(skipped)
        events, reasons = self._parse(line, raw_lines)
        self._events += events
        self._unread.update((*line.invalid, *(name for event in events for name in event.unread)))
        if reasons:
            self._refuse(line.number, b"".join(raw_line.raw for raw_line in raw_lines), reasons)
        self._lines += line.count
        self._last = raw_lines[-1]

    def _parse(self, line: Line, raw_lines: list[RawLine]) -> tuple[list[Event], list[str]]:
        """Returns the valid events of a line, and the reasons for the others."""
        reasons = [raw_line.problem for raw_line in raw_lines if raw_line.problem]
        if reasons:
            return [], reasons
        events, reasons = validate_all(line.events)
        return events, ([line.problem] if line.problem else []) + reasons

    def _skip(self, raw_lines: list[RawLine]) -> None:
        """Adds lines without a result: blank ones, and ones that are not text."""
        for raw_line in raw_lines:
            if raw_line.problem:
                self._refuse(raw_line.number, raw_line.raw, [raw_line.problem])
            self._last = raw_line
        self._lines += len(raw_lines)

    def _refuse(self, number: int, raw: bytes, reasons: list[str]) -> None:
        self._bad += 1
        self._rejects.add(number, raw, reasons, self._reader.before)
        for reason in reasons:
            self._listener.on_refused(number, reason)

    def _commit(self) -> None:
        """Commits the batch and the offset after it in one transaction."""
        if self._last is None:
            return
        lines_size, reasons_size = self._rejects.flush()
        self.file_offset = self._write_batch(self._last, lines_size, reasons_size)
        self._listener.on_unreadable(self._unread)
        self._begin_batch()
        self._listener.on_progress(self.file_offset)

    @transactional
    def _write_batch(self, last: RawLine, lines_size: int, reasons_size: int) -> FileOffset:
        new = commit(self._events)[0] if self._events else []
        file_offset = self._next_offset(last, sum(new), len(new) - sum(new), lines_size, reasons_size)
        remember(self._name, file_offset)
        save_ignored({("files", "unreadable", name): count for name, count in self._unread.items()})
        return file_offset

    def _next_offset(self, last: RawLine, new: int, known: int, lines_size: int, reasons_size: int) -> FileOffset:
        head, tail, tail_length = self._file.fingerprints(last.end, last.raw)
        old = self.file_offset
        return FileOffset(
            last.end, last.number, self._reader.begin or 0, head, tail, tail_length,
            old.new + new, old.known + known, old.bad + self._bad, self._rejects.name, lines_size, reasons_size,
        )  # fmt: skip
