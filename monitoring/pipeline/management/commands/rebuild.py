"""Rebuilds a stage from the journal (S6)."""

import sys
from typing import Any

from django.core.management.base import CommandError, CommandParser

from monitoring.journal.stages import stage_names, stages
from monitoring.pipeline.advance import rebuild
from sbdash import commands


class Command(commands.Command):
    help = "Rebuild a stage, or all of them, from the journal."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("stage", nargs="?", help=f"one of {', '.join(stage_names())}; default: all")

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = [stage for stage in stages() if options["stage"] in (None, stage.name)]
        if not wanted:
            raise CommandError(f"no stage {options['stage']!r}; there are {', '.join(stage_names())}")
        for stage in wanted:
            position = rebuild(stage, self.show)
            self.stdout.write(f"{stage.name} is rebuilt from {position} entries")

    def show(self, position: int, size: int) -> None:
        if sys.stderr.isatty():
            self.stderr.write(f"\r{position} of {size}", ending="\n" if position >= size else "")
