"""Read a file of events (C6), with a progress bar; what was read before is not taken twice."""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError, CommandParser

from monitoring.events.envelope import Event, Refused, parse
from monitoring.ingest.sources import azure_llm, jsonl, otel_jsonl
from monitoring.ingest.sources.lines import Line
from monitoring.ingest.store import commit

FORMATS = {"jsonl": jsonl.read, "azure-llm": azure_llm.read, "otel-jsonl": otel_jsonl.read}
BATCH = 2_000
BAR = 40
MOST_SAID = 20
"""Bad lines that are shown; the rest are only counted."""


@dataclass
class Tally:
    """What came of the file so far."""

    new: int = 0
    known: int = 0
    bad: int = 0


class Command(BaseCommand):
    help = "Import a file of events. Can be run twice without harm."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--format", required=True, choices=sorted(FORMATS))

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        tally = Tally()
        try:
            size = path.stat().st_size
            with path.open("rb") as file:
                lines = FORMATS[options["format"]]((raw.decode(errors="replace") for raw in file), path.name)
                for batch in batches(self.events(lines, tally)):
                    new = commit(batch)[0]
                    tally.new += sum(new)
                    tally.known += len(new) - sum(new)
                    self.show(file.tell(), size)
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}") from None
        self.stdout.write(f"{tally.new} events taken in, {tally.known} were there already, {tally.bad} lines refused")

    def events(self, lines: Iterable[Line], tally: Tally) -> Iterator[Event]:
        """The valid events of the lines; what is wrong with the others is said."""
        latest = datetime.now(UTC) + timedelta(days=1)
        for line in lines:
            if line.problem:
                self.refuse(line.number, line.problem, tally)
            for event in line.events:
                try:
                    yield parse(msgspec.json.encode(event), latest)
                except Refused as refused:
                    self.refuse(line.number, str(refused), tally)

    def refuse(self, number: int, reason: str, tally: Tally) -> None:
        tally.bad += 1
        if tally.bad <= MOST_SAID:
            self.stderr.write(f"line {number}: {reason}")

    def show(self, done: int, size: int) -> None:
        """A bar, where somebody looks at it."""
        if sys.stderr.isatty():
            share = done / size if size else 1.0
            filled = round(share * BAR)
            end = "\n" if done >= size else ""
            self.stderr.write(f"\r[{'#' * filled}{'.' * (BAR - filled)}] {share:4.0%}", ending=end)


def batches(events: Iterable[Event]) -> Iterator[list[Event]]:
    """Lists of at most BATCH events."""
    batch: list[Event] = []
    for event in events:
        batch.append(event)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
