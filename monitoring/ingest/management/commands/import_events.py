"""Imports a file of events with a progress bar; it can be interrupted, and run twice without duplicates."""

import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from time import monotonic
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import DatabaseError

from monitoring.events.vocabulary import TYPES
from monitoring.ingest.importing import azure_llm, csv_map, jsonl, otel_jsonl, table
from monitoring.ingest.importing.files import File, FileOffset, open_file
from monitoring.ingest.importing.importer import Importer, Read, load_offset
from monitoring.ingest.importing.lines import InvalidImport
from monitoring.ingest.importing.progress import CLEAR, Progress
from monitoring.ingest.importing.rejects import Labels, Rejects, RejectsUnwritable, check_writable, reasons_path
from sbdash import commands

LINE_FORMATS: dict[str, Read] = {"jsonl": jsonl.read, "otel-jsonl": otel_jsonl.read}
TABLE_FORMATS = ("azure-llm", "csv")
MAX_SHOWN_REFUSALS = 20
"""Refusals that are shown; all are counted, and written to the file of reasons."""
RESUME_ADVICE = "Run the same command again to continue from there."
REJECTED_ADVICE = "choose another file with --rejected PATH, or write none with --rejected -"


@dataclass(frozen=True)
class Format:
    """How to read a file. `key` holds all options: another key has another stored offset. The results of a `stateful`
    reader depend on earlier lines."""

    read: Read
    key: tuple[str, ...]
    labels: Callable[[str], Labels] | None = None
    stateful: bool = False


class Command(commands.Command):
    help = "Import a file of events. Can be interrupted, and run twice without duplicates."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--format", required=True, choices=sorted([*LINE_FORMATS, *TABLE_FORMATS]))
        parser.add_argument("--map", action="append", default=[], help="csv: field=column,…; field:=value")
        parser.add_argument("--type", choices=list(TYPES), help="csv: the type of event of a row; default: message")
        parser.add_argument("--delimiter", help="csv: one character, or tab; default: detected")
        parser.add_argument(
            "--rejected", metavar="PATH", help="file for refused lines; default: FILE.rejected; - for none"
        )
        parser.add_argument("--from-start", action="store_true", help="do not continue an interrupted import")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        self.refusal_count = 0
        self.unreadable_counts: Counter[str] = Counter()
        try:
            chosen = format_of(options)
            rejects_path = rejects_path_of(path, options["rejected"])
            with open_file(path) as file, interrupted() as is_stopping:
                self.run_import(path, file, chosen, rejects_path, is_stopping, options["from_start"])
        except InvalidImport as unfit:
            raise CommandError(f"{path} was not imported: {unfit}") from None
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror or error}") from None
        except DatabaseError as error:
            raise CommandError(f"the database cannot be used: {error}") from None

    def run_import(
        self,
        path: Path,
        file: File,
        chosen: Format,
        rejects_path: Path | None,
        is_stopping: Callable[[], bool],
        from_start: bool,
    ) -> None:
        if file.empty:
            self.stdout.write(f"{path} is empty: nothing to import")
            return
        name = state_name(path, chosen)
        file_offset = self.start_offset(file, load_offset(name), from_start)
        rejects = Rejects(rejects_path, chosen.labels(file.name) if chosen.labels else None, file_offset)
        self.file, self.is_stopping = file, is_stopping
        self.progress = Progress(file.share, file_offset.new + file_offset.known)
        importer = Importer(file, name, file_offset, rejects, self, chosen.stateful)
        try:
            ended = importer.run(chosen.read)
        except RejectsUnwritable as error:
            reason = f"refused lines cannot be kept in {rejects_path}: {error.strerror}; {REJECTED_ADVICE}"
            raise CommandError(self.interruption(importer.file_offset, reason)) from None
        except (DatabaseError, OSError) as error:
            raise CommandError(
                self.interruption(importer.file_offset, getattr(error, "strerror", None) or str(error))
            ) from None
        finally:
            rejects.close()
            self.clear_bar()
        self.report(importer.file_offset, rejects_path, ended)

    def start_offset(self, file: File, file_offset: FileOffset | None, from_start: bool) -> FileOffset:
        """Returns the offset to start at, and reports it if it is not the file's beginning."""
        if from_start or file_offset is None:
            return FileOffset()
        if not file.matches(file_offset):
            self.stdout.write(f"{file.name} has changed since its interrupted import: starting from line 1")
            return FileOffset()
        self.stdout.write(f"continuing from line {file_offset.number + 1}")
        return file_offset

    def report(self, file_offset: FileOffset, rejects_path: Path | None, ended: bool) -> None:
        if self.refusal_count > MAX_SHOWN_REFUSALS:
            self.stderr.write(f"and {self.refusal_count - MAX_SHOWN_REFUSALS} more")
        if file_offset.bad and rejects_path:
            self.stderr.write(f"refused lines are kept in {rejects_path}, the reasons in {reasons_path(rejects_path)}")
        if self.unreadable_counts:
            names = ", ".join(
                f"{name} {count}" for name, count in self.unreadable_counts.most_common(MAX_SHOWN_REFUSALS)
            )
            self.stderr.write(f"{self.unreadable_counts.total()} invalid values were dropped: {names}")
        if not ended:
            raise CommandError(self.interruption(file_offset, "interrupted by a signal"))
        self.stdout.write(self.summary(file_offset))

    def summary(self, file_offset: FileOffset) -> str:
        new, known, refused = file_offset.new, file_offset.known, file_offset.bad
        return f"{new} events imported, {known} were there already, {refused} lines refused"

    def interruption(self, file_offset: FileOffset, reason: str) -> str:
        return f"{self.summary(file_offset)}; stopped after line {file_offset.number}: {reason}. {RESUME_ADVICE}"

    # --- ImportListener

    def on_refused(self, number: int, reason: str) -> None:
        self.refusal_count += 1
        if self.refusal_count <= MAX_SHOWN_REFUSALS:
            self.clear_bar()
            self.stderr.write(f"line {number}: {reason}")

    def on_unreadable(self, names: Mapping[str, int]) -> None:
        self.unreadable_counts.update(names)

    def on_progress(self, file_offset: FileOffset) -> None:
        """Shows the bar on a terminal."""
        if sys.stderr.isatty():
            line = self.progress.line(self.file.share, file_offset.new + file_offset.known, monotonic())
            self.stderr.write(f"{CLEAR}{line}", ending="")
            self.stderr.flush()

    def clear_bar(self) -> None:
        if sys.stderr.isatty():
            self.stderr.write(CLEAR, ending="")


def format_of(options: dict[str, Any]) -> Format:
    """Raises InvalidImport if the options do not fit together."""
    name, delimiter = options["format"], options["delimiter"]
    if name != "csv":
        used = [option for option in ("map", "type", "delimiter") if options[option]]
        if used:
            raise InvalidImport(f"--{used[0]} requires --format csv")
        labels = partial(partial, table.labels, delimiter=",") if name in TABLE_FORMATS else None
        return Format(LINE_FORMATS.get(name, azure_llm.read), (name,), labels, stateful=name == "otel-jsonl")
    delimiter = "\t" if delimiter in ("tab", r"\t") else delimiter
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n'):
        raise InvalidImport("--delimiter must be one character, or tab")
    type = options["type"] or "message"
    read: Read = partial(csv_map.read, csv_map.parse_map(options["map"]), type, delimiter)
    key = (name, type, delimiter or "", *sorted(options["map"]))
    return Format(read, key, lambda file: partial(table.labels, file, delimiter))


def state_name(path: Path, chosen: Format) -> str:
    """Returns the name under which the offset in this file, for this format and options, is stored."""
    key = "\0".join((path.name, *chosen.key)).encode(errors="replace")
    return f"file:{path.name[:100]}:{chosen.key[0]}:{sha256(key).hexdigest()[:16]}"


def rejects_path_of(path: Path, chosen: str | None) -> Path | None:
    """Returns the path for refused lines. A path of `--rejected` is checked before anything is read; the default one
    fails only when a line is refused, so that a valid file can be imported from a read-only folder. Raises
    InvalidImport."""
    if chosen is None:
        return path.with_name(f"{path.name}.rejected")
    if chosen == "-":
        return None
    rejects_path = Path(chosen)
    try:
        check_writable(rejects_path, path)
    except RejectsUnwritable as error:
        raise InvalidImport(f"refused lines cannot be kept in {rejects_path}: {error.strerror}") from None
    return rejects_path


@contextmanager
def interrupted() -> Iterator[Callable[[], bool]]:
    """Yields a function that returns whether SIGTERM or Ctrl-C came; a second signal ends the process at once."""
    signals: list[int] = []

    def on_signal(number: int, frame: object) -> None:
        signals.append(number)
        signal.signal(number, previous[number])

    previous = {int(number): signal.signal(number, on_signal) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield lambda: bool(signals)
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
