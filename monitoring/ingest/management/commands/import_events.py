"""Imports a file of events with a progress bar; it can be interrupted, and run twice without duplicates."""

import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from django.core.management.base import CommandError, CommandParser
from django.db import DatabaseError

from monitoring.events.vocabulary import TYPES
from monitoring.ingest.importing import azure_llm, csv_map, jsonl, otel_jsonl
from monitoring.ingest.importing.files import File, open_file
from monitoring.ingest.importing.importer import import_lines
from monitoring.ingest.importing.lines import InvalidImport, Line, RawLine
from monitoring.ingest.importing.progress import Progress
from monitoring.ingest.importing.rejects import Rejects, RejectsUnwritable, reasons_path, rejects_path
from sbdash import commands

Read = Callable[[Iterable[RawLine], str], Iterator[Line]]
FORMATS: dict[str, Read] = {"azure-llm": azure_llm.read, "jsonl": jsonl.read, "otel-jsonl": otel_jsonl.read}
"""The formats without options; `csv` is the other one."""
MAX_SHOWN_REFUSALS = 20
"""Refusals that are shown; all are counted, and written to the file of reasons."""
ADVICE = "Run the same command again: what is there already is skipped."
SIGNAL_STATUS = 128
"""A shell adds this to the number of the signal that ended a program."""
REJECTED_ADVICE = "choose another file with --rejected PATH, or write none with --rejected -"


class Stop(NamedTuple):
    """The reason that an import stopped early, and the exit status."""

    reason: str
    status: int = 1


class Command(commands.Command):
    help = "Import a file of events. Can be interrupted, and run twice without duplicates."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--format", required=True, choices=sorted([*FORMATS, "csv"]))
        parser.add_argument("--map", action="append", default=[], help="csv: field=column,…; field:=value")
        parser.add_argument("--type", choices=list(TYPES), help="csv: the type of event of a row; default: message")
        parser.add_argument("--delimiter", help="csv: one character, or tab; default: detected")
        parser.add_argument(
            "--rejected", metavar="PATH", help="file for refused lines; default: FILE.rejected; - for none"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        self.number = self.new = self.known = self.refused = self.reasons = 0
        self.unreadable = Counter[str]()
        try:
            read = reader_of(options)
            rejects = Rejects(rejects_path(path, options["rejected"]))
            with open_file(path) as file, closing(rejects):
                if file.is_empty:
                    self.stdout.write(f"{path} is empty: nothing to import")
                    return
                stop = self.import_file(file, read, rejects)
        except InvalidImport as unfit:
            raise CommandError(f"{path} was not imported: {unfit}") from None
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror or error}") from None
        self.report(rejects.path)
        summary = f"{self.new} events imported, {self.known} were there already, {self.refused} lines refused"
        if stop:
            raise CommandError(
                f"{summary}; stopped after line {self.number}: {stop.reason}. {ADVICE}", returncode=stop.status
            )
        self.stdout.write(summary)

    def import_file(self, file: File, read: Read, rejects: Rejects) -> Stop | None:
        """Returns why the import stopped before the end of the file; None at the end."""
        progress = Progress(sys.stderr)

        def refuse(raw: RawLine, reasons: list[str]) -> None:
            rejects.add(raw, reasons)
            self.refused += 1
            for reason in reasons[: max(0, MAX_SHOWN_REFUSALS - self.reasons)]:
                progress.clear()
                self.stderr.write(f"line {raw.number}: {reason}")
            self.reasons += len(reasons)

        try:
            with interrupted() as received:
                for batch in import_lines(read(file.lines(), file.name), refuse):
                    self.number = batch.number
                    self.new += batch.new
                    self.known += batch.known
                    self.unreadable += batch.unreadable
                    progress.show(file.share, self.new + self.known)
                    if number := received():
                        return Stop("interrupted by a signal", SIGNAL_STATUS + number)
        except RejectsUnwritable as error:
            return Stop(f"refused lines cannot be kept in {rejects.path}: {error.strerror}; {REJECTED_ADVICE}")
        except DatabaseError as error:
            return Stop(f"the database cannot be used: {error}", 2)
        except OSError as error:
            return Stop(error.strerror or str(error))
        finally:
            progress.clear()
        return None

    def report(self, rejected: Path | None) -> None:
        if self.reasons > MAX_SHOWN_REFUSALS:
            self.stderr.write(f"and {self.reasons - MAX_SHOWN_REFUSALS} more")
        if self.refused and rejected:
            self.stderr.write(f"refused lines are kept in {rejected}, the reasons in {reasons_path(rejected)}")
        if self.unreadable:
            names = ", ".join(f"{name} {count}" for name, count in self.unreadable.most_common(MAX_SHOWN_REFUSALS))
            self.stderr.write(f"{self.unreadable.total()} invalid values were dropped: {names}")


def reader_of(options: Mapping[str, Any]) -> Read:
    """Raises InvalidImport if the options do not fit together."""
    if options["format"] in FORMATS:
        used = [option for option in ("map", "type", "delimiter") if options[option]]
        if used:
            raise InvalidImport(f"--{used[0]} requires --format csv")
        return FORMATS[options["format"]]
    delimiter = options["delimiter"]
    delimiter = "\t" if delimiter in ("tab", r"\t") else delimiter
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n'):
        raise InvalidImport("--delimiter must be one character, or tab")
    return partial(csv_map.read, csv_map.parse_map(options["map"]), options["type"] or "message", delimiter)


@contextmanager
def interrupted() -> Iterator[Callable[[], int]]:
    """Yields a function that returns the number of the signal that came (SIGTERM or Ctrl-C), 0 if none; a second one
    ends the process at once."""
    signals: list[int] = []

    def on_signal(number: int, frame: object) -> None:
        signals.append(number)
        signal.signal(number, previous[number])

    previous = {int(number): signal.signal(number, on_signal) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield lambda: signals[0] if signals else 0
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
