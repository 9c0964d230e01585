"""Read a file of events (C6), with a progress bar; it can be interrupted, and run twice without harm."""

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
from monitoring.ingest.importing.files import File, FileOffset, opened
from monitoring.ingest.importing.importer import Importer, Read, place_of
from monitoring.ingest.importing.lines import Unfit
from monitoring.ingest.importing.progress import CLEAR, Progress
from monitoring.ingest.importing.rejects import Labels, Rejects, Unkept, check, reasons_beside
from sbdash import commands

LINES: dict[str, Read] = {"jsonl": jsonl.read, "otel-jsonl": otel_jsonl.read}
TABLES = ("azure-llm", "csv")
MOST_SAID = 20
"""Refusals that are shown; the rest are counted, and stand in the file of reasons."""
AGAIN = "Run the same command again to go on from there."
ELSEWHERE = "choose a place with --rejected PATH, or --rejected - to keep none"


@dataclass(frozen=True)
class Format:
    """How a file is to be read. `words` are all that was chosen: under other words the place is another. What a reader
    makes of a line may depend on the lines before it: it `remembers` them."""

    read: Read
    words: tuple[str, ...]
    labels: Callable[[str], Labels] | None = None
    remembers: bool = False


class Command(commands.Command):
    help = "Import a file of events. Can be interrupted, and run twice without harm."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--format", required=True, choices=sorted([*LINES, *TABLES]))
        parser.add_argument("--map", action="append", default=[], help="csv: field=column,…; field:=value")
        parser.add_argument("--type", choices=list(TYPES), help="csv: what a row is; message without")
        parser.add_argument("--delimiter", help="csv: one character, or tab; found out without")
        parser.add_argument("--rejected", metavar="PATH", help="for refused lines; FILE.rejected without; - for none")
        parser.add_argument("--from-start", action="store_true", help="do not go on where an import was interrupted")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        self.said = 0
        self.unread: Counter[str] = Counter()
        try:
            chosen = format_of(options)
            kept = rejected(path, options["rejected"])
            with opened(path) as file, stopped() as stopping:
                self.bring_in(path, file, chosen, kept, stopping, options["from_start"])
        except Unfit as unfit:
            raise CommandError(f"{path} was not read: {unfit}") from None
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror or error}") from None
        except DatabaseError as error:
            raise CommandError(f"the database cannot be used: {error}") from None

    def bring_in(
        self, path: Path, file: File, chosen: Format, kept: Path | None, stopping: Callable[[], bool], anew: bool
    ) -> None:
        if file.empty:
            self.stdout.write(f"{path} is empty: nothing to take in")
            return
        name = place_name(path, chosen)
        place = self.begin(file, place_of(name), anew)
        rejects = Rejects(kept, chosen.labels(file.name) if chosen.labels else None, place)
        self.file, self.stopping = file, stopping
        self.progress = Progress(file.share, place.new + place.known)
        intake = Importer(file, name, place, rejects, self, chosen.remembers)
        try:
            ended = intake.run(chosen.read)
        except Unkept as error:
            why = f"refused lines cannot be kept in {kept}: {error.strerror}; {ELSEWHERE}"
            raise CommandError(self.stopped(intake.place, why)) from None
        except (DatabaseError, OSError) as error:
            raise CommandError(self.stopped(intake.place, getattr(error, "strerror", None) or str(error))) from None
        finally:
            rejects.close()
            self.clear()
        self.tell(intake.place, kept, ended)

    def begin(self, file: File, place: FileOffset | None, anew: bool) -> FileOffset:
        """Where to begin; and say so, where that is not the beginning of the file."""
        if anew or place is None:
            return FileOffset()
        if not file.is_known_at(place):
            self.stdout.write(f"{file.name} is not the file any more of which a part was read: beginning anew")
            return FileOffset()
        self.stdout.write(f"going on from line {place.number + 1}")
        return place

    def tell(self, place: FileOffset, kept: Path | None, ended: bool) -> None:
        if self.said > MOST_SAID:
            self.stderr.write(f"and {self.said - MOST_SAID} more")
        if place.bad and kept:
            self.stderr.write(f"refused lines are kept in {kept}, the reasons in {reasons_beside(kept)}")
        if self.unread:
            names = ", ".join(f"{name} {count}" for name, count in self.unread.most_common(MOST_SAID))
            self.stderr.write(f"{self.unread.total()} values could not be read and are left out: {names}")
        if not ended:
            raise CommandError(self.stopped(place, "a signal came"))
        self.stdout.write(self.tally(place))

    def tally(self, place: FileOffset) -> str:
        return f"{place.new} events taken in, {place.known} were there already, {place.bad} lines refused"

    def stopped(self, place: FileOffset, why: str) -> str:
        return f"{self.tally(place)}; stopped behind line {place.number}: {why}. {AGAIN}"

    # --- what an Importer tells

    def refused(self, number: int, reason: str) -> None:
        self.said += 1
        if self.said <= MOST_SAID:
            self.clear()
            self.stderr.write(f"line {number}: {reason}")

    def unreadable(self, names: Mapping[str, int]) -> None:
        self.unread.update(names)

    def reached(self, place: FileOffset) -> None:
        """A bar, where somebody looks at it."""
        if sys.stderr.isatty():
            line = self.progress.line(self.file.share, place.new + place.known, monotonic())
            self.stderr.write(f"{CLEAR}{line}", ending="")
            self.stderr.flush()

    def clear(self) -> None:
        if sys.stderr.isatty():
            self.stderr.write(CLEAR, ending="")


def format_of(options: dict[str, Any]) -> Format:
    """Raises Unfit where the options do not go together."""
    name, delimiter = options["format"], options["delimiter"]
    if name != "csv":
        given = [option for option in ("map", "type", "delimiter") if options[option]]
        if given:
            raise Unfit(f"--{given[0]} goes with --format csv only")
        labels = partial(partial, table.labels, delimiter=",") if name in TABLES else None
        return Format(LINES.get(name, azure_llm.read), (name,), labels, remembers=name == "otel-jsonl")
    delimiter = "\t" if delimiter in ("tab", r"\t") else delimiter
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n'):
        raise Unfit("--delimiter must be one character, or tab")
    type = options["type"] or "message"
    read: Read = partial(csv_map.read, csv_map.parse_map(options["map"]), type, delimiter)
    words = (name, type, delimiter or "", *sorted(options["map"]))
    return Format(read, words, lambda file: partial(table.labels, file, delimiter))


def place_name(path: Path, chosen: Format) -> str:
    """Under which the place in this file, read in this way, is remembered."""
    words = "\0".join((path.name, *chosen.words)).encode(errors="replace")
    return f"file:{path.name[:100]}:{chosen.words[0]}:{sha256(words).hexdigest()[:16]}"


def rejected(path: Path, chosen: str | None) -> Path | None:
    """Where refused lines go. A place that somebody named is tried out before anything is read; the usual one only
    fails when a line is to be kept there, so that a good file can be read from a folder that cannot be written."""
    if chosen is None:
        return path.with_name(f"{path.name}.rejected")
    if chosen == "-":
        return None
    kept = Path(chosen)
    try:
        check(kept, path)
    except Unkept as error:
        raise Unfit(f"refused lines cannot be kept in {kept}: {error.strerror}") from None
    return kept


@contextmanager
def stopped() -> Iterator[Callable[[], bool]]:
    """Whether SIGTERM or Ctrl-C came; the second one ends at once."""
    came: list[int] = []

    def note(number: int, frame: object) -> None:
        came.append(number)
        signal.signal(number, before[number])

    before = {int(number): signal.signal(number, note) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield lambda: bool(came)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
