"""Rebuilds a stage from the journal (S6)."""

import sys

from django.core.management.base import CommandError, CommandParser

from monitoring.journal.stages import stage_names, stages
from monitoring.pipeline.advance import rebuild
from sbdash import commands


class Command(commands.Command):
    help = "Rebuild a stage, or all of them, from the journal."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("stage", nargs="?", help=f"one of {', '.join(stage_names())}; default: all")

    def handle(self, *, stage: str | None, **options: object) -> None:
        wanted = [one for one in stages() if stage in (None, one.name)]
        if not wanted:
            raise CommandError(f"no stage {stage!r}; there are {', '.join(stage_names())}")
        for one in wanted:
            self.stdout.write(f"{one.name} is rebuilt from {rebuild(one, self.show)} entries")

    def show(self, position: int, size: int) -> None:
        if sys.stderr.isatty():
            self.stderr.write(f"\r{position} of {size}", ending="\n" if position >= size else "")
